#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/found_service.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// Where a call goes.
struct target {
    std::string subject{};
    std::string instance{};  ///< its id when only one instance listens there, else empty
};

/// How one of several that would all do is chosen.
struct choice {
    std::uint64_t turn = 0;
    const std::set<std::string>& silent;  ///< instances not to ask again: one of them only when there is no other
    /// One instance, and not the queue group, so that the second question of a hedged call can go to another one: the
    /// server might give both to the same.
    bool one_of_a_group = false;
};

/// Chooses by what is known of a service. Throws as `client::call`.
target choose(const found_service& service, std::string_view endpoint, const call_options& opts, const choice& how);

/// Whether what is known so far, perhaps not of all instances yet, is enough to choose by.
bool is_enough(const found_service& service, std::string_view endpoint, const call_options& opts);

/// "1.0.0, 1.2.0": the versions of the instances, each once.
std::string versions_of(const found_service& service);

/// Throws `errc::not_found` with the names of the endpoints that there are.
[[noreturn]] void throw_no_endpoint(const found_service& service, std::string_view endpoint);

}  // namespace mote::micro::detail
