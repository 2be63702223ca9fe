#pragma once

#include <mote/functions/async_queue.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/gateway/audit_log.hpp>
#include <mote/gateway/authorization.hpp>
#include <mote/http/exchange.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace mote::gateway {

namespace detail {
class call_head;
}

/// Calls that are kept and answered later, as OpenFaaS has them:
///
/// | HTTP | what it does |
/// | --- | --- |
/// | `POST /async-function/<name>[.<namespace>][/path][?query]` | 202 as soon as JetStream keeps the call; `X-Callback-Url`: where the result is sent |
/// | `GET /async-function/<call-id>` | what became of it, as JSON |
/// | `GET /async-function/<call-id>/result` | the function's own answer; 202 while there is none yet |
/// | `DELETE /async-function/<call-id>` | cancels it: 202; 409 when it has ended |
///
/// `X-Call-Id` may say the id (letters, digits, `-` and `_`): the same one twice is one call. All members on the connection's
/// executor; the table has to outlive it.
class async_calls {
public:
    async_calls(functions::async_queue queue, functions::function_store store,
                const functions::function_table& functions, bool pass_credentials, functions::callback_rules callbacks,
                std::function<void(const audit_record&)> audit);

    /// Answers a request whose path begins with `/async-function/`. `by`: who asks, for the audit of a cancel.
    boost::asio::awaitable<void> handle(http::exchange& asked, const detail::call_head& head, const verdict& by);

    /// Calls of each function that this gateway has kept since it started.
    const std::map<functions::function_name, std::uint64_t>& submitted() const noexcept { return submitted_; }

private:
    boost::asio::awaitable<http::response> answer_to(http::exchange& asked, const detail::call_head& head,
                                                     const verdict& by);
    boost::asio::awaitable<http::response> enqueue(http::exchange& asked, const detail::call_head& head);
    boost::asio::awaitable<http::response> cancel_for(http::exchange& asked, const verdict& by, std::string id);

    functions::async_queue queue_;
    functions::function_store store_;  // for those that the table does not know yet
    const functions::function_table& functions_;
    bool pass_credentials_;
    functions::callback_rules callbacks_;
    std::function<void(const audit_record&)> audit_;
    std::map<functions::function_name, std::uint64_t> submitted_;
};

}  // namespace mote::gateway
