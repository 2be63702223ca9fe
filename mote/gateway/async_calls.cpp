#include <mote/gateway/async_calls.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/call_head.hpp>
#include <mote/gateway/detail/call_json.hpp>
#include <mote/gateway/detail/function_path.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/tell_audit.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/http/status.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;
namespace call_headers = functions::call_headers;

constexpr std::string_view result_suffix = "/result";
constexpr std::string_view callback_header = "X-Callback-Url";

constexpr std::string_view methods_of_call = "GET, HEAD, POST, DELETE";
constexpr std::string_view methods_of_result = "GET, HEAD, POST";
constexpr std::string_view methods_of_function = "POST";

asio::awaitable<http::response> not_this_method(std::string_view allowed) {
    auto answer =
        detail::text_answer(http::status::method_not_allowed, "POST a call of a function; GET or DELETE one by its id");
    answer.headers.emplace_back("Allow", allowed);
    co_return answer;
}

http::response not_known() {
    return detail::text_answer(http::status::not_found, "no call of that id, or none any more");
}

/// The function's own answer, once there is one.
http::response result_of(const functions::call_record& record) {
    if (!functions::is_final(record.state))
        return detail::text_answer(http::status::accepted, std::string(functions::to_text(record.state)));
    // Of one that was called off between two tries there is the answer of the last: not what it was called for.
    if (record.status == 0 || record.state == functions::call_state::cancelled)
        return detail::text_answer(
            http::status::gone,
            "it ended without an answer: " +
                std::string(record.reason.empty() ? functions::to_text(record.state) : record.reason));
    if (!record.body_kept)
        return detail::text_answer(http::status::gone, "the answer of " + std::to_string(record.body_size) +
                                                           " bytes was too large to be kept");
    http::response answer;
    answer.status = record.status;
    for (const auto& [name, value] : record.headers)
        if (call_headers::is_passed_on(name)) answer.headers.emplace_back(name, value);
    answer.body = record.body;
    return answer;
}

asio::awaitable<http::response> look(const functions::async_queue& queue, std::string call_id, bool result) {
    const auto found = co_await queue.state(call_id);
    if (!found) co_return not_known();
    auto answer =
        result ? result_of(*found) : detail::json_answer(http::status::ok, detail::call_json(call_id, *found));
    answer.headers.emplace_back(call_headers::call_id, call_id);  // of the call, and not of this question
    co_return answer;
}

asio::awaitable<http::response> cancel(const functions::async_queue& queue, std::string call_id) {
    const auto became = co_await queue.cancel(call_id);
    if (became == functions::cancel_outcome::unknown) co_return not_known();
    if (became == functions::cancel_outcome::ended)
        co_return detail::text_answer(http::status::conflict, "the call has ended already");
    http::response answer;
    answer.status = http::status::accepted;
    answer.headers.emplace_back(call_headers::call_id, call_id);
    co_return answer;
}

/// Of the headers those of the request that the function gets.
functions::async_call call_of(const http::exchange& asked, const detail::call_head& head, detail::function_path path,
                              bool with_credentials) {
    functions::async_call call;
    call.function = std::move(path.function);
    call.call_id = head.call_id();
    call.method = asked.method();
    call.path = std::move(path.below);
    call.query = asked.query();
    call.host = asked.host();
    const auto headers = head.request_headers(asked, call.path, with_credentials);
    for (const auto& [name, value] : headers)
        if (call_headers::is_passed_on(name) && !http::same_name(name, callback_header)) call.headers.add(name, value);
    // For who runs it; of a call that is answered at once the gateway itself heeds it.
    if (detail::asked_timeout(asked)) call.headers.set(call_headers::timeout, *asked.header(call_headers::timeout));
    call.callback_url = asked.header(callback_header).value_or("");
    return call;
}

}  // namespace

async_calls::async_calls(functions::async_queue queue, functions::function_store store,
                         const functions::function_table& functions, bool pass_credentials,
                         functions::callback_rules callbacks, std::function<void(const audit_record&)> audit)
    : queue_(std::move(queue)),
      store_(std::move(store)),
      functions_(functions),
      pass_credentials_(pass_credentials),
      callbacks_(std::move(callbacks)),
      audit_(std::move(audit)) {}

asio::awaitable<void> async_calls::handle(http::exchange& asked, const detail::call_head& head, const verdict& by) {
    http::response answer;
    try {
        answer = co_await answer_to(asked, head, by);
    } catch (const http::status_error& wrong) {
        answer = detail::text_answer(wrong.status(), wrong.what());
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == asio::error::operation_aborted) throw;
        answer = detail::refusal_of(failed);
        if (failed.code() == functions::errc::bad_callback) answer.body.insert(0, std::string(callback_header) + ": ");
    }
    head.complete(answer.headers);
    asked.respond(answer);
}

asio::awaitable<http::response> async_calls::answer_to(http::exchange& asked, const detail::call_head& head,
                                                       const verdict& by) {
    if (asked.method() == "POST") return enqueue(asked, head);
    auto id = asked.path().substr(detail::async_prefix.size());
    const bool result = id.ends_with(result_suffix);
    if (result) id.remove_suffix(result_suffix.size());
    if (!call_headers::is_call_id(id)) {
        if (detail::parse_function_path(asked.path(), detail::async_prefix))
            return not_this_method(methods_of_function);
        throw http::status_error(http::status::not_found, "not the id of a call");
    }
    if (asked.method() == "GET" || asked.method() == "HEAD") return look(queue_, std::string(id), result);
    if (asked.method() != "DELETE" || result) return not_this_method(result ? methods_of_result : methods_of_call);
    return cancel_for(asked, by, std::string(id));
}

asio::awaitable<http::response> async_calls::enqueue(http::exchange& asked, const detail::call_head& head) {
    auto path = detail::parse_function_path(asked.path(), detail::async_prefix);
    bool exists = path && functions_.find(path->function) != nullptr;
    if (path && !exists) {
        const auto found = co_await store_.get(path->function);
        exists = found.has_value();
    }
    if (!exists) throw http::status_error(http::status::not_found, "there is no function of that name");
    auto call = call_of(asked, head, std::move(*path), pass_credentials_);
    call.callback_allow = callbacks_;
    const auto body = co_await asked.read_body(queue_.max_body());
    call.body = body;
    const auto name = call.function;
    const auto kept = co_await queue_.enqueue(std::move(call));
    if (!kept.duplicate) ++submitted_[name];
    http::response answer;
    answer.status = http::status::accepted;
    co_return answer;
}

/// Brought to its end once it is begun, so that nothing is half cancelled when the client goes.
asio::awaitable<http::response> async_calls::cancel_for(http::exchange& asked, const verdict& by, std::string id) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    http::response answer;
    try {
        answer = co_await cancel(queue_, id);
    } catch (const boost::system::system_error& failed) {
        answer = detail::refusal_of(failed);
    }
    detail::tell_audit(audit_, asked, by, audit_action::call_cancel, id, answer.status);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_return answer;
}

}  // namespace mote::gateway
