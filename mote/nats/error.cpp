#include <mote/nats/error.hpp>

namespace mote::nats {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.nats"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::timeout: return "timeout";
            case errc::no_responders: return "no responders";
            case errc::closed: return "closed";
            case errc::disconnected: return "disconnected";
            case errc::connect_failed: return "cannot connect";
            case errc::auth_failed: return "authorization violation";
            case errc::permission_denied: return "permission denied";
            case errc::protocol_error: return "protocol error";
            case errc::stale_connection: return "stale connection";
            case errc::outbound_buffer_full: return "outbound buffer full";
            case errc::max_payload_exceeded: return "maximum payload exceeded";
            case errc::bad_subject: return "invalid subject";
            case errc::bad_queue_group: return "invalid queue group";
            case errc::bad_header: return "invalid header";
            case errc::bad_url: return "invalid server address";
            case errc::headers_not_supported: return "headers not supported by the server";
            case errc::server_error: return "server error";
            case errc::not_supported: return "not supported";
            case errc::bad_context: return "invalid NATS context";
            case errc::handler_failed: return "a message handler threw";
            case errc::tls_unavailable: return "no TLS at the server";
            case errc::bad_certificate: return "certificate not accepted";
            case errc::tls_failed: return "TLS failed";
            case errc::bad_credentials: return "unusable credentials";
            case errc::credentials_expired: return "credentials expired";
            case errc::too_many_connections: return "too many connections";
            case errc::too_many_subscriptions: return "too many subscriptions";
            case errc::moved: return "the link was given up for another one";
            case errc::wrong_thread: return "not on this thread";
            case errc::proxy_failed: return "proxy failed";
            case errc::no_echo_not_supported: return "echo cannot be switched off at the server";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& nats_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), nats_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

}  // namespace mote::nats
