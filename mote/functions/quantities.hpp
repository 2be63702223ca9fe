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

/// Bytes: digits, with a fraction where a unit follows: `k`, `M`, `G`, `T` (powers of 1000), `Ki`, `Mi`, `Gi`, `Ti` (of 1024).
/// Throws `errc::bad_setting` with the text.
std::uint64_t bytes_of(std::string_view text);
/// Thousandths of a core: `250m`, `0.25`, `2`. Throws `errc::bad_setting` with the text.
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
