#pragma once

#include <tests/nats/live_tls.hpp>
#include <tests/support/loopback.hpp>

#include <cstdint>
#include <string>

namespace mote::test {

/// Lines of a server's configuration: NATS over WebSocket at a port of its own.
inline std::string websocket_config(std::uint16_t port, const std::string& more = "no_tls: true") {
    return "websocket { listen: \"127.0.0.1:" + std::to_string(port) + "\", handshake_timeout: \"20s\", " + more +
           " }\n";
}

/// Servers with a WebSocket, with TLS and without.
class live_websocket : public live_tls {
protected:
    nats_server_options over_websocket(const std::string& more = "no_tls: true") const {
        auto options = core_only();
        options.max_payload = 8 * 1024 * 1024;
        options.config = websocket_config(port, more);
        return options;
    }
    nats_server_options over_tls(const certificate_files& files) const {
        return over_websocket("tls { cert_file: \"" + files.certificate + "\", key_file: \"" + files.key + "\" }");
    }

    std::string url(const std::string& scheme = "ws") const { return url_at(port, scheme); }
    static std::string url_at(std::uint16_t where, const std::string& scheme = "ws") {
        return scheme + "://localhost:" + std::to_string(where);
    }

    static nats::options patient(const std::string& address) {
        auto opts = options_for(address);
        opts.connect_timeout = std::chrono::seconds(20);
        opts.request_timeout = std::chrono::seconds(20);
        return opts;
    }

    const std::uint16_t port = free_port();
};

}  // namespace mote::test
