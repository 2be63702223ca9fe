#pragma once

#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/gateway/gateway_metrics.hpp>
#include <mote/http/exchange.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway {

namespace detail {
class call_head;
class upload_service;
class whole_call;
struct function_path;
struct going_call;
}  // namespace detail

struct call_options {
    std::chrono::nanoseconds timeout{std::chrono::seconds(60)};  ///< of a call; `X-Timeout` may ask for less
    /// How long a call waits for a node to serve a function that exists.
    std::chrono::nanoseconds find_node{std::chrono::seconds(5)};
    bool pass_credentials = true;  ///< the function gets the `Authorization` header, too
    std::string version = "dev";   ///< of the service that a gateway is on NATS
    /// Whether a service that nobody deployed is known to have that subject; none: no.
    std::function<bool(std::string_view subject)> is_served{};
};

/// Calls of functions, `/function/<name>[.<namespace>][/path][?query]`, with every method: HTTP to NATS and back, as
/// docs/protocol.md, "Functions", says. Bodies of any size go through piece by piece in both directions, and each side waits
/// for the other. When the client goes, the call is cancelled wherever it runs.
///
/// All members on the connection's executor. The tables and the metrics have to outlive it, and it the calls.
class function_calls {
public:
    function_calls(nats::connection connection, functions::function_store store,
                   const functions::function_table& functions, const functions::node_table& nodes,
                   gateway_metrics& metrics, call_options opts = call_options());
    function_calls(const function_calls&) = delete;
    function_calls& operator=(const function_calls&) = delete;
    ~function_calls();

    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    /// Answers a request whose path begins with `/function/`. Throws what an exchange throws, `http::status_error` for a
    /// request that is at fault itself, and `detail::broken_answer`.
    boost::asio::awaitable<void> handle(http::exchange& asked, const detail::call_head& head);
    /// The same without a coroutine, where the body is at hand and all is well. False, with nothing done, where `handle` is to be
    /// called instead.
    bool begin(const std::shared_ptr<detail::whole_call>& one);

private:
    detail::going_call prepared(http::exchange& asked, const detail::call_head& head,
                                const detail::function_path& path) const;
    bool is_large(const http::exchange& asked) const;
    bool takes_pieces(const functions::stored_function* known, const functions::function_name& name) const;
    boost::asio::awaitable<void> carry_out(detail::going_call& call);
    http::response refusal_of(const http::status_error& wrong, const detail::going_call* call) const;

    nats::connection connection_;
    functions::function_store store_;  // for those that the table does not know yet
    const functions::function_table& functions_;
    const functions::node_table& nodes_;
    gateway_metrics& metrics_;
    call_options opts_;
    std::unique_ptr<detail::upload_service> uploads_;
};

}  // namespace mote::gateway
