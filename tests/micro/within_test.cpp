// A call that a handler makes is part of the request that it works for.

#include <tests/micro/world.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/middleware/tracing.hpp>
#include <mote/micro/stream.hpp>
#include <mote/micro/within.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using within_test = micro_test;

constexpr std::string_view traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Two services: the front asks the back, which answers with what it was told of deadline and trace.
struct chain_of_two {
    explicit chain_of_two(world& here) : client(here.connection), back(here.config("Back")) {
        back.endpoint("tell", [](micro::request& req) {
            const auto left = req.time_left();
            const auto trace = req.headers().get(micro::traceparent_header);
            req.respond((left ? std::to_string(*left / 1ms) : "none") + " " + std::string(trace.value_or("none")));
        });
    }

    micro::client client;
    micro::service back;
};

asio::awaitable<void> ask_back(micro::client client, micro::request req) {
    micro::call_options opts;
    opts.timeout = 1h;
    opts = micro::within(req, opts);
    const auto told = co_await client.call("Back", "tell", "", opts);
    req.respond(told.payload());
}

std::string word(const std::string& text, bool second) {
    const auto blank = text.find(' ');
    return second ? text.substr(blank + 1) : text.substr(0, blank);
}

TEST_F(within_test, hands_on_what_is_left_of_the_time_and_the_trace) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<micro::span> spans;
        chain_of_two two(here);
        auto config = here.config("Front");
        config.middleware = {micro::tracing("Front", [&spans](micro::span ended) { spans.push_back(ended); })};
        micro::service front(config);
        front.endpoint("ask", [client = two.client](micro::request req) { return ask_back(client, std::move(req)); });
        co_await two.back.start(here.connection);
        co_await front.start(here.connection);

        nats::request_options opts;
        opts.timeout = 1min;
        opts.headers = {{"Mote-Deadline-Ms", "20000"}, {"traceparent", traceparent}};
        const auto reply = co_await here.caller.request("ask", "", opts);
        const std::string told(reply.payload());
        EXPECT_GT(std::stol(word(told, false)), 0) << told;
        EXPECT_LE(std::stol(word(told, false)), 20000) << told;
        const auto handed = micro::trace_context::parse(word(told, true));
        EXPECT_TRUE(handed) << told;
        EXPECT_EQ(spans.size(), 1U);
        if (!handed || spans.size() != 1) co_return;
        EXPECT_EQ(handed->trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
        EXPECT_EQ(handed->span_id, spans[0].context.span_id) << "the span of the front is the parent";
    });
}

TEST_F(within_test, adds_nothing_to_a_call_for_a_request_that_says_nothing) {
    in_world([](world& here) -> asio::awaitable<void> {
        chain_of_two two(here);
        micro::service front(here.config("Front"));
        front.endpoint("ask", [client = two.client](micro::request req) { return ask_back(client, std::move(req)); });
        co_await two.back.start(here.connection);
        co_await front.start(here.connection);
        const auto reply = co_await here.caller.request("ask", "");
        const std::string told(reply.payload());
        EXPECT_GT(std::stol(word(told, false)), 3'000'000) << "the call's own hour: " << told;
        EXPECT_EQ(word(told, true), "none");
    });
}

TEST_F(within_test, keeps_the_nearer_deadline_and_a_trace_of_its_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        const auto now = std::chrono::steady_clock::now();
        bool seen = false;
        service.endpoint("ask", [&](micro::request& req) {
            micro::call_options opts;
            opts.deadline = now;
            opts.headers = {{"traceparent", "mine"}};
            opts = micro::within(req, opts);
            EXPECT_EQ(opts.deadline, now);
            EXPECT_EQ(opts.headers.get("traceparent"), "mine");
            const auto gather = micro::within(req, micro::gather_options());
            EXPECT_TRUE(gather.deadline);
            EXPECT_EQ(gather.headers.get("traceparent"), traceparent);
            seen = true;
            req.respond("");
        });
        co_await service.start(here.connection);
        nats::request_options opts;
        opts.headers = {{"Mote-Deadline-Ms", "20000"}, {"traceparent", traceparent}};
        co_await here.caller.request("ask", "", opts);
        EXPECT_TRUE(seen);
    });
}

/// Asks with `micro::call`, which has the options of a plain request.
asio::awaitable<void> ask_back_plainly(nats::connection connection, micro::request req) {
    nats::request_options opts;
    if (req.data() == "short") opts.timeout = 50ms;
    opts = micro::within(req, opts);
    const auto told = co_await micro::call(connection, "tell", "", opts);
    req.respond(told.payload());
}

TEST_F(within_test, hands_on_time_and_trace_by_plain_calls_too) {
    in_world([](world& here) -> asio::awaitable<void> {
        chain_of_two two(here);
        micro::service front(here.config("Front"));
        front.endpoint("ask",
                       [nc = here.connection](micro::request req) { return ask_back_plainly(nc, std::move(req)); });
        co_await two.back.start(here.connection);
        co_await front.start(here.connection);
        nats::request_options opts;
        opts.timeout = 1min;
        opts.headers = {{"Mote-Deadline-Ms", "20000"}, {"traceparent", traceparent}};
        const auto reply = co_await here.caller.request("ask", "", opts);
        const std::string told(reply.payload());
        EXPECT_GT(std::stol(word(told, false)), 5000) << "more than the time-out of the connection: " << told;
        EXPECT_LE(std::stol(word(told, false)), 20000) << told;
        EXPECT_EQ(word(told, true), traceparent);
        const auto shorter = co_await here.caller.request("ask", "short", opts);
        EXPECT_LE(std::stol(word(std::string(shorter.payload()), false)), 50) << shorter.payload();
    });
}

micro::reply_stream<std::string> tell_as_stream(std::string, micro::stream_context asked) {
    co_yield std::string(asked.deadline ? "a deadline " : "none ") +
        std::string(asked.headers.get("Mote-Caller").value_or("nobody")) + " " +
        std::string(asked.headers.get("traceparent").value_or("none"));
}

asio::awaitable<void> read_back(nats::connection connection, micro::request req) {
    const auto opts = micro::within(req, micro::stream_options());
    auto items = micro::read_stream(connection, "stream", "", opts);
    const auto item = co_await items.next();
    req.respond(item ? item->payload() : "nothing");
}

TEST_F(within_test, hands_on_deadline_caller_and_trace_to_a_stream) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service back(here.config("Back"));
        back.endpoint("stream", tell_as_stream);
        micro::service front(here.config("Front"));
        front.endpoint("ask", [nc = here.connection](micro::request req) { return read_back(nc, std::move(req)); });
        co_await back.start(here.connection);
        co_await front.start(here.connection);
        nats::request_options opts;
        opts.headers = {{"Mote-Deadline-Ms", "20000"}, {"traceparent", traceparent}};
        const auto reply = co_await here.caller.request("ask", "", opts);
        EXPECT_EQ(reply.payload(), "a deadline Front " + std::string(traceparent));
    });
}

}  // namespace
}  // namespace mote::test
