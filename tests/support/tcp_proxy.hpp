#pragma once

#include <tests/support/unique_fd.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mote::test {

enum class proxy_direction { to_target, to_client };

/// What one read of the proxy gave.
struct proxied_chunk {
    proxy_direction direction = proxy_direction::to_target;
    std::string bytes;
};

/// What went through one connection, in the order of arrival at the proxy.
struct proxied_connection {
    std::vector<proxied_chunk> chunks;
    bool open = true;

    /// All bytes of one direction.
    std::string bytes(proxy_direction direction) const;
};

/// A TCP proxy on 127.0.0.1 in front of a port of 127.0.0.1, which can do to connections what networks do. It runs in its
/// own thread; all functions may be called from any thread and have taken effect when they return.
class tcp_proxy {
public:
    explicit tcp_proxy(std::uint16_t target_port);
    tcp_proxy(const tcp_proxy&) = delete;
    tcp_proxy& operator=(const tcp_proxy&) = delete;
    ~tcp_proxy();

    std::uint16_t port() const noexcept { return port_; }

    /// Closes all connections on both sides; what was not forwarded yet is lost.
    void cut();
    /// New connections are refused by the system, as when nobody listens; those that are there go on.
    void refuse();
    /// Undoes `refuse`. Throws `std::system_error` when another process has taken the port meanwhile.
    void accept();
    /// Stops reading on both sides: the senders' buffers fill up, and no byte is delivered. Connections are still taken.
    void stall();
    /// Bytes pass one at a time, each sent by itself.
    void trickle();
    /// Undoes `stall` and `trickle`; nothing was lost.
    void resume();
    /// Forwards so many more bytes in this direction, and closes the connection whose byte would be the next one.
    void cut_after(proxy_direction direction, std::size_t bytes);

    /// Connections that are open now.
    std::size_t open_connections() const;
    /// Every connection since the start, the closed ones too.
    std::vector<proxied_connection> connections() const;
    /// Waits until `condition` holds for `connections()`; it is asked after every change, under the
    /// proxy's lock, so it must not call the proxy. False when the time is over.
    bool wait_until(const std::function<bool(const std::vector<proxied_connection>&)>& condition,
                    std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;
    /// Waits until one connection's bytes in this direction contain `text`.
    bool wait_for(proxy_direction direction, std::string_view text,
                  std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;

private:
    struct link;  // one connection: two sockets and what is on its way

    void serve();
    bool apply_orders();
    void take_new_connections();
    bool move_bytes(link& each);
    bool move_one_way(link& each, proxy_direction direction);
    std::optional<std::size_t> may_pass(proxy_direction direction) const;
    void passed(link& each, proxy_direction direction, const std::string& bytes);
    void close_link(link& each);
    void give_order(const std::function<void()>& change);

    std::uint16_t target_port_;
    std::uint16_t port_;
    unique_fd wake_;

    // Used by the proxy's thread only.
    unique_fd listener_;
    std::list<link> links_;

    mutable std::mutex mutex_;  // guards all below
    mutable std::condition_variable changed_;
    bool stop_ = false;
    bool refusing_ = false;
    bool stalled_ = false;
    bool trickling_ = false;
    std::optional<std::size_t> left_to_target_;  // bytes until a cut
    std::optional<std::size_t> left_to_client_;
    bool cut_ = false;
    std::uint64_t orders_given_ = 0;
    std::uint64_t orders_done_ = 0;
    std::exception_ptr failure_;  // of the last order
    std::vector<proxied_connection> connections_;

    std::thread thread_;
};

}  // namespace mote::test
