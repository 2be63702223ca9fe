#pragma once

#include <mote/nats/authenticator.hpp>
#include <mote/nats/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {

/// One server that can be connected to.
struct server_address {
    std::string scheme = "nats";
    std::string host;
    std::uint16_t port = 4222;
    std::string path;         ///< of a WebSocket, "/" or more; empty for others
    std::string known_as;     ///< of a discovered bare address: the name of the server that told it
    credentials login;        ///< of the address itself; empty members: what the options say
    bool discovered = false;  ///< told by a server, not by the options
    unsigned auth_failures = 0;
    unsigned failures = 0;                        ///< in a row; its wait doubles with each
    std::chrono::steady_clock::time_point due{};  ///< not to be tried before

    /// "host:port", never the login.
    std::string name() const;
    bool is_websocket() const noexcept { return scheme == "ws" || scheme == "wss"; }
    /// Whom a certificate has to be for.
    const std::string& certificate_name() const noexcept { return known_as.empty() ? host : known_as; }
};

/// True for an IP address.
bool is_ip_address(const std::string& host);

/// An address with one of these schemes; `default_scheme` for a text without one. Throws as `parse_server_address`.
server_address parse_address(std::string_view text, std::string_view default_scheme,
                             std::initializer_list<std::string_view> schemes);

/// Understands `[scheme://][user[:password]@]host[:port]`, and a path behind it for a WebSocket. Throws `errc::bad_url`; the
/// text never shows a login.
server_address parse_server_address(std::string_view text, std::string_view default_scheme = "nats");

/// Anything from 0 to `bound`, so that not all clients of a server do the same at once.
std::chrono::milliseconds random_up_to(std::chrono::milliseconds bound);

/// The servers to try, in turn, each after a wait of its own. The one that is in use stays at the front; one that failed goes
/// to the back.
class server_pool {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Throws `errc::bad_url`, also for an empty list, and for one with WebSockets and others.
    explicit server_pool(const options& opts);

    std::size_t size() const noexcept { return servers_.size(); }
    server_address& front() { return servers_.front(); }
    const std::vector<server_address>& all() const noexcept { return servers_; }
    void rotate();
    void drop_front() { servers_.erase(servers_.begin()); }

    /// Brings the first server that may be tried at `now` to the front, or that which may be soonest. The order of the others
    /// stays.
    void bring_next(time_point now);
    /// Brings the server of this name to the front; false when there is none.
    bool bring(const std::string& name);
    /// The one at the front failed: it goes to the back, and is tried again after min_wait, doubled with each further
    /// failure up to max_wait, and a random part of the jitter.
    void front_failed(time_point now);
    /// The link to the one at the front is up.
    void front_is_up(time_point now);
    /// It is lost. A server that did not keep it for max_wait has failed; another one may be tried again at once.
    void front_is_lost(time_point now);
    /// Forgets all waits.
    void all_are_due();
    /// A random part of reconnect_policy::jitter.
    std::chrono::milliseconds jitter() const;

    /// True when no server may be talked to in plain text: the options or one of the addresses say so.
    bool wants_tls() const noexcept { return wants_tls_; }
    /// Adds servers that are not known yet and forgets discovered ones that are no longer told, but the one in use.
    /// True when one is new.
    bool learn(const std::vector<std::string>& connect_urls);

private:
    bool knows(const server_address& address) const;
    std::chrono::milliseconds wait_after(unsigned failures) const;

    std::vector<server_address> servers_;
    reconnect_policy policy_;
    time_point up_since_{};
    bool randomize_ = true;
    bool wants_tls_ = false;
};

}  // namespace mote::nats::detail
