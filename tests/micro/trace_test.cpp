// W3C Trace Context: what is read, what is written, and how it gets from a caller to a handler and on.

#include <algorithm>
#include <tests/micro/world.hpp>

#include <mote/micro/middleware/tracing.hpp>
#include <mote/micro/trace_context.hpp>

#include <set>

namespace mote::test {
namespace {

using micro::trace_context;

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string span_id = "b7ad6b7169203331";
const std::string parent = "00-" + trace_id + "-" + span_id + "-01";

TEST(trace_context, reads_and_writes_version_00) {
    const auto trace = trace_context::parse(parent);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->trace_id_hex(), trace_id);
    EXPECT_EQ(trace->span_id_hex(), span_id);
    EXPECT_TRUE(trace->sampled);
    EXPECT_FALSE(trace->random_id);
    EXPECT_EQ(trace->traceparent(), parent);
    const auto unsampled = trace_context::parse("00-" + trace_id + "-" + span_id + "-00");
    ASSERT_TRUE(unsampled);
    EXPECT_FALSE(unsampled->sampled);
}

TEST(trace_context, hands_on_only_the_flags_that_it_knows) {
    const auto trace = trace_context::parse("00-" + trace_id + "-" + span_id + "-ff");
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->traceparent(), "00-" + trace_id + "-" + span_id + "-03");
}

TEST(trace_context, reads_the_first_four_fields_of_a_higher_version) {
    for (const auto* const rest : {"", "-", "-more.of-it"}) {
        const auto trace = trace_context::parse("cc-" + trace_id + "-" + span_id + "-01" + rest);
        ASSERT_TRUE(trace) << rest;
        EXPECT_EQ(trace->traceparent(), parent);
    }
    EXPECT_FALSE(trace_context::parse("cc-" + trace_id + "-" + span_id + "-01more"));
}

TEST(trace_context, refuses_what_the_standard_refuses) {
    const std::string zero_trace(32, '0');
    const std::string zero_span(16, '0');
    for (const auto& bad : {
             std::string(),
             "ff-" + trace_id + "-" + span_id + "-01",
             "00-" + zero_trace + "-" + span_id + "-01",
             "00-" + trace_id + "-" + zero_span + "-01",
             "00-" + trace_id + "-" + span_id + "-01-",
             "00-" + trace_id + "-" + span_id + "-01-more",
             "00-" + trace_id + "-" + span_id + "-1",
             "00-" + trace_id + "-" + span_id,
             "0g-" + trace_id + "-" + span_id + "-01",
             "00-0AF7651916CD43DD8448EB211C80319C-" + span_id + "-01",
             "00-" + trace_id + "-B7AD6B7169203331-01",
             "00-" + trace_id + "-" + span_id + "-0A",
             "00_" + trace_id + "-" + span_id + "-01",
             "00-" + trace_id + "_" + span_id + "-01",
             "00-" + trace_id + "-" + span_id + "_01",
             " 00-" + trace_id + "-" + span_id + "-01",
         })
        EXPECT_FALSE(trace_context::parse(bad)) << bad;
}

std::string state_of(std::string_view tracestate) { return trace_context::parse(parent, tracestate)->state; }

