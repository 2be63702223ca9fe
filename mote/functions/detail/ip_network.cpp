#include <mote/functions/detail/ip_network.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <vector>

namespace mote::functions::detail {
namespace {

constexpr unsigned all_bits = 128;
constexpr unsigned bits_before_mapped = 96;

ip_bytes mapped(const std::uint8_t* four) noexcept {
    ip_bytes address{};
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, four, 4);
    return address;
}

bool begins(const ip_bytes& address, std::initializer_list<std::uint8_t> with) noexcept {
    return std::equal(with.begin(), with.end(), address.begin());
}

/// IPv4 that is carried in IPv6.
ip_bytes carried(const ip_bytes& address) noexcept {
    if (begins(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return mapped(address.data() + 12);
    if (begins(address, {0x20, 0x02})) return mapped(address.data() + 2);
    return address;
}

std::optional<ip_bytes> mapped(const in_addr& read) noexcept {
    std::array<std::uint8_t, 4> four{};
    std::memcpy(four.data(), &read, four.size());
    return mapped(four.data());
}

std::vector<ip_network> read_networks(std::initializer_list<const char*> texts) {
    std::vector<ip_network> networks;
    for (const char* const text : texts) networks.push_back(read_network(text).value());
    return networks;
}

}  // namespace

std::optional<ip_bytes> read_address(std::string_view text) {
    const std::string whole(text.substr(0, text.find('%')));  // the zone does not make it another address
    in_addr four{};
    if (::inet_pton(AF_INET, whole.c_str(), &four) == 1) return mapped(four);
    ip_bytes address{};
    if (::inet_pton(AF_INET6, whole.c_str(), address.data()) == 1) return carried(address);
    return std::nullopt;
}

std::optional<ip_bytes> read_loose_address(std::string_view text) {
    if (auto address = read_address(text)) return address;
    in_addr four{};
    if (::inet_aton(std::string(text).c_str(), &four) != 0) return mapped(four);
    return std::nullopt;
}

bool ip_network::has(const ip_bytes& address) const noexcept {
    const std::size_t whole = bits / 8;
    if (!std::equal(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(whole), address.begin())) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || ((base[whole] ^ address[whole]) >> (8U - rest)) == 0;
}

std::optional<ip_network> read_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto base = read_address(text.substr(0, slash));
    if (!base) return std::nullopt;
    ip_network network{*base, all_bits};
    if (slash == std::string_view::npos) return network;
    const auto number = text.substr(slash + 1);
    const bool four = text.substr(0, slash).find(':') == std::string_view::npos;
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), network.bits);
    if (failed != std::errc() || end != number.data() + number.size()) return std::nullopt;
    if (network.bits > (four ? all_bits - bits_before_mapped : all_bits)) return std::nullopt;
    if (four) network.bits += bits_before_mapped;
    return network;
}

const ip_network* special_range_of(const ip_bytes& address) noexcept {
    static const auto ranges = read_networks({
        "127.0.0.0/8",         // loopback
        "169.254.0.0/16",      // link-local, and the metadata of most clouds
        "0.0.0.0/8",           // "this" network: connects to loopback
        "192.0.0.0/24",        // protocol assignments; metadata of a cloud
        "100.100.100.200/32",  // metadata of a cloud
        "224.0.0.0/4",         // multicast
        "240.0.0.0/4",         // reserved, broadcast
        "::1/128",
        "fe80::/10",          // link-local
        "ff00::/8",           // multicast
        "fd00:ec2::254/128",  // metadata of clouds
        "fd20:ce::254/128",
        "::/96",  // unspecified, and IPv4 in a way that nobody uses any more
    });
    const auto found = std::ranges::find_if(ranges, [&](const ip_network& range) { return range.has(address); });
    return found == ranges.end() ? nullptr : &*found;
}

}  // namespace mote::functions::detail
