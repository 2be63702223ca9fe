#include <tests/functions/held_calls.hpp>

#include <mote/functions/error.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::test {
namespace {

using functions::call_state;
using functions::cancel_outcome;

constexpr std::string_view trace_of = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class async_worker : public live_async {};

TEST_F(async_worker, runs_a_call_as_it_was_sent_and_keeps_the_answer) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo",
                                       [](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
                                           auto headers = status_headers(201);
                                           headers.add("Content-Type", "text/mine").add("Nats-Evil", "x");
                                           nc.respond(asked, asked.payload, &headers);
                                       });
        co_await world.start_worker(quick_worker());
        auto call = call_of("echo", "c1", std::string("\0\xff", 2));
        call.method = "PUT";
        call.path = "/p";
        call.query = "q=1";
        call.headers.add("X-Mine", "yes");
        call.headers.add("traceparent", trace_of).add("tracestate", "a=1,b=2");
        call.callback_url = "";
        co_await world.queue.enqueue(call);
        const auto record = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(record.status, 201);
        EXPECT_EQ(record.body, call.body);
        EXPECT_EQ(record.body_size, 2U);
        EXPECT_EQ(record.attempts, 1U);
        EXPECT_EQ(record.headers.get("Content-Type"), "text/mine");
        EXPECT_FALSE(record.headers.get("Nats-Evil"));
        EXPECT_GT(record.duration.count(), 0);
        EXPECT_EQ(function.asked(), 1U);
        const auto& headers = function.call(0).headers();
        EXPECT_EQ(headers.get("Http-Method"), "PUT");
        EXPECT_EQ(headers.get("Http-Path"), "/p");
        EXPECT_EQ(headers.get("Http-Query"), "q=1");
        EXPECT_EQ(headers.get("X-Call-Id"), "c1");
        EXPECT_EQ(headers.get("X-Mine"), "yes");
        EXPECT_EQ(headers.get("traceparent"), trace_of);
        EXPECT_EQ(headers.get("tracestate"), "a=1,b=2");
        EXPECT_TRUE(headers.get("Mote-Deadline-Ms"));
        EXPECT_FALSE(headers.get("Nats-Msg-Id"));
        const bool emptied = co_await eventually([&world] { return world.worker->stats().total.in_flight == 0; });
        EXPECT_TRUE(emptied);
        EXPECT_EQ(world.worker->stats().functions.at(fn("echo")).processed, 1U);
    });
}

TEST_F(async_worker, puts_an_answer_of_many_messages_together) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("stream"));
        const served_function function(world.nc, "stream",
                                       [](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
                                           auto first = status_headers(207);
                                           first.set("Mote-Stream-Seq", "1");
                                           nc.respond(asked, "one ", &first);
                                           nats::headers second;
                                           second.set("Mote-Stream-Seq", "2");
                                           nc.respond(asked, "two", &second);
                                           nats::headers end;
                                           end.set("Mote-Stream-End", "2");
                                           nc.respond(asked, "", &end);
                                       });
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("stream", "c1"));
        const auto record = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(record.status, 207);
        EXPECT_EQ(record.body, "one two");
        EXPECT_TRUE(function.call(0).headers().get("Mote-Stream-Window"));
    });
}

TEST_F(async_worker, keeps_only_the_size_of_an_answer_that_is_too_large_to_keep) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("large"));
        const served_function function(world.nc, "large", answers(200, std::string(2000, 'x')));
        auto opts = quick_worker();
        opts.keep_body = 1000;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(call_of("large", "c1"));
        const auto record = co_await world.wait_for("c1", call_state::done);
        EXPECT_FALSE(record.body_kept);
        EXPECT_EQ(record.body_size, 2000U);
        EXPECT_TRUE(record.body.empty());
    });
}

TEST_F(async_worker, fails_a_call_whose_answer_is_larger_than_it_takes) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("large"));
        const served_function function(world.nc, "large", answers(200, std::string(2000, 'x')));
        auto opts = quick_worker();
        opts.max_result = 1000;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(call_of("large", "c1"));
        const auto record = co_await world.wait_for("c1", call_state::failed);
        EXPECT_EQ(record.status, 502);
        EXPECT_TRUE(contains(record.reason, "1000 bytes")) << record.reason;
        EXPECT_EQ(function.asked(), 1U);
    });
}

TEST_F(async_worker, goes_through_its_states_in_order) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("slow", retries("3")));
        const auto held = std::make_shared<held_calls>();
        const served_function function(
            world.nc, "slow", [held](const nats::connection& nc, const nats::message_view& asked, std::size_t before) {
                const auto busy = status_headers(503);
                if (before == 0) return nc.respond(asked, "", &busy);
                held->waiting.emplace_back(asked);
            });
        co_await world.queue.enqueue(call_of("slow", "c1"));
        const auto queued = co_await world.wait_for("c1", call_state::queued);
        EXPECT_EQ(queued.attempts, 0U);
        co_await world.start_worker(quick_worker());
        const auto retrying = co_await world.wait_until(
            "c1", [](const functions::call_record& seen) { return seen.state == call_state::retrying; });
        EXPECT_EQ(retrying.attempts, 1U);
        EXPECT_EQ(retrying.status, 503);
        EXPECT_GT(retrying.next, retrying.started);
        const auto running = co_await world.wait_for("c1", call_state::running);
        EXPECT_EQ(running.attempts, 1U);
        held->answer_all(world.nc);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.attempts, 2U);
        EXPECT_EQ(done.body, "held");
        EXPECT_EQ(world.worker->stats().total.retries, 1U);
    });
}