TEST(trace_context, hands_on_a_valid_tracestate) {
    EXPECT_EQ(state_of("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    EXPECT_EQ(state_of(" a=1 ,\t b=2,, c=x y"), "a=1,b=2,c=x y");
    EXPECT_EQ(state_of("tenant@system=1,0@s=2,a_b-c*d/e=3"), "tenant@system=1,0@s=2,a_b-c*d/e=3");
    EXPECT_EQ(state_of("1a=2"), "1a=2");
    EXPECT_EQ(state_of(std::string(256, 'k') + "=" + std::string(200, 'v')),
              std::string(256, 'k') + "=" + std::string(200, 'v'));
}

TEST(trace_context, leaves_out_a_tracestate_that_is_not_valid) {
    std::string many;
    for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=v,";
    for (const auto& bad :
         {std::string("a"), std::string("=1"), std::string("a="), std::string("A=1"), std::string("a=b=c"),
          std::string("a=\x7f"), std::string("a=\xc3\xa4"), std::string("a b=1"), std::string("a@=1"),
          std::string("@a=1"), std::string("a@1=1"), std::string("a@b@c=1"), std::string("a=1,a=2"),
          std::string(257, 'k') + "=1", "a=" + std::string(257, 'v'), "t@" + std::string(15, 's') + "=1",
          std::string(242, 't') + "@s=1", many})
        EXPECT_EQ(state_of(bad), "") << bad;
}

TEST(trace_context, shortens_a_long_tracestate_by_its_largest_members_first_and_then_from_its_end) {
    const auto large = "large=" + std::string(200, 'x');
    std::string members;
    for (int i = 0; i < 10; ++i) members += ",k" + std::to_string(i) + "=" + std::string(40, 'y');
    EXPECT_EQ(state_of(large + members), members.substr(1));
    std::string more = members;
    for (int i = 10; i < 15; ++i) more += ",k" + std::to_string(i) + "=" + std::string(40, 'y');
    const auto kept = state_of(more);
    EXPECT_LE(kept.size(), 512U);
    EXPECT_EQ(kept, more.substr(1, kept.size()));
    EXPECT_GT(kept.size(), 450U);
}

TEST(trace_context, makes_new_ids_for_roots_and_only_a_span_id_for_children) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto root = trace_context::root();
        EXPECT_TRUE(root.sampled);
        EXPECT_TRUE(root.random_id);
        EXPECT_TRUE(trace_context::parse(root.traceparent())) << root.traceparent();
        seen.insert(root.trace_id_hex());
        seen.insert(root.span_id_hex());
    }
    EXPECT_EQ(seen.size(), 2000U);
    const auto of = *trace_context::parse(parent, "a=1");
    const auto child = of.child();
    EXPECT_EQ(child.trace_id, of.trace_id);
    EXPECT_NE(child.span_id, of.span_id);
    EXPECT_EQ(child.state, "a=1");
    EXPECT_EQ(child.sampled, of.sampled);
}

std::optional<trace_context> in_block(const std::string& lines) {
    const auto block = "NATS/1.0\r\n" + lines + "\r\n";
    return micro::trace_in(nats::headers_view(block));
}

TEST(trace_context, is_found_in_headers_whatever_the_case_of_their_names) {
    EXPECT_FALSE(micro::trace_in(nats::headers_view()));
    EXPECT_FALSE(in_block("Other: x\r\n"));
    EXPECT_FALSE(in_block("tracestate: a=1\r\n"));
    const auto lower = in_block("traceparent: " + parent + "\r\ntracestate: a=1\r\ntracestate: b=2\r\n");
    ASSERT_TRUE(lower);
    EXPECT_EQ(lower->state, "a=1,b=2");
    const auto canonical = in_block("Traceparent: " + parent + "\r\nTracestate: a=1\r\n");
    ASSERT_TRUE(canonical);
    EXPECT_EQ(canonical->state, "a=1");
    EXPECT_FALSE(in_block("traceparent: " + parent + "\r\nTraceparent: " + parent + "\r\n"));
}

TEST(trace_context, is_put_into_headers_in_place_of_another) {
    nats::headers headers{{"traceparent", "old"}, {"tracestate", "old=1"}, {"Other", "x"}};
    micro::inject(headers, *trace_context::parse(parent, "a=1"));
    EXPECT_EQ(headers.get("traceparent"), parent);
    EXPECT_EQ(headers.get("tracestate"), "a=1");
    micro::inject(headers, *trace_context::parse(parent));
    EXPECT_FALSE(headers.get("tracestate"));
    EXPECT_EQ(std::ranges::count(headers.lines(), '\n'), 2);
}

using trace_propagation_test = micro_test;

/// What the request of a handler belongs to, as text.
std::string trace_text(const std::optional<trace_context>& trace) {
    return trace ? trace->traceparent() + " " + trace->state : "none";
}

asio::awaitable<std::string> ask_traced(nats::connection caller, std::string subject, std::string traceparent) {
    nats::request_options opts;
    if (!traceparent.empty()) opts.headers.add("traceparent", traceparent).add("tracestate", "a=1");
    const auto reply = co_await caller.request(subject, "", opts);
    co_return std::string(reply.payload());
}

