#include <apps/mote/listen_address.hpp>

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace mote::command {

std::optional<listen_address> parse_listen_address(std::string_view text) {
    listen_address result;
    const auto colon = text.rfind(':');
    const auto port = colon == std::string_view::npos ? text : text.substr(colon + 1);
    const auto* const end = port.data() + port.size();
    const auto [rest, failed] = std::from_chars(port.data(), end, result.port);
    if (failed != std::errc() || rest != end) return std::nullopt;
    if (colon == std::string_view::npos || colon == 0) return result;

    auto address = text.substr(0, colon);
    const bool in_brackets = address.starts_with('[') && address.ends_with(']');
    if (in_brackets) address = address.substr(1, address.size() - 2);
    boost::system::error_code wrong;
    const auto parsed = boost::asio::ip::make_address(std::string(address), wrong);
    if (wrong || parsed.is_v6() != in_brackets) return std::nullopt;
    result.address = address;
    return result;
}

std::string url_of(const listen_address& listen, std::uint16_t port) {
    const bool is_v6 = listen.address.find(':') != std::string::npos;
    return "http://" + (is_v6 ? "[" + listen.address + "]" : listen.address) + ":" + std::to_string(port);
}

}  // namespace mote::command
