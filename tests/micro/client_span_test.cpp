// The spans of calls that a client makes, between those of the handlers on both sides.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/middleware/tracing.hpp>
#include <mote/micro/within.hpp>

#include <algorithm>
#include <map>
#include <variant>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_span_test = micro_test;
using spans = std::vector<micro::span>;

const std::string recorded = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string not_recorded = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

micro::client_options told_to(spans& all) {
    auto opts = quick_lookup();
    opts.spans = [&all](micro::span ended) { all.push_back(std::move(ended)); };
    return opts;
}

std::map<std::string, std::string> texts_of(const micro::span& made) {
    std::map<std::string, std::string> texts;
    for (const auto& [key, value] : made.attributes)
        texts[key] = std::holds_alternative<std::string>(value) ? std::get<std::string>(value)
                                                                : std::to_string(std::get<std::int64_t>(value));
    return texts;
}

const micro::span* span_of(const spans& all, const std::string& name, micro::span_kind kind) {
    const auto found =
        std::ranges::find_if(all, [&](const micro::span& each) { return each.name == name && each.kind == kind; });
    EXPECT_NE(found, all.end()) << name;
    return found != all.end() ? &*found : nullptr;
}

asio::awaitable<void> ask_back(micro::client client, micro::request req) {
    const auto opts = micro::within(req);
    const auto reply = co_await client.call("Back", "echo", "x", opts);
    req.respond(reply.payload());
}

micro::service_config traced(const world& here, std::string name, spans& all) {
    auto config = here.config(name);
    config.middleware = {micro::tracing(name, [&all](micro::span ended) { all.push_back(std::move(ended)); })};
    return config;
}

TEST_F(client_span_test, a_call_is_a_step_between_the_handler_that_makes_it_and_the_one_that_answers) {
    in_world([](world& here) -> asio::awaitable<void> {
        spans all;
        const micro::client client(here.connection, told_to(all));
        micro::service back(traced(here, "Back", all));
        back.group("back").endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        micro::service front(traced(here, "Front", all));
        front.endpoint("ask", [client](micro::request req) { return ask_back(client, std::move(req)); });
        co_await back.start(here.connection);
        co_await front.start(here.connection);
        nats::request_options opts;
        opts.headers = {{"traceparent", recorded}};
        co_await here.caller.request("ask", "", opts);
        co_await eventually("three spans", [&] { return all.size() == 3; });
        const auto* const asked = span_of(all, "Front/ask", micro::span_kind::server);
        const auto* const call = span_of(all, "Back/echo", micro::span_kind::client);
        const auto* const answered = span_of(all, "Back/echo", micro::span_kind::server);
        if (asked == nullptr || call == nullptr || answered == nullptr) co_return;
        EXPECT_EQ(call->parent, asked->context.span_id);
        EXPECT_EQ(answered->parent, call->context.span_id);
        EXPECT_TRUE(answered->remote_parent);
        EXPECT_EQ(call->context.trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
        EXPECT_FALSE(call->failed);
        EXPECT_GE(call->took, answered->took);
        EXPECT_EQ(texts_of(*call), (std::map<std::string, std::string>{{"rpc.system.name", "nats"},
                                                                       {"rpc.method", "Back/echo"},
                                                                       {"rpc.response.status_code", "200"},
                                                                       {"messaging.system", "nats"},
                                                                       {"messaging.message.body.size", "1"}}));
    });
}

TEST_F(client_span_test, a_call_outside_of_a_trace_begins_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        spans all;
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, told_to(all));
        co_await client.call("S", "echo", "x");
        co_await client.call_subject("s.echo", "x");
        EXPECT_EQ(all.size(), 2U);
        if (all.size() != 2) co_return;
        EXPECT_FALSE(all[0].parent);
        EXPECT_EQ(all[1].name, "request s.echo");
        EXPECT_EQ(texts_of(all[1]).at("messaging.destination.name"), "s.echo");
        EXPECT_NE(all[0].context.trace_id, all[1].context.trace_id);
        EXPECT_TRUE(contains(one.last_headers(), "traceparent: " + all[1].context.traceparent())) << one.last_headers();
    });
}

TEST_F(client_span_test, a_trace_that_is_not_recorded_is_handed_on_without_a_span) {
    in_world([](world& here) -> asio::awaitable<void> {
        spans all;
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, told_to(all));
        micro::call_options opts;
        opts.headers = {{"traceparent", not_recorded}};
        co_await client.call("S", "echo", "x", opts);
        EXPECT_TRUE(all.empty());
        EXPECT_TRUE(contains(one.last_headers(), "traceparent: " + not_recorded)) << one.last_headers();
    });
}

TEST_F(client_span_test, a_call_that_fails_says_why) {
    in_world([](world& here) -> asio::awaitable<void> {
        spans all;
        micro::service service(here.config("S"));
        service.endpoint("fail", [](micro::request& req) { req.respond_error(404, "a secret cause"); });
        co_await service.start(here.connection);
        const micro::client client(here.caller, told_to(all));
        co_await failure_of(client.call("S", "fail", ""));
        co_await failure_of(client.call_subject("nobody", ""));
        EXPECT_EQ(all.size(), 2U);
        if (all.size() != 2) co_return;
        EXPECT_TRUE(all[0].failed);
        EXPECT_EQ(texts_of(all[0]).at("rpc.response.status_code"), "404");
        EXPECT_EQ(texts_of(all[0]).at("error.type"), "404");
        EXPECT_TRUE(all[1].failed);
        EXPECT_EQ(texts_of(all[1]).at("error.type"), "no responders");
        EXPECT_FALSE(texts_of(all[1]).contains("rpc.response.status_code"));
    });
}

TEST_F(client_span_test, a_call_that_asks_more_than_once_is_one_step) {
    in_world([](world& here) -> asio::awaitable<void> {
        spans all;
        spans served;
        micro::service a(traced(here, "S", served));
        micro::service b(traced(here, "S", served));
        for (auto* const each : {&a, &b}) each->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await a.start(here.connection);
        co_await b.start(here.connection);
        const micro::client client(here.caller, told_to(all));
        co_await client.call_all("S", "echo", "x");
        co_await eventually("two have answered", [&] { return served.size() == 2; });
        EXPECT_EQ(all.size(), 1U);
        if (all.size() != 1 || served.size() != 2) co_return;
        for (const auto& each : served) EXPECT_EQ(each.parent, all[0].context.span_id);
    });
}

TEST_F(client_span_test, a_sink_that_throws_does_no_harm_to_the_call) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        auto opts = quick_lookup();
        opts.spans = [](const micro::span&) { throw std::runtime_error("full"); };
        const micro::client client(here.caller, opts);
        const auto reply = co_await client.call("S", "echo", "x");
        EXPECT_EQ(reply.payload(), "a:x");
    });
}

}  // namespace
}  // namespace mote::test
