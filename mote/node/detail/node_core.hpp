#pragma once

#include <mote/functions/async_worker.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/node/detail/bundle_keeper.hpp>
#include <mote/node/detail/call_table.hpp>
#include <mote/node/detail/function_host.hpp>
#include <mote/node/detail/memory_keeper.hpp>
#include <mote/node/detail/node_parts.hpp>
#include <mote/node/detail/scaler.hpp>
#include <mote/process/child.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace mote::node::detail {

/// A node: the functions that the bucket has, a host for each, and what it says of itself.
class node_core : public std::enable_shared_from_this<node_core> {
public:
    node_core(nats::connection connection, node_options opts);
    ~node_core();

    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);
    /// Nothing of it goes on any more.
    void abandon() noexcept;
    const std::string& id() const noexcept { return id_; }

private:
    void start_guard();
    boost::asio::awaitable<void> open_parts(jetstream::context js);
    boost::asio::awaitable<void> start_worker(jetstream::context js);
    boost::asio::awaitable<void> stop_worker(std::chrono::nanoseconds patience);
    void retire(std::shared_ptr<function_host> host, std::chrono::nanoseconds patience);
    void on_function(const functions::function_name& name, const functions::stored_function* found);
    static boost::asio::awaitable<void> run_retire(std::shared_ptr<node_core> self, std::shared_ptr<function_host> host,
                                                   std::chrono::nanoseconds patience);
    static boost::asio::awaitable<void> tell(std::shared_ptr<node_core> self);
    boost::asio::awaitable<void> tell_once();
    static boost::asio::awaitable<void> scale(std::shared_ptr<node_core> self);
    load_sample sample(const functions::function_name& name, const function_host& host);
    bool may_lower(const functions::description& what) const;
    boost::asio::awaitable<void> set_replicas(functions::function_name name, std::uint64_t generation,
                                              std::uint32_t wanted, bool is_raised);
    std::optional<std::chrono::steady_clock::time_point> last_call_elsewhere(const functions::function_name& name);

    nats::connection connection_;
    node_options opts_;
    std::string id_;
    std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
    std::shared_ptr<node_parts> parts_;
    std::optional<process::child> guard_;
    std::shared_ptr<call_table> calls_;
    std::optional<kv::bucket> nodes_;
    std::unique_ptr<functions::node_table> others_;  // what all nodes say, this one too
    std::map<functions::function_name, std::shared_ptr<function_host>> hosts_;
    std::map<functions::function_name, scaler> scalers_;
    /// Calls of a function on other nodes, and when there was last one.
    struct elsewhere {
        std::uint64_t calls = 0;
        std::chrono::steady_clock::time_point last{};
    };
    std::map<functions::function_name, elsewhere> elsewhere_;
    std::set<std::shared_ptr<function_host>> retiring_;
    nats::async_event changed_;
    nats::async_event told_off_;     // the loop that tells has ended
    nats::async_event sampled_off_;  // and that which scales
    boost::asio::steady_timer sampling_;
    memory_keeper memory_;
    bool telling_ = false;
    bool scaling_ = false;
    bool stopping_ = false;
    bool stopped_ = false;      // no function is served any more
    std::string last_failure_;  // of telling; noted once
    std::unique_ptr<functions::function_table> table_;
    std::shared_ptr<bundle_keeper> keeper_;
    std::unique_ptr<functions::async_worker> worker_;  // looks into the table
};

}  // namespace mote::node::detail
