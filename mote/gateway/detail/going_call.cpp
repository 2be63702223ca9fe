#include <mote/gateway/detail/going_call.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/constraint.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/cancel_unless_done.hpp>
#include <mote/gateway/detail/function_reply.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

namespace mote::gateway::detail {

namespace asio = boost::asio;
namespace call_headers = functions::call_headers;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::nanoseconds first_pause = std::chrono::milliseconds(10);
constexpr std::chrono::nanoseconds longest_pause = std::chrono::milliseconds(200);

void respond(const going_call& call, http::response answer) {
    call.head.complete(answer.headers);
    call.asked.respond(answer);
}

/// For a handler of what ended an answer that had begun. A function that broke it off is as one that gave none: 502.
[[noreturn]] void break_off(const going_call& call, const upload* body, const std::exception& why) {
    if (call.asked.gone()) throw;
    const bool is_client = body != nullptr && body->refusal();
    throw broken_answer(is_client ? body->refusal()->status() : http::status::bad_gateway, why.what());
}

std::string hopeless_text(const going_call& call) {
    return functions::unplaceable_text(call.table.find(call.function)->what.wanted);
}

/// What reads the answer, and its first item; nothing of that when nobody serves the function.
struct begun_answer {
    std::optional<micro::reply_reader> items{};
    std::optional<nats::message> first{};
    bool no_responders = false;
};

/// Asks until a node serves the function: one may just be starting, or another one taking over. A function that was deployed
/// a moment ago may not be in the table yet.
asio::awaitable<begun_answer> ask_until_served(going_call& call, std::optional<micro::reply_reader> asked) {
    auto pause = first_pause;
    const auto until = std::min(call.deadline, call.head.began() + call.find_node);
    for (;;) {
        begun_answer begun;
        begun.items.emplace(asked ? *std::exchange(asked, std::nullopt) : ask(call));
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

}  // namespace

bool going_call::is_hopeless() const {
    const auto* const found = table.find(function);
    return found != nullptr && nodes.is_unplaceable(found->what.wanted);
}

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
    opts.timeout = std::chrono::nanoseconds::max();  // an item may come as late as the last one
    return micro::read_stream(call.connection, call.function.subject(), call.payload, std::move(opts));
}

void cancel(const going_call& call) noexcept { cancel_call(call.connection, call.cancel_token); }

void answer_refusal(const going_call& call, http::response answer) {
    answer.headers.emplace_back("X-OpenFaaS-Internal", "proxy");
    respond(call, std::move(answer));
}

void answer_bad_reply(const going_call& call, const std::invalid_argument& bad) {
    answer_refusal(call, text_answer(http::status::bad_gateway,
                                     std::string("the function's answer is none of HTTP: ") + bad.what()));
}

asio::awaitable<void> carry_out(going_call& call, const upload* body, std::optional<micro::reply_reader> asked) {
    cancel_unless_done watch(call.connection, call.cancel_token);
    std::optional<http::response> refused;
    std::optional<std::invalid_argument> wrong;
    try {
        call.served = true;  // also where the answer is an error, or none
        auto begun = co_await ask_until_served(call, std::move(asked));
        call.served = !begun.no_responders;
        if (begun.no_responders && !call.known)
            refused = text_answer(http::status::not_found, "there is no function " + call.function.full());
        else if (begun.no_responders)
            refused = unavailable("no node runs " + call.function.full() +
                                  (call.is_hopeless() ? ": " + hopeless_text(call) : " now"));
        else if (body != nullptr && body->refusal())
            refused = text_answer(body->refusal()->status(), body->refusal()->what());
        else if (begun.first)
            co_await send_reply(call.asked, call.head, *begun.items, std::move(*begun.first));
        else
            respond(call, http::response{.status = 200});
    } catch (const micro::service_error& error) {
        if (call.asked.status() != 0) break_off(call, body, error);
        const bool is_client = body != nullptr && body->refusal();
        refused = is_client ? text_answer(body->refusal()->status(), body->refusal()->what())
                            : text_answer(status_of_error(error.status()), error.description());
    } catch (const std::invalid_argument& bad) {
        if (call.asked.status() != 0) break_off(call, body, bad);
        wrong = bad;
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == asio::error::operation_aborted) throw;
        if (call.asked.status() != 0) break_off(call, body, failed);
        refused = unanswered(failed, call.connection);
    }
    if (wrong) answer_bad_reply(call, *wrong);
    if (refused) answer_refusal(call, std::move(*refused));
    watch.done();
}

}  // namespace mote::gateway::detail
