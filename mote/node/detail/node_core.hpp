#pragma once

#include <mote/functions/function_table.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/node/detail/call_table.hpp>
#include <mote/node/detail/function_host.hpp>
#include <mote/node/detail/node_parts.hpp>
#include <mote/node/detail/scaler.hpp>

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
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
    void on_function(const functions::function_name& name, const functions::stored_function* found);
    static boost::asio::awaitable<void> retire(std::shared_ptr<node_core> self, std::shared_ptr<function_host> host,
                                               std::chrono::nanoseconds patience);
    static boost::asio::awaitable<void> tell(std::shared_ptr<node_core> self);
    boost::asio::awaitable<void> tell_once();
    static boost::asio::awaitable<void> scale(std::shared_ptr<node_core> self);

    nats::connection connection_;
    node_options opts_;
    std::string id_;
    std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
    std::unique_ptr<node_parts> parts_;
    std::unique_ptr<call_table> calls_;
    std::optional<kv::bucket> nodes_;
    std::map<functions::function_name, std::shared_ptr<function_host>> hosts_;
    std::map<functions::function_name, scaler> scalers_;
    std::size_t retiring_ = 0;
    nats::async_event changed_;
    nats::async_event told_off_;  // the loop that tells has ended
    bool telling_ = false;
    bool stopped_ = false;
    std::string last_failure_;  // of telling; noted once
    std::unique_ptr<functions::function_table> table_;
};

}  // namespace mote::node::detail
