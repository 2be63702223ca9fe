#pragma once

#include <mote/functions/description.hpp>

#include <chrono>
#include <cstdint>

namespace mote::functions {

/// What the number of replicas follows.
enum class load_kind {
    rps,       ///< answered calls a second
    capacity,  ///< calls in flight
    cpu,       ///< thousandths of a core
};

/// What the labels `com.openfaas.scale.*` say, with the defaults of OpenFaaS.
struct scale_settings {
    std::uint32_t min = 1;
    std::uint32_t max = 20;                                         ///< at most 1,000
    bool zero = false;                                              ///< to none when it was idle for `zero_after`
    std::chrono::nanoseconds zero_after{std::chrono::minutes(15)};  ///< `zero-duration`
    load_kind kind = load_kind::rps;                                ///< `type`
    /// Load of one replica; by default 5 requests/s, from which on OpenFaaS's only rule scales up, and 50 of the others.
    double target = 5;
    double proportion = 0.9;  ///< `target-proportion`: of the target, from which on there are more replicas
    std::chrono::nanoseconds down_window{
        std::chrono::seconds(0)};  ///< `down.window`: the most of so long counts, up to 5 min
    std::uint32_t factor = 10;     ///< percent of max that an alert adds; 0: alerts are passed over

    /// Throws `errc::bad_setting` with the label and what is wrong.
    static scale_settings of(const text_map& labels);
    static scale_settings of(const description& what);

    /// How many replicas the load of all of them together asks for, within min (at least 1) and max.
    std::uint32_t wanted(double load) const noexcept;
};

}  // namespace mote::functions
