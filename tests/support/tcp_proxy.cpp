#include <tests/support/tcp_proxy.hpp>

#include <tests/support/loopback.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace mote::test {
namespace {

/// Bytes read from one socket and not yet written to the other; the end of the stream comes after them.
struct flow {
    std::string pending;
    bool ended = false;      // the source has no more
    bool forwarded = false;  // and its other side has been told
};

}  // namespace

struct tcp_proxy::link {
    std::size_t index = 0;  // in `connections_`
    unique_fd client;
    unique_fd target;
    flow to_target;
    flow to_client;

    /// What to wait for on the side that `in` is written to and `out` is read from.
    static short events(const flow& in, const flow& out, bool stalled) {
        if (stalled) return 0;
        const int reading = out.ended || !out.pending.empty() ? 0 : POLLIN;
        const int writing = in.pending.empty() ? 0 : POLLOUT;
        return static_cast<short>(reading | writing);
    }
};

std::string proxied_connection::bytes(proxy_direction direction) const {
    std::string all;
    for (const proxied_chunk& chunk : chunks) {
        if (chunk.direction == direction) all += chunk.bytes;
    }
    return all;
}

tcp_proxy::tcp_proxy(std::uint16_t target_port)
    : target_port_(target_port), port_(free_port()), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (int attempt = 0; !listener_; ++attempt) {
        try {
            listener_ = listen_loopback(port_);
        } catch (const std::system_error&) {
            if (attempt == 10) throw;
            port_ = free_port();
        }
    }
    thread_ = std::thread([this] { serve(); });
}

tcp_proxy::~tcp_proxy() {
    give_order([this] { stop_ = true; });
    thread_.join();
}

void tcp_proxy::cut() {
    give_order([this] { cut_ = true; });
}
void tcp_proxy::refuse() {
    give_order([this] { refusing_ = true; });
}
void tcp_proxy::accept() {
    give_order([this] { refusing_ = false; });
}
void tcp_proxy::stall() {
    give_order([this] { stalled_ = true; });
}
void tcp_proxy::trickle() {
    give_order([this] { trickling_ = true; });
}
void tcp_proxy::resume() {
    give_order([this] { stalled_ = trickling_ = false; });
}
void tcp_proxy::cut_after(proxy_direction direction, std::size_t bytes) {
    give_order([=, this] { (direction == proxy_direction::to_target ? left_to_target_ : left_to_client_) = bytes; });
}

/// Has the proxy's thread do something, and waits until it is done.
void tcp_proxy::give_order(const std::function<void()>& change) {
    std::unique_lock lock(mutex_);
    change();
    const std::uint64_t mine = ++orders_given_;
    ::eventfd_write(wake_.get(), 1);
    changed_.wait(lock, [&] { return orders_done_ >= mine; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

std::size_t tcp_proxy::open_connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(connections_, &proxied_connection::open));
}

std::vector<proxied_connection> tcp_proxy::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

bool tcp_proxy::wait_until(const std::function<bool(const std::vector<proxied_connection>&)>& condition,
                           std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return condition(connections_); });
}

bool tcp_proxy::wait_for(proxy_direction direction, std::string_view text, std::chrono::milliseconds timeout) const {
    return wait_until(
        [&](const std::vector<proxied_connection>& all) {
            return std::ranges::any_of(all, [&](const proxied_connection& each) {
                return each.bytes(direction).find(text) != std::string::npos;
            });
        },
        timeout);
}

void tcp_proxy::serve() {
    std::vector<pollfd> waited;
    for (bool stopped = false; !stopped;) {
        bool stalled = false;
        {
            const std::lock_guard lock(mutex_);
            stalled = stalled_;
        }
        waited.clear();
        waited.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
        waited.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
        for (const link& each : links_) {
            // A negative descriptor is left out: a stalled connection must not even report that it was reset.
            const short client = link::events(each.to_client, each.to_target, stalled);
            const short target = link::events(each.to_target, each.to_client, stalled);
            waited.push_back({.fd = client == 0 ? -1 : each.client.get(), .events = client, .revents = 0});
            waited.push_back({.fd = target == 0 ? -1 : each.target.get(), .events = target, .revents = 0});
        }
        if (::poll(waited.data(), waited.size(), -1) < 0) continue;

        // Orders come first: after `stall` no byte may pass that was not on its way before.
        if (waited[0].revents != 0) {
            stopped = apply_orders();
            continue;
        }
        auto ready = waited.begin() + 2;
        for (auto each = links_.begin(); each != links_.end(); ready += 2) {
            const bool any = ready[0].revents != 0 || ready[1].revents != 0;
            if (any && !move_bytes(*each)) {
                close_link(*each);
                each = links_.erase(each);
            } else {
                ++each;
            }
        }
        if (waited[1].revents != 0) take_new_connections();
    }
}

