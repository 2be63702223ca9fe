#pragma once

#include <mote/functions/async_queue.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/gateway/async_calls.hpp>
#include <mote/gateway/detail/until_done.hpp>
#include <mote/gateway/function_calls.hpp>
#include <mote/gateway/gateway_metrics.hpp>
#include <mote/gateway/system_api.hpp>
#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// What a gateway's functions stand on in JetStream, opened.
struct function_stores {
    static boost::asio::awaitable<function_stores> open(jetstream::context js);

    functions::function_store functions;
    functions::secret_store secrets;
    functions::log_store logs;
    functions::bundle_store bundles;
    functions::async_queue queue;
    kv::bucket nodes;
};

struct front_functions_options {
    call_options calls{};
    system_options system{};
    functions::callback_rules callbacks{};
    std::function<void(const audit_record&)> audit{};
    std::function<void(std::string_view)> note{};
};

/// The part of a gateway that is about functions: the tables, which follow NATS, and what answers with them.
class front_functions {
public:
    front_functions(const jetstream::context& js, function_stores stores, gateway_metrics& metrics,
                    const front_functions_options& opts);
    front_functions(const front_functions&) = delete;
    front_functions& operator=(const front_functions&) = delete;

    boost::asio::awaitable<void> start();
    /// Bodies that are still on their way after `patience` are noted, and break off.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    /// What the nodes say of each function.
    using seen_functions = std::map<functions::function_name, functions::function_state>;
    /// Says in the metrics how many replicas each function has and should have, and returns what that was taken from.
    seen_functions measure();
    boost::asio::awaitable<std::vector<queue_numbers>> queues(seen_functions seen) const;
    /// Of the nodes that say it, by id.
    std::map<std::string, std::uint64_t> node_reconnects() const;

    const functions::function_table& table() const noexcept { return table_; }
    system_api& system() noexcept { return system_; }
    function_calls& calls() noexcept { return calls_; }
    async_calls& async() noexcept { return async_; }

private:
    functions::table_hooks hooks();
    system_parts parts(const jetstream::context& js, const function_stores& stores,
                       const front_functions_options& opts);

    gateway_metrics& metrics_;
    std::function<void(std::string_view)> note_;
    std::shared_ptr<until_done> stores_again_;  // made where the server has lost them
    functions::async_queue queue_;
    functions::function_table table_;
    functions::node_table nodes_;
    system_api system_;
    function_calls calls_;
    async_calls async_;
};

}  // namespace mote::gateway::detail
