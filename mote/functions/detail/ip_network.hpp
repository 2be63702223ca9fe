#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::functions::detail {

/// An address of IPv6; one of IPv4 as it is mapped.
using ip_bytes = std::array<std::uint8_t, 16>;

/// Of numbers, without brackets and zone. An IPv4 address that is written into an IPv6 one (mapped, NAT64, 6to4) becomes the
/// IPv4 address.
std::optional<ip_bytes> read_address(std::string_view text);
/// The same, and all that a client takes for IPv4, too: `127.1`, `0x7f000001`, `2130706433`.
std::optional<ip_bytes> read_loose_address(std::string_view text);

struct ip_network {
    ip_bytes base{};
    unsigned bits = 0;

    bool has(const ip_bytes& address) const noexcept;
    /// All of the other one.
    bool has(const ip_network& other) const noexcept { return other.bits >= bits && has(other.base); }
};

/// `10.0.0.0/8`, `fd00::/8`, or an address alone.
std::optional<ip_network> read_network(std::string_view text);

/// The range that nobody is sent to who does not name it, see callback_rules; null for an ordinary address.
const ip_network* special_range_of(const ip_bytes& address) noexcept;

}  // namespace mote::functions::detail
