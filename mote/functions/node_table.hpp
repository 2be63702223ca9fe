#pragma once

#include <mote/functions/node_state.hpp>
#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mote::functions {

namespace detail {
class bucket_mirror;
}

/// A node that has not written for so long is gone; it writes three times as often.
inline constexpr std::chrono::seconds node_ttl{15};
inline constexpr std::chrono::seconds node_heartbeat{5};

/// The bucket `mote_nodes`: opened, or created.
boost::asio::awaitable<kv::bucket> open_node_bucket(jetstream::context js, int replicas = 1);

/// Which nodes there are and what they run, in memory. All members on the connection's executor.
class node_table {
public:
    /// `on_change` is called when a node has written or taken leave. One that falls silent is not told: see `alive`.
    node_table(jetstream::context js, kv::bucket nodes, std::function<void()> on_change = {});
    node_table(const node_table&) = delete;
    node_table& operator=(const node_table&) = delete;
    ~node_table();

    boost::asio::awaitable<void> ready(std::chrono::nanoseconds timeout);  ///< throws `nats::errc::timeout`
    boost::asio::awaitable<void> stop();

    /// Those that have written within node_ttl, by id.
    std::vector<const node_state*> alive() const;
    /// What all of them together say of a function: counts are added up, the first trouble and generation count.
    function_state of(const function_name& name) const;
    /// Whether there are nodes and none of them meets all constraints of this one.
    bool is_unplaceable(const deployment& wanted) const;

private:
    struct seen {
        node_state state{};  // functions by key
        std::chrono::steady_clock::time_point at{};
    };

    void on_entry(const kv::entry& found);

    std::function<void()> on_change_;
    bool is_caught_up_ = false;
    std::map<std::string, seen> nodes_;
    std::unique_ptr<detail::bucket_mirror> mirror_;
};

}  // namespace mote::functions
