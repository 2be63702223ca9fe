#pragma once

#include <mote/json/about.hpp>

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::functions {

/// Limits or requests as a client wrote them; kept verbatim.
struct resource_texts {
    std::optional<std::string> memory{};  ///< `128Mi`
    std::optional<std::string> cpu{};     ///< `100m`
    std::optional<std::string> nvidia_gpu{};
    std::optional<std::string> amd_gpu{};
    std::optional<std::string> intel_gpu{};
};
BOOST_DESCRIBE_STRUCT(resource_texts, (), (memory, cpu, nvidia_gpu, amd_gpu, intel_gpu))

/// Bytes of a quantity as OpenFaaS and Kubernetes write it: `1048576`, `128Mi`, `1.5Gi`, `128M`, `1e6`, `500k`, up to `E` and `Ei`. Fractions
/// of a byte are rounded up. Throws `errc::bad_setting` with the text for anything else, a sign, and 2^63 or more.
std::uint64_t bytes_of(std::string_view text);
/// Thousandths of a core: `250m`, `0.25`, `2`. Rounded up, and else as `bytes_of`.
std::uint64_t millicores_of(std::string_view text);

}  // namespace mote::functions

template <>
struct mote::json::about<mote::functions::resource_texts> {
    static constexpr mote::json::member_note members[] = {
        {.member = "nvidia_gpu", .name = "nvidia.com/gpu"},
        {.member = "amd_gpu", .name = "amd.com/gpu"},
        {.member = "intel_gpu", .name = "intel.com/gpu"},
    };
};
