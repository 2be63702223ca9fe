#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::nats::detail {

/// Whom a proxy knows us as; 1 to 255 bytes each, or both empty for nobody.
struct socks5_login {
    std::string user;
    std::string password;
};

/// The client's side of SOCKS5 (RFC 1928) with logins by password (RFC 1929): bytes in, bytes out.
///
///     while (true) {
///         send(handshake.take_output());
///         if (handshake.wanted() == 0) break;  // connected
///         handshake.feed(receive(at_most(handshake.wanted())));
///     }
///
/// It never wants a byte that comes after the handshake. The name of the host goes to the proxy as it is; an address goes as
/// an address.
class socks5_handshake {
public:
    /// Throws `errc::proxy_failed` for a host of more than 255 bytes.
    socks5_handshake(std::string_view host, std::uint16_t port, socks5_login login);

    /// What is to be sent now; empty when it waits for the proxy, or is done.
    std::string take_output();
    /// How many bytes of the proxy are missing, as far as is known; 0 when the proxy has connected us.
    std::size_t wanted() const noexcept { return needed_ - input_.size(); }
    /// Takes some of these bytes. Throws `errc::proxy_failed` with the proxy's reason, never with the login.
    void feed(std::string_view bytes);

private:
    enum class step { method, login, reply, done };

    void advance();
    void on_method();
    void on_login();
    void on_reply();
    void expect(step next, std::size_t needed);
    void send_request() { output_ += request_; }

    std::string request_;
    socks5_login login_;
    std::string output_;
    std::string input_;  // of this step
    std::size_t needed_ = 0;
    step step_ = step::method;
};

}  // namespace mote::nats::detail