/// Calls `back` for the request that it got, and answers what that says.
asio::awaitable<void> call_on(nats::connection connection, micro::request req) {
    micro::call_options opts;
    if (const auto trace = micro::trace_of(req)) micro::inject(opts.headers, *trace);
    nats::request_options request;
    request.headers = opts.headers;
    const auto reply = co_await connection.request("back", "", request);
    req.respond(trace_text(micro::trace_of(req)) + "|" + std::string(reply.payload()));
}

TEST_F(trace_propagation_test, goes_through_a_handler_to_what_it_calls) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<micro::span> spans;
        auto config = here.config();
        config.middleware = {micro::tracing("Test", [&spans](micro::span made) { spans.push_back(std::move(made)); })};
        micro::service service(config);
        service.endpoint("front", std::bind_front(call_on, here.caller));
        service.endpoint("back", [](micro::request& req) { req.respond(trace_text(micro::trace_of(req))); });
        co_await service.start(here.connection);
        const auto got = co_await ask_traced(here.caller, "front", parent);
        co_await eventually("two spans", [&] { return spans.size() == 2; });
        if (spans.size() != 2) co_return;
        const auto& back = spans[0];
        const auto& front = spans[1];
        EXPECT_EQ(front.context.trace_id_hex(), trace_id);
        EXPECT_EQ(back.context.trace_id_hex(), trace_id);
        EXPECT_EQ(front.parent, trace_context::parse(parent)->span_id);
        EXPECT_EQ(back.parent, front.context.span_id);
        EXPECT_TRUE(back.remote_parent);
        EXPECT_EQ(got, trace_text(front.context) + "|" + trace_text(back.context));
        EXPECT_EQ(back.context.state, "a=1");
    });
}

TEST_F(trace_propagation_test, begins_with_the_first_service_that_traces) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<micro::span> spans;
        const auto sink = [&spans](micro::span made) { spans.push_back(std::move(made)); };
        auto config = here.config();
        config.middleware = {micro::tracing("Outer", sink), micro::tracing("Inner", sink)};
        micro::service service(config);
        std::string seen;
        service.endpoint("told", [&seen](micro::event& what) { seen = trace_text(micro::trace_of(what)); });
        co_await service.start(here.connection);
        co_await ask(here.caller, "told");
        EXPECT_EQ(spans.size(), 2U);
        if (spans.size() != 2) co_return;
        EXPECT_EQ(spans[1].parent, std::nullopt);
        EXPECT_FALSE(spans[1].remote_parent);
        EXPECT_EQ(spans[0].parent, spans[1].context.span_id);
        EXPECT_FALSE(spans[0].remote_parent);
        EXPECT_EQ(seen, trace_text(spans[0].context));
    });
}

TEST_F(trace_propagation_test, a_trace_that_is_not_recorded_goes_on_without_spans) {
    in_world([](world& here) -> asio::awaitable<void> {
        int spans = 0;
        auto config = here.config();
        config.middleware = {micro::tracing("Test", [&spans](micro::span) { ++spans; })};
        micro::service service(config);
        service.endpoint("e", [](micro::request& req) { req.respond(trace_text(micro::trace_of(req))); });
        co_await service.start(here.connection);
        const auto got = co_await ask_traced(here.caller, "e", "00-" + trace_id + "-" + span_id + "-00");
        EXPECT_EQ(got.find("00-" + trace_id + "-"), 0U) << got;
        EXPECT_EQ(got.find(span_id), std::string::npos) << got;
        EXPECT_NE(got.find("-00 a=1"), std::string::npos) << got;
        EXPECT_EQ(spans, 0);
    });
}

TEST_F(trace_propagation_test, without_the_middleware_a_handler_sees_what_the_caller_sent) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("e", [](micro::request& req) { req.respond(trace_text(micro::trace_of(req))); });
        co_await service.start(here.connection);
        const auto got = co_await ask_traced(here.caller, "e", parent);
        EXPECT_EQ(got, parent + " a=1");
        const auto without = co_await ask_traced(here.caller, "e", "");
        EXPECT_EQ(without, "none");
    });
}

}  // namespace
}  // namespace mote::test
