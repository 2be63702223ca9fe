#pragma once

#include <mote/nats/authenticator.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::nats {

/// What happens to a connection, in the order it happens. Delivered on the connection's executor.
enum class event_kind {
    connected,           ///< the first connection is up
    disconnected,        ///< the link died; `error` says why
    reconnected,         ///< a new link is up and every subscription is made again
    closed,              ///< for good: after close(), drain(), or when reconnecting was given up
    lame_duck,           ///< the server will shut down soon
    discovered_servers,  ///< the server told of servers that were not known
    slow_consumer,       ///< a subscription dropped its first message of an episode; `detail` is its subject
    error,  ///< an asynchronous error: a permission violation, a handler that threw, a failed first connect, ...
};

/// One thing that happened; `detail` never holds a secret.
struct connection_event {
    event_kind kind{};
    std::string server{};               ///< "host:port" that this is about
    boost::system::error_code error{};  ///< set for disconnected, closed after failure, error
    std::string detail{};               ///< the server's own text, or a subject
};

/// How long to wait before a reconnect: `min_wait`, doubled for each failed round over all servers up to `max_wait`,
/// plus a random part of up to `jitter`.
struct reconnect_policy {
    bool enabled = true;
    std::chrono::milliseconds min_wait{100};
    std::chrono::milliseconds max_wait{5000};
    std::chrono::milliseconds jitter{100};
    std::size_t max_rounds = 0;  ///< give up after so many rounds over all servers; 0: never
};

/// How a link is encrypted, and whom it trusts: TLS 1.2 or newer, with a certificate that an authority of `ca` has given to
/// the host of the address. `ca`, `certificate` and `key` are PEM, each a path, `file://PATH`, `env://NAME` or
/// `data:;base64,...`; they are read at every connect, so that renewed ones are picked up.
///
/// TLS is used with every server that requires it. `tls://` in any address, and any of these members but the last, make it a
/// condition: a server without TLS is then refused (`errc::tls_unavailable`) before it is told anything.
struct tls_options {
    bool required = false;
    /// TLS begins before the server has said a word, so that nobody between can change it; it has to be set up for that.
    bool handshake_first = false;
    std::string ca{};  ///< authorities to trust; empty: those of the system
    std::string
        certificate{};  ///< our own, with those that lead to its authority, for servers that ask for it; needs `key`
    std::string key{};
    std::string server_name{};  ///< the certificate has to be for it; empty: for the host of the address
    /// Takes any certificate of anybody: whoever is between can then read and change all, credentials too. For experiments.
    bool insecure_accept_any_certificate = false;
};

/// Everything a connection can be told. All members have working defaults.
struct options {
    /// Addresses as `nats://[user:password@|token@]host[:port]`, `tls://` for TLS, also without scheme, or several in one
    /// string divided by commas. Credentials in an address win over the members below, for that address.
    std::vector<std::string> servers{"nats://127.0.0.1:4222"};
    std::string name{};  ///< shown by the server's monitoring
    std::string user{};
    std::string password{};
    std::string token{};
    std::shared_ptr<authenticator> auth{};  ///< wins over user, password and token
    tls_options tls{};

    bool echo = true;               ///< false: the server does not send back what this connection published
    bool randomize_servers = true;  ///< false: try the servers in the order given
    bool ignore_discovered_servers = false;
    bool retry_on_first_connect = false;  ///< true: the first connect follows `reconnect` too, instead of failing

    /// TCP and handshake of one attempt at one server. A host with several addresses has it once, shared among them.
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds request_timeout{5000};  ///< of requests and flushes that name none
    std::chrono::milliseconds drain_timeout{30000};
    std::chrono::milliseconds ping_interval{120000};  ///< 0: no pings, and a dead link is not noticed
    unsigned max_pings_out = 2;                       ///< unanswered pings that make the link stale

    reconnect_policy reconnect{};
    /// Bound of the bytes that wait to be sent, connected or not. Past it `publish` throws
    /// `errc::outbound_buffer_full` and takes nothing of the message.
    std::size_t max_outbound_bytes = 8 * 1024 * 1024;
    std::string inbox_prefix = "_INBOX";

    /// Called on the connection's executor. It must not throw.
    std::function<void(const connection_event&)> on_event{};
};

}  // namespace mote::nats
