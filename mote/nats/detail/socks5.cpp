#include <mote/nats/detail/socks5.hpp>

#include <mote/nats/error.hpp>

#include <boost/asio/ip/address.hpp>
#include <utility>

namespace mote::nats::detail {
namespace {

constexpr unsigned char version = 5;
constexpr unsigned char login_version = 1;
constexpr unsigned char no_login = 0;
constexpr unsigned char by_password = 2;
constexpr unsigned char no_method = 0xff;
constexpr unsigned char connect_command = 1;
constexpr unsigned char ipv4 = 1;
constexpr unsigned char host_name = 3;
constexpr unsigned char ipv6 = 4;

constexpr std::size_t method_bytes = 2;
constexpr std::size_t login_bytes = 2;
constexpr std::size_t reply_head_bytes = 4;  // version, reply, reserved, kind of address
constexpr std::size_t port_bytes = 2;

void put(std::string& into, unsigned value) { into += static_cast<char>(static_cast<unsigned char>(value)); }

unsigned at(std::string_view bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }

/// A text with its length before it, in one byte.
void put_counted(std::string& into, std::string_view text) {
    put(into, static_cast<unsigned>(text.size()));
    into += text;
}

template <class Bytes>
void put_address(std::string& into, unsigned kind, const Bytes& bytes) {
    put(into, kind);
    for (const auto each : bytes) put(into, each);
}

void put_host(std::string& into, std::string_view host) {
    boost::system::error_code not_an_address;
    const auto address = boost::asio::ip::make_address(std::string(host), not_an_address);
    if (not_an_address) {
        if (host.size() > 255) throw_error(errc::proxy_failed, "a host of more than 255 bytes");
        put(into, host_name);
        put_counted(into, host);
    } else if (address.is_v4()) {
        put_address(into, ipv4, address.to_v4().to_bytes());
    } else {
        put_address(into, ipv6, address.to_v6().to_bytes());
    }
}

/// RFC 1928, section 6.
std::string describe_reply(unsigned code) {
    switch (code) {
        case 1: return "general failure";
        case 2: return "not allowed by its rules";
        case 3: return "network unreachable";
        case 4: return "host unreachable";
        case 5: return "connection refused";
        case 6: return "TTL expired";
        case 7: return "command not supported";
        case 8: return "address type not supported";
        default: return "reply " + std::to_string(code);
    }
}

[[noreturn]] void throw_not_socks() { throw_error(errc::proxy_failed, "the proxy does not speak SOCKS5"); }

}  // namespace

socks5_handshake::socks5_handshake(std::string_view host, std::uint16_t port, socks5_login login)
    : login_(std::move(login)) {
    put(request_, version);
    put(request_, connect_command);
    put(request_, 0);
    put_host(request_, host);
    put(request_, port >> 8U);
    put(request_, port & 0xffU);

    put(output_, version);
    put(output_, login_.user.empty() ? 1 : 2);
    put(output_, no_login);
    if (!login_.user.empty()) put(output_, by_password);
    expect(step::method, method_bytes);
}

std::string socks5_handshake::take_output() { return std::exchange(output_, {}); }

void socks5_handshake::feed(std::string_view bytes) {
    while (!bytes.empty() && wanted() != 0) {
        const auto part = bytes.substr(0, wanted());
        input_ += part;
        bytes.remove_prefix(part.size());
        advance();
    }
}

void socks5_handshake::advance() {
    // What is wrong is said with the first bytes that show it: a proxy that refuses need not send the rest.
    if (at(input_, 0) != (step_ == step::login ? login_version : version)) throw_not_socks();
    if (step_ == step::reply && input_.size() > 1 && at(input_, 1) != 0)
        throw_error(errc::proxy_failed, "the proxy says: " + describe_reply(at(input_, 1)));
    if (wanted() != 0) return;
    switch (step_) {
        case step::method: return on_method();
        case step::login: return on_login();
        case step::reply: return on_reply();
        case step::done: return;
    }
}

void socks5_handshake::on_method() {
    const auto method = at(input_, 1);
    if (method == no_login) {
        send_request();
        expect(step::reply, reply_head_bytes);
    } else if (method == by_password && !login_.user.empty()) {
        put(output_, login_version);
        put_counted(output_, login_.user);
        put_counted(output_, login_.password);
        expect(step::login, login_bytes);
    } else if (method == no_method || method == by_password) {
        throw_error(errc::proxy_failed,
                    login_.user.empty() ? "the proxy wants a login" : "the proxy takes no password");
    } else {
        throw_not_socks();
    }
}

void socks5_handshake::on_login() {
    if (at(input_, 1) != 0) throw_error(errc::proxy_failed, "the proxy refuses the login");
    send_request();
    expect(step::reply, reply_head_bytes);
}

/// Called with the head, once more with the length of a name, and with all: the address that the proxy uses itself is not
/// looked at.
void socks5_handshake::on_reply() {
    std::size_t whole = 0;
    switch (at(input_, 3)) {
        case ipv4: whole = reply_head_bytes + 4 + port_bytes; break;
        case ipv6: whole = reply_head_bytes + 16 + port_bytes; break;
        case host_name:
            whole = reply_head_bytes + 1;
            if (input_.size() >= whole) whole += at(input_, reply_head_bytes) + port_bytes;
            break;
        default: throw_not_socks();
    }
    if (input_.size() < whole)
        needed_ = whole;
    else
        expect(step::done, 0);
}

void socks5_handshake::expect(step next, std::size_t needed) {
    step_ = next;
    needed_ = needed;
    input_.clear();
}

}  // namespace mote::nats::detail
