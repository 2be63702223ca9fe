#include <mote/gateway/function_calls.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/constraint.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/call_head.hpp>
#include <mote/gateway/detail/function_path.hpp>
#include <mote/gateway/detail/function_reply.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/gateway/detail/upload.hpp>
#include <mote/gateway/detail/upload_service.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;
namespace call_headers = functions::call_headers;
using clock = std::chrono::steady_clock;

constexpr std::size_t room_for_head = 64 * 1024;  // of a message, beside its body
constexpr std::size_t most_of_a_piece = 64 * 1024;
constexpr std::chrono::nanoseconds first_pause = std::chrono::milliseconds(10);
constexpr std::chrono::nanoseconds longest_pause = std::chrono::milliseconds(200);

/// One call on its way.
struct going_call {
    http::exchange& asked;
    const detail::call_head& head;
    nats::connection connection;
    functions::function_store store;
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

    std::chrono::nanoseconds left() const {
        return std::max<std::chrono::nanoseconds>(deadline - clock::now(), std::chrono::nanoseconds(1));
    }
    /// No node that is there will ever serve it.
    bool is_hopeless() const {
        const auto* const found = table.find(function);
        return found != nullptr && nodes.is_unplaceable(found->what.wanted);
    }
    std::string hopeless_text() const { return functions::unplaceable_text(table.find(function)->what.wanted); }
};

/// Tells the node that nobody waits for the answer any more, unless that was sent.
class cancel_unless_done {
public:
    explicit cancel_unless_done(const going_call& call) noexcept : call_(call) {}
    cancel_unless_done(const cancel_unless_done&) = delete;
    cancel_unless_done& operator=(const cancel_unless_done&) = delete;
    ~cancel_unless_done() {
        if (done_) return;
        try {
            call_.connection.publish(std::string(call_headers::cancel_prefix) + call_.cancel_token, {});
        } catch (const std::exception&) {
            return;  // then its deadline ends it
        }
    }
    void done() noexcept { done_ = true; }

private:
    const going_call& call_;
    bool done_ = false;
};

void respond(const going_call& call, http::response answer) {
    call.head.complete(answer.headers);
    call.asked.respond(answer);
}

/// An error of ours or of the node, and not the function's own answer.
void answer_refusal(const going_call& call, http::response answer) {
    answer.headers.emplace_back("X-OpenFaaS-Internal", "proxy");
    respond(call, std::move(answer));
}

/// What reads the answer, and its first item; nothing of that when nobody serves the function.
struct begun_answer {
    std::optional<micro::reply_reader> items{};
    std::optional<nats::message> first{};
    bool no_responders = false;
};

micro::reply_reader ask(const going_call& call) {
    micro::stream_options opts;
    opts.headers = call.head.request_headers(call.asked, call.below, call.with_credentials);
    opts.headers.add(call_headers::cancel_token, call.cancel_token);
    if (!call.body_subject.empty()) {
        opts.headers.add(call_headers::body_subject, call.body_subject);
        if (const auto length = call.asked.content_length())
            opts.headers.add(call_headers::body_length, std::to_string(*length));
    }
    opts.deadline = call.deadline;
    opts.timeout = call.left();
    return micro::read_stream(call.connection, call.function.subject(), call.payload, std::move(opts));
}

/// Asks until a node serves the function: one may just be starting, or another one taking over. A function that was deployed
/// a moment ago may not be in the table yet.
asio::awaitable<begun_answer> ask_until_served(going_call& call) {
    auto pause = first_pause;
    const auto until = std::min(call.deadline, call.head.began() + call.find_node);
    for (;;) {
        begun_answer begun;
        begun.items.emplace(ask(call));
        try {
            begun.first = co_await begun.items->next();
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != nats::errc::no_responders) throw;
            begun.no_responders = true;
        }
        if (!begun.no_responders || clock::now() + pause >= until || call.nodes.alive().empty()) co_return begun;
        if (call.is_hopeless()) co_return begun;
        if (!call.known) {
            const auto found = co_await call.store.get(call.function);
            call.known = found.has_value();
            if (!call.known) co_return begun;
        }
        nats::async_event never(call.connection.executor());
        co_await never.wait_for(pause);
        pause = std::min(2 * pause, longest_pause);
    }
}

