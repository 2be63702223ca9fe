#include <mote/nats/detail/link.hpp>

#include <mote/nats/detail/socks5_transport.hpp>
#include <mote/nats/detail/websocket_transport.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <string_view>
#include <utility>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

/// A token of HTTP (RFC 9110, 5.6.2).
bool is_field_name(std::string_view text) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

/// What makes the upgrade itself, or would end the request elsewhere.
bool is_field_of_the_upgrade(std::string_view name) {
    constexpr std::array ours = {"Connection", "Upgrade", "Content-Length", "Transfer-Encoding"};
    return boost::algorithm::istarts_with(name, "Sec-WebSocket-") ||
           std::any_of(ours.begin(), ours.end(),
                       [name](const char* own) { return boost::algorithm::iequals(name, own); });
}

void check_upgrade_headers(const websocket_options& opts) {
    for (const auto& [name, value] : opts.headers) {
        if (!is_field_name(name)) throw_error(errc::bad_header, "a name of websocket.headers");
        if (is_field_of_the_upgrade(name)) throw_error(errc::bad_header, name + " is part of the WebSocket's upgrade");
        if (!is_field_value(value)) throw_error(errc::bad_header, name + ": a value with control characters");
    }
}

socks5_proxy parse_proxy(std::string_view text) {
    server_address address;
    try {
        address = parse_address(text, "", {"socks5", "socks5h"});
    } catch (const boost::system::system_error& failed) {
        throw boost::system::system_error(failed.code(), "proxy: not socks5://[user:password@]host[:port]");
    }
    auto& login = address.login;
    constexpr std::size_t most = 255;  // RFC 1929
    const bool half = !login.token.empty() || login.user.empty() != login.password.empty();
    if (half || login.user.size() > most || login.password.size() > most)
        throw_error(errc::bad_url, "proxy: a login is user and password, 1 to 255 bytes each");
    return {std::move(address.host), address.port, {std::move(login.user), std::move(login.password)}};
}

/// The Host field: with the port where it is not that of the scheme.
std::string host_field(const server_address& server) {
    auto name = server.name();
    const bool usual = server.port == (server.scheme == "wss" ? 443 : 80);
    return usual ? name.substr(0, name.rfind(':')) : name;
}

}  // namespace

void check_link_options(const options& opts) {
    check_upgrade_headers(opts.websocket);
    if (!opts.proxy.empty()) parse_proxy(opts.proxy);
}

std::string name_for_tls(const options& opts, const server_address& server) {
    return opts.tls.server_name.empty() ? server.certificate_name() : opts.tls.server_name;
}

std::shared_ptr<transport> make_link(const asio::any_io_executor& executor, const options& opts,
                                     const server_address& server, bool wants_tls) {
    std::shared_ptr<transport> link = make_tcp_transport(executor, opts.connect_timeout);
    if (!opts.proxy.empty()) link = make_socks5_transport(std::move(link), parse_proxy(opts.proxy));
    if (!server.is_websocket()) return link;
    websocket_target target{host_field(server), server.path, std::nullopt, opts.websocket};
    if (wants_tls || server.scheme == "wss") target.tls = websocket_tls{opts.tls, name_for_tls(opts, server)};
    return make_websocket_transport(executor, std::move(link), std::move(target));
}

}  // namespace mote::nats::detail
