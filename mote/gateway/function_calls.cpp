#include <mote/gateway/function_calls.hpp>

#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/function_path.hpp>
#include <mote/gateway/detail/going_call.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/gateway/detail/upload.hpp>
#include <mote/gateway/detail/upload_service.hpp>
#include <mote/gateway/detail/whole_call.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;
using detail::going_call;

constexpr std::size_t room_for_head = 64 * 1024;  // of a message, beside its body
constexpr std::size_t most_of_a_piece = 64 * 1024;

/// Carries a call out with a body that goes along piece by piece.
asio::awaitable<void> carry_out_with_upload(going_call& call, detail::upload_service& uploads) {
    const auto piece = std::min(most_of_a_piece, call.connection.server().max_payload / 2);
    const auto body = std::make_shared<detail::upload>(call.connection.executor(), piece);
    const detail::upload_service::offer offered(uploads, body);
    call.body_subject = offered.subject();
    std::exception_ptr failed;
    body->start(call.asked);
    try {
        co_await detail::carry_out(call, body.get(), std::nullopt);
    } catch (...) {
        failed = std::current_exception();
    }
    // The exchange goes with this coroutine: nothing may read from it any more, also where that is being cancelled.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await body->stop();
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (failed) std::rethrow_exception(failed);
}

}  // namespace

function_calls::function_calls(nats::connection connection, functions::function_store store,
                               const functions::function_table& functions, const functions::node_table& nodes,
                               gateway_metrics& metrics, call_options opts)
    : connection_(std::move(connection)),
      store_(std::move(store)),
      functions_(functions),
      nodes_(nodes),
      metrics_(metrics),
      opts_(std::move(opts)),
      uploads_(std::make_unique<detail::upload_service>(connection_, opts_.version, opts_.timeout)) {}

function_calls::~function_calls() = default;

asio::awaitable<void> function_calls::start() { return uploads_->start(); }
asio::awaitable<void> function_calls::stop(std::chrono::nanoseconds patience) { return uploads_->stop(patience); }

/// A service that nobody deployed cannot know where a body is that is not in the request; nor can one that a node only
/// starts, which its bundle may say as well as its description.
bool function_calls::takes_pieces(const functions::stored_function* known, const functions::function_name& name) const {
    return known != nullptr && known->what.variable("mode") != "micro" && !nodes_.of(name).by_itself.value_or(false);
}

/// What of a call is known before it is asked for. Throws `http::status_error`.
going_call function_calls::prepared(http::exchange& asked, const detail::call_head& head,
                                    const detail::function_path& path) const {
    going_call call{asked,
                    head,
                    connection_,
                    store_,
                    functions_,
                    nodes_,
                    path.function,
                    opts_.find_node,
                    functions_.find(path.function) != nullptr};
    const auto wanted = detail::asked_timeout(asked);
    call.deadline = head.began() + (wanted ? std::min(*wanted, opts_.timeout) : opts_.timeout);
    call.below = path.below;
    call.with_credentials = opts_.pass_credentials;
    call.cancel_token = nats::next_nuid();
    return call;
}

/// Past what is sure to go into one message, or of a length that is not known.
bool function_calls::is_large(const http::exchange& asked) const {
    const auto limit = connection_.server().max_payload;
    const auto most = limit - std::min(limit, room_for_head);
    return asked.header("Transfer-Encoding") || asked.content_length().value_or(0) > most;
}

bool function_calls::begin(const std::shared_ptr<detail::whole_call>& one) {
    auto& asked = one->asked();
    const auto path = detail::parse_function_path(asked.path(), detail::calls_prefix);
    if (!path || is_large(asked)) return false;
    const auto body = asked.body_at_hand();
    if (!body) return false;
    try {
        auto call = prepared(asked, one->head(), *path);
        call.payload = *body;
        one->begin(std::move(call), metrics_);
    } catch (const std::exception&) {
        return false;  // the other way says what is wrong
    }
    return true;
}

asio::awaitable<void> function_calls::carry_out(going_call& call) {
    const auto* known = functions_.find(call.function);
    const bool large = is_large(call.asked);
    std::optional<functions::stored_function> late;  // deployed a moment ago
    if (large && known == nullptr) {
        late = co_await store_.get(call.function);
        if (late) known = &*late;
        call.known = late.has_value();
    }
    if (large && takes_pieces(known, call.function)) {
        co_await carry_out_with_upload(call, *uploads_);
        co_return;
    }
    const auto limit = connection_.server().max_payload;
    if (call.asked.content_length().value_or(0) > limit)
        throw http::status_error(http::status::content_too_large, "a function that speaks NATS itself takes at most " +
                                                                      std::to_string(limit) + " bytes");
    const auto body = co_await call.asked.read_body(limit);
    call.payload = body;
    co_await detail::carry_out(call, nullptr, std::nullopt);
}

/// What is not there takes no body of any size.
http::response function_calls::refusal_of(const http::status_error& wrong, const going_call* call) const {
    const bool is_there =
        call == nullptr || call->known || (opts_.is_served && opts_.is_served(call->function.subject()));
    if (wrong.status() == http::status::content_too_large && !is_there)
        return detail::text_answer(http::status::not_found, "there is no function " + call->function.full());
    return detail::text_answer(wrong.status(), wrong.what());
}

asio::awaitable<void> function_calls::handle(http::exchange& asked, const detail::call_head& head) {
    const auto path = detail::parse_function_path(asked.path(), detail::calls_prefix);
    if (!path) {
        auto answer = detail::text_answer(http::status::not_found, "not the name of a function");
        head.complete(answer.headers);
        co_return asked.respond(answer);
    }
    std::optional<invocation> counted;
    if (functions_.find(path->function) != nullptr) counted.emplace(metrics_.add(path->function.full()));
    std::optional<going_call> call;
    std::optional<http::response> refused;
    try {
        call.emplace(prepared(asked, head, *path));
        co_await carry_out(*call);
    } catch (const http::status_error& wrong) {
        if (asked.status() != 0) throw;
        refused = refusal_of(wrong, call ? &*call : nullptr);
    } catch (const detail::broken_answer& half) {
        if (counted) counted->finished(half.status());
        throw;
    } catch (const boost::system::system_error& failed) {  // of the store
        if (asked.status() != 0) throw;
        refused = detail::unanswered(failed, connection_);
    }
    if (refused) {
        refused->headers.emplace_back("X-OpenFaaS-Internal", "proxy");
        head.complete(refused->headers);
        asked.respond(*refused);
    }
    if (counted) counted->finished(asked.status());
    // One that was deployed a moment ago may not have been in the table.
    if (counted || !call || !call->served) co_return;
    invocation late(metrics_.add(path->function.full()), head.began());
    late.finished(asked.status());
}

}  // namespace mote::gateway