/// `body`: of a request that has it apart, else null.
asio::awaitable<void> carry_out(going_call& call, const detail::upload* body) {
    cancel_unless_done watch(call);
    std::optional<http::response> refused;
    try {
        call.served = true;  // also where the answer is an error, or none
        auto begun = co_await ask_until_served(call);
        call.served = !begun.no_responders;
        if (begun.no_responders && !call.known)
            refused = detail::text_answer(http::status::not_found, "there is no function " + call.function.full());
        else if (begun.no_responders)
            refused = detail::unavailable("no node runs " + call.function.full() +
                                          (call.is_hopeless() ? ": " + call.hopeless_text() : " now"));
        else if (body != nullptr && body->refusal())
            refused = detail::text_answer(body->refusal()->status(), body->refusal()->what());
        else if (begun.first)
            co_await detail::send_reply(call.asked, call.head, *begun.items, std::move(*begun.first));
        else
            respond(call, http::response{.status = 200});
    } catch (const micro::service_error& error) {
        if (call.asked.status() != 0) throw;  // cuts the connection: nobody takes half of it for the whole
        const bool is_client = body != nullptr && body->refusal();
        refused = is_client ? detail::text_answer(body->refusal()->status(), body->refusal()->what())
                            : detail::text_answer(detail::status_of_error(error.status()), error.description());
    } catch (const std::invalid_argument& bad) {
        if (call.asked.status() != 0) throw;
        refused = detail::text_answer(http::status::bad_gateway,
                                      std::string("the function's answer is none of HTTP: ") + bad.what());
    } catch (const boost::system::system_error& failed) {
        if (call.asked.status() != 0 || failed.code() == asio::error::operation_aborted) throw;
        refused = detail::unanswered(failed);
    }
    if (refused) answer_refusal(call, std::move(*refused));
    watch.done();
}

/// The same with a body that goes along piece by piece.
asio::awaitable<void> carry_out_with_upload(going_call& call, detail::upload_service& uploads) {
    const auto piece = std::min(most_of_a_piece, call.connection.server().max_payload / 2);
    const auto body = std::make_shared<detail::upload>(call.connection.executor(), piece);
    const detail::upload_service::offer offered(uploads, body);
    call.body_subject = offered.subject();
    std::exception_ptr failed;
    body->start(call.asked);
    try {
        co_await carry_out(call, body.get());
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

asio::awaitable<void> function_calls::handle(http::exchange& asked, const detail::call_head& head) {
    const auto path = detail::parse_function_path(asked.path(), detail::calls_prefix);
    if (!path) {
        auto answer = detail::text_answer(http::status::not_found, "not the name of a function");
        head.complete(answer.headers);
        co_return asked.respond(answer);
    }
    const auto* const known = functions_.find(path->function);
    std::optional<invocation> counted;
    if (known != nullptr) counted.emplace(metrics_.add(path->function.full()));
    going_call call{asked,  head,           connection_,     store_,          functions_,
                    nodes_, path->function, opts_.find_node, known != nullptr};
    std::optional<http::response> refused;
    try {
        const auto wanted = detail::asked_timeout(asked);
        call.deadline = head.began() + (wanted ? std::min(*wanted, opts_.timeout) : opts_.timeout);
        call.below = path->below;
        call.with_credentials = opts_.pass_credentials;
        call.cancel_token = nats::next_nuid();
        const auto limit = connection_.server().max_payload;
        const auto most = limit - std::min(limit, room_for_head);
        const bool large = asked.header("Transfer-Encoding") || asked.content_length().value_or(0) > most;
        if (large && takes_pieces(known, path->function)) {
            co_await carry_out_with_upload(call, *uploads_);
        } else {
            if (asked.content_length().value_or(0) > limit)
                throw http::status_error(
                    http::status::content_too_large,
                    "a function that speaks NATS itself takes at most " + std::to_string(limit) + " bytes");
            const auto body = co_await asked.read_body(limit);
            call.payload = body;
            co_await carry_out(call, nullptr);
        }
    } catch (const http::status_error& wrong) {
        if (asked.status() != 0) throw;
        refused = detail::text_answer(wrong.status(), wrong.what());
    }
    if (refused) answer_refusal(call, std::move(*refused));
    if (counted) counted->finished(asked.status());
    // One that was deployed a moment ago may not have been in the table.
    if (counted || !call.served) co_return;
    invocation late(metrics_.add(path->function.full()), head.began());
    late.finished(asked.status());
}

}  // namespace mote::gateway
