#pragma once

#include <mote/nats/authenticator.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
    std::string subject{};              ///< of permission_denied: what must not be published or subscribed to
};

/// How long a server is left alone after it failed: `min_wait`, doubled with each further failure up to `max_wait`, plus a
/// random part of up to `jitter`. Each server has a wait of its own, so that one that is well is never waited for because of
/// another. One that loses the link sooner than after `max_wait` has failed, too.
struct reconnect_policy {
    bool enabled = true;
    std::chrono::milliseconds min_wait{100};
    std::chrono::milliseconds max_wait{5000};
    std::chrono::milliseconds jitter{100};
    std::size_t max_rounds = 0;  ///< give up after so many tries for each server there is; 0: never
};

struct server_info;

/// A server that a connection may go to.
struct known_server {
    std::string name{};                 ///< "host:port"
    bool discovered = false;            ///< told by a server, not by options::servers
    unsigned failures = 0;              ///< in a row
    std::chrono::milliseconds wait{0};  ///< what is left of its back-off
};

/// Which of them to try next, and when.
struct server_choice {
    std::string server{};  ///< a known_server::name
    std::chrono::milliseconds wait{0};
};

/// Chooses before each try, the first connect too. `servers` has the one that would be tried at the front; `last` is what
/// the server said to which this was connected last. No choice, and one that is not among them, leave it as it is.
using server_chooser =
    std::function<std::optional<server_choice>(const std::vector<known_server>& servers, const server_info& last)>;

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

/// What `ws://` and `wss://` addresses need beside. Other addresses do not look at it.
struct websocket_options {
    /// Offers permessage-deflate to the server, which may decline: less traffic for more work. On both sides it is the whole
    /// payload of a frame that is compressed; nothing is kept from one frame to the next.
    bool compression = false;
    /// Further header fields of the HTTP upgrade, name and value, for what stands before the server and wants a token, for
    /// example. They are never shown. Sent in plain text with `ws://`.
    std::vector<std::pair<std::string, std::string>> headers{};
};

/// Where JetStream is. Both empty: the default domain.
struct jetstream_location {
    std::string domain{};
    std::string api_prefix{};  ///< another prefix of its API, for imports; wins over the domain
};

/// Everything a connection can be told. All members have working defaults.
struct options {
    /// Addresses as `nats://[user:password@|token@]host[:port]`, `tls://` for TLS, also without scheme, or several in one
    /// string divided by commas. Credentials in an address win over the members below, for that address.
    /// `ws[s]://[login@]host[:port][/path]` is NATS over WebSocket, with port 80 or 443 and the path `/` when not said; these
    /// and the others must not be mixed in one connection (`errc::bad_url`).
    std::vector<std::string> servers{"nats://127.0.0.1:4222"};
    std::string name{};  ///< shown by the server's monitoring
    std::string user{};
    std::string password{};
    std::string token{};
    std::shared_ptr<authenticator> auth{};  ///< wins over user, password and token
    tls_options tls{};
    websocket_options websocket{};
    /// A SOCKS5 proxy that all links go through, with or without TLS or WebSocket: `socks5://[user:password@]host[:port]`,
    /// port 1080 when not said; `socks5h://` is the same. The proxy looks up the names of the servers. Empty: none; variables
    /// such as `ALL_PROXY` are not looked at. What it refuses is `errc::proxy_failed`.
    std::string proxy{};

    bool echo = true;               ///< false: the server does not send back what this connection published
    bool randomize_servers = true;  ///< false: try the servers in the order given
    bool ignore_discovered_servers = false;
    bool retry_on_first_connect = false;  ///< true: the first connect follows `reconnect` too, instead of failing

    /// One attempt at one server: proxy, TCP, TLS and handshakes. A host with several addresses has it once, shared among them.
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds request_timeout{5000};  ///< of requests and flushes that name none
    std::chrono::milliseconds drain_timeout{30000};
    std::chrono::milliseconds ping_interval{120000};  ///< 0: no pings, and a dead link is not noticed
    unsigned max_pings_out = 2;                       ///< unanswered pings that make the link stale

    reconnect_policy reconnect{};
    server_chooser choose_server{};  ///< called on the executor; it must not throw
    /// A server that says that it will shut down is left for another one, at a random moment within this, so that not all
    /// its clients leave at once: nothing that was published is lost. 0: stays until the server closes.
    std::chrono::milliseconds lame_duck_spread{3000};
    /// Bound of the bytes that wait to be sent, connected or not. Past it `publish` throws
    /// `errc::outbound_buffer_full` and takes nothing of the message.
    std::size_t max_outbound_bytes = 8 * 1024 * 1024;
    std::string inbox_prefix = "_INBOX";
    jetstream_location
        jetstream{};  ///< for `jetstream::context`, where that is told none; the connection only keeps it

    /// Called on the connection's executor. It must not throw.
    std::function<void(const connection_event&)> on_event{};
};

}  // namespace mote::nats
