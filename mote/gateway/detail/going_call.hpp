#pragma once

#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/gateway/detail/call_head.hpp>
#include <mote/gateway/detail/upload.hpp>
#include <mote/http/exchange.hpp>
#include <mote/http/message.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// One call of a function on its way.
struct going_call {
    using clock = std::chrono::steady_clock;

    http::exchange& asked;
    const call_head& head;
    const nats::connection& connection;
    const functions::function_store& store;
    const functions::function_table& table;
    const functions::node_table& nodes;
    functions::function_name function;
    std::chrono::nanoseconds find_node;  // how long one may take to serve it
    bool known = false;                  // the function exists
    bool served = false;                 // somebody takes calls of it
    std::string below{};                 // the path that the function sees
    bool with_credentials = true;
    std::string_view payload{};  // the exchange keeps it
    std::string body_subject{};  // of a body that is apart
    std::string cancel_token{};
    clock::time_point deadline{};

    /// No node that is there will ever serve it.
    bool is_hopeless() const;
};

/// Sends the request.
micro::reply_reader ask(const going_call& call);
/// Tells who runs it that nobody waits for the answer any more.
void cancel(const going_call& call) noexcept;
/// An error of ours or of the node, and not the function's own answer.
void answer_refusal(const going_call& call, http::response answer);
void answer_bad_reply(const going_call& call, const std::invalid_argument& bad);

/// Asks, where that is not done yet (`asked`), until the function is served, and answers. `body`: of a request that has it
/// apart, else null. Throws `broken_answer`, and what the exchange throws.
boost::asio::awaitable<void> carry_out(going_call& call, const upload* body, std::optional<micro::reply_reader> asked);

}  // namespace mote::gateway::detail