/// True when one of them was to stop: read under the same lock, or an order that comes right after would never be done.
bool tcp_proxy::apply_orders() {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    const std::lock_guard lock(mutex_);
    if (cut_ || stop_) {
        links_.clear();
        for (proxied_connection& each : connections_) each.open = false;
    }
    cut_ = false;
    if (refusing_ || stop_) {
        listener_.reset();
    } else if (!listener_) {
        try {
            listener_ = listen_loopback(port_);
        } catch (const std::system_error&) {
            failure_ = std::current_exception();  // somebody else took the port meanwhile
        }
    }
    orders_done_ = orders_given_;
    changed_.notify_all();
    return stop_;
}

void tcp_proxy::take_new_connections() {
    for (;;) {
        unique_fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) return;
        unique_fd target;
        try {
            target = connect_loopback(target_port_);
        } catch (const std::system_error&) {
            continue;  // the client sees its connection end, as behind a load balancer without a live server
        }
        const int on = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const std::lock_guard lock(mutex_);
        link& added = links_.emplace_back();
        added.index = connections_.size();
        added.client = std::move(client);
        added.target = std::move(target);
        connections_.emplace_back();
        changed_.notify_all();
    }
}

/// False when the connection is over.
bool tcp_proxy::move_bytes(link& each) {
    if (!move_one_way(each, proxy_direction::to_target) || !move_one_way(each, proxy_direction::to_client))
        return false;
    return !each.to_target.forwarded || !each.to_client.forwarded;
}

/// Reads once when nothing is waiting to be written, and writes what it can. False on a broken connection.
bool tcp_proxy::move_one_way(link& each, proxy_direction direction) {
    const bool to_target = direction == proxy_direction::to_target;
    flow& way = to_target ? each.to_target : each.to_client;
    const int from = to_target ? each.client.get() : each.target.get();
    const int to = to_target ? each.target.get() : each.client.get();
    if (!way.ended && way.pending.empty()) {
        std::array<char, 65536> buffer;
        const auto room = may_pass(direction);
        // None may pass: a look at what is there tells whether this connection is the one to be cut.
        const int how = MSG_DONTWAIT | (room == 0u ? MSG_PEEK : 0);
        const ssize_t count =
            ::recv(from, buffer.data(), std::clamp<std::size_t>(room.value_or(buffer.size()), 1, buffer.size()), how);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (count == 0) way.ended = true;
        if (count > 0) {
            way.pending.assign(buffer.data(), room == 0u ? 0 : static_cast<std::size_t>(count));
            passed(each, direction, way.pending);
            if (way.pending.empty()) return false;
        }
    }
    if (!way.pending.empty()) {
        const ssize_t count = ::send(to, way.pending.data(), way.pending.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (count > 0) way.pending.erase(0, static_cast<std::size_t>(count));
    }
    if (way.ended && way.pending.empty() && !way.forwarded) {
        ::shutdown(to, SHUT_WR);
        way.forwarded = true;
    }
    return true;
}

/// How many bytes may be read at a time now; nothing: as many as there are.
std::optional<std::size_t> tcp_proxy::may_pass(proxy_direction direction) const {
    const std::lock_guard lock(mutex_);
    const auto left = direction == proxy_direction::to_target ? left_to_target_ : left_to_client_;
    if (!trickling_) return left;
    return std::min<std::size_t>(left.value_or(1), 1);
}

/// Notes what is on its way; no bytes: the connection is about to be cut.
void tcp_proxy::passed(link& each, proxy_direction direction, const std::string& bytes) {
    const std::lock_guard lock(mutex_);
    auto& left = direction == proxy_direction::to_target ? left_to_target_ : left_to_client_;
    if (bytes.empty()) {
        left.reset();
        return;
    }
    if (left) *left -= bytes.size();
    connections_[each.index].chunks.push_back({direction, bytes});
    changed_.notify_all();
}

void tcp_proxy::close_link(link& each) {
    const std::lock_guard lock(mutex_);
    connections_[each.index].open = false;
    changed_.notify_all();
}

}  // namespace mote::test