TEST_F(async_worker, waits_as_long_as_retry_after_says) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("busy", retries("3", "20ms")));
        const served_function function(
            world.nc, "busy", [](const nats::connection& nc, const nats::message_view& asked, std::size_t before) {
                auto headers = status_headers(before == 0 ? 429 : 200);
                headers.set("Retry-After", "2");
                nc.respond(asked, "", &headers);
            });
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("busy", "c1"));
        const auto retrying = co_await world.wait_for("c1", call_state::retrying);
        EXPECT_GE(retrying.next - retrying.started, 2s);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_GE(done.started, retrying.next - 50ms);
        EXPECT_EQ(function.asked(), 2U);
    });
}

TEST_F(async_worker, does_not_try_a_wrong_request_again) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto what = described("strict", {{"com.openfaas.retry.codes", "503"}});
        co_await world.deploy(what);
        const served_function function(
            world.nc, "strict", [](const nats::connection& nc, const nats::message_view& asked, std::size_t before) {
                const auto headers = status_headers(before == 0 ? 404 : 500);
                nc.respond(asked, "", &headers);
            });
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("strict", "c1"));
        const auto wrong = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(wrong.status, 404);
        co_await world.queue.enqueue(call_of("strict", "c2"));
        const auto failed = co_await world.wait_for("c2", call_state::failed);
        EXPECT_EQ(failed.status, 500);
        EXPECT_EQ(function.asked(), 2U);
    });
}

TEST_F(async_worker, takes_the_error_of_a_micro_service_as_the_status) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("micro"));
        const served_function function(world.nc, "micro",
                                       [](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
                                           nats::headers headers;
                                           headers.set("Nats-Service-Error", "no such post");
                                           headers.set("Nats-Service-Error-Code", "404");
                                           nc.respond(asked, "", &headers);
                                       });
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("micro", "c1"));
        const auto record = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(record.status, 404);
        EXPECT_EQ(record.body, "no such post");
    });
}

TEST_F(async_worker, does_not_take_a_status_that_is_none_for_a_good_one) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("odd", retries("1")));
        const served_function function(world.nc, "odd", answers(700, "odd"));
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("odd", "c1"));
        const auto dead = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(dead.status, 502);
        EXPECT_EQ(dead.body, "odd");
    });
}

TEST_F(async_worker, tries_again_when_nobody_serves_the_function_yet) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("late", retries("1000")));
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("late", "c1", "x"));
        const auto retrying = co_await world.wait_for("c1", call_state::retrying);
        EXPECT_EQ(retrying.status, 503);
        const served_function function(world.nc, "late", echo());
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.body, "x");
    });
}

TEST_F(async_worker, does_not_wait_for_an_answer_longer_than_the_function_may_run) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto what = described("mute", retries("1"));
        what.wanted.variables = functions::text_map{{"exec_timeout", "200ms"}};
        co_await world.deploy(what);
        const served_function function(world.nc, "mute", silent());
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("mute", "c1"));
        const auto dead = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(dead.status, 504);
        EXPECT_EQ(function.asked(), 1U);
    });
}

TEST_F(async_worker, does_not_wait_for_an_answer_longer_than_its_caller_said) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("mute", retries("1")));
        const served_function function(world.nc, "mute", silent());
        co_await world.start_worker(quick_worker());
        auto call = call_of("mute", "c1");
        call.headers.add("X-Timeout", "200ms");
        co_await world.queue.enqueue(call);
        const auto dead = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(dead.status, 504);
        EXPECT_LT(dead.duration, 5s) << "a call of the function may take 10 s";
        EXPECT_EQ(function.call(0).headers().get("X-Timeout"), "200ms");
    });
}

asio::awaitable<functions::text_map> of_the_bundle(functions::description what) {
    functions::text_map all;
    all.emplace("exec_timeout", "200ms");
    all.emplace("max_inflight", "2");
    for (const auto& [name, value] : what.wanted.variables.value_or(functions::text_map())) all[name] = value;
    co_return all;
}

TEST_F(async_worker, heeds_the_variables_of_a_functions_bundle) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("mute", retries("1")));
        const served_function function(world.nc, "mute", silent());
        auto opts = quick_worker();
        opts.variables = of_the_bundle;
        co_await world.start_worker(opts);
        for (int i = 0; i < 6; ++i) co_await world.queue.enqueue(call_of("mute", "c" + std::to_string(i)));
        const auto first = co_await world.wait_for("c0", call_state::dead);
        EXPECT_EQ(first.status, 504);
        EXPECT_LE(function.asked(), 4U) << "two at a time";
        for (int i = 1; i < 6; ++i) co_await world.wait_for("c" + std::to_string(i), call_state::dead);
        EXPECT_EQ(function.asked(), 6U);
    });
}

asio::awaitable<functions::text_map> not_to_be_had(functions::description) {
    functions::throw_error(functions::errc::bundle_not_found, "for now");
    co_return functions::text_map();
}

TEST_F(async_worker, makes_do_with_the_deployment_when_the_bundle_is_not_to_be_had) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        auto opts = quick_worker();
        opts.variables = not_to_be_had;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(call_of("echo", "c1", "x"));
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.body, "x");
        const bool told = std::ranges::any_of(
            *world.troubles, [](const std::string& text) { return contains(text, "variables of echo.openfaas-fn"); });
        EXPECT_TRUE(told);
    });
}

}  // namespace
}  // namespace mote::test
