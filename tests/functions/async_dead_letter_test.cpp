// What becomes of queued calls that nothing can do.

#include <tests/functions/async_world.hpp>

#include <mote/functions/error.hpp>
#include <mote/micro/dead_letters.hpp>

#include <algorithm>
#include <string>

namespace mote::test {
namespace {

using functions::call_state;

class async_dead_letter : public live_async {};

TEST_F(async_dead_letter, is_what_the_last_try_leaves_and_can_be_tried_again) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("flaky", retries("2")));
        const served_function function(
            world.nc, "flaky", [](const nats::connection& nc, const nats::message_view& asked, std::size_t before) {
                const auto headers = status_headers(before < 2 ? 500 : 200);
                nc.respond(asked, before < 2 ? "broken" : asked.payload, &headers);
            });
        co_await world.start_worker(quick_worker());
        auto call = call_of("flaky", "c1", "work");
        call.path = "/p";
        co_await world.queue.enqueue(call);
        const auto dead = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(dead.attempts, 2U);
        EXPECT_EQ(dead.status, 500);
        EXPECT_EQ(dead.body, "broken");

        const micro::dead_letters letters(world.js);
        micro::dead_letter_filter filter;
        filter.service = "openfaas-fn";
        filter.endpoint = "flaky";
        const auto found = co_await letters.list(filter);
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        EXPECT_EQ(found[0].tries, 2U);
        EXPECT_TRUE(contains(found[0].reason, "status 500 after 2 tries")) << found[0].reason;
        EXPECT_EQ(found[0].subject, "mote.async.openfaas-fn.flaky");
        EXPECT_EQ(found[0].message_id, "c1");
        EXPECT_EQ(found[0].size, 4U);

        co_await letters.retry(found[0].sequence);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.attempts, 1U);
        EXPECT_EQ(done.body, "work");
        EXPECT_EQ(function.call(2).headers().get("Http-Path"), "/p");
        EXPECT_EQ(function.asked(), 3U);
    });
}

/// The largest body that the queue takes of it, queued.
asio::awaitable<std::string> queue_largest(async_world& world, functions::async_call call, std::size_t most) {
    call.body.assign(most, 'x');
    while (!call.body.empty()) {
        auto queueing = world.queue.enqueue(call);
        bool taken = true;
        try {
            co_await std::move(queueing);
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), functions::errc::call_too_large) << failed.what();
            taken = false;
        }
        if (taken) break;
        call.body.pop_back();
    }
    co_return call.body;
}

TEST_F(async_dead_letter, has_room_for_the_largest_call_that_the_queue_takes) {
    nats_server_options server;
    server.max_payload = 65536;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            co_await world.deploy(described("flaky", retries("1")));
            const std::string told(2000, 'r');
            const served_function function(
                world.nc, "flaky", [told](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
                    nats::headers failed;
                    failed.set("Nats-Service-Error", told).set("Nats-Service-Error-Code", "500");
                    nc.respond(asked, "", &failed);
                });
            co_await world.start_worker(quick_worker());
            const auto body = co_await queue_largest(world, call_of("flaky", "c1"), 65536);
            EXPECT_GT(body.size(), 60'000U);
            co_await world.wait_for("c1", call_state::dead);
            EXPECT_EQ(function.call(0).payload(), body);
            const micro::dead_letters letters(world.js);
            const auto found = co_await letters.list(micro::dead_letter_filter());
            EXPECT_EQ(found.size(), 1U);
            if (found.empty()) co_return;
            EXPECT_EQ(found[0].size, body.size());
        },
        {}, server);
}

TEST_F(async_dead_letter, is_not_there_for_a_call_that_is_too_large_for_one) {
    nats_server_options server;
    server.max_payload = 65536;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            co_await world.start_worker(quick_worker());
            jetstream::publish_options opts;  // not by a queue
            opts.message_id = "c1";
            opts.headers.set("X-Call-Id", "c1");
            const std::string body(65536 - 150, 'x');
            co_await world.js.publish("mote.async.openfaas-fn.nobody", body, opts);
            const auto dead = co_await world.wait_for("c1", call_state::dead);
            EXPECT_EQ(dead.status, 404);
            const bool told = std::ranges::any_of(
                *world.troubles, [](const std::string& text) { return contains(text, "too large to be kept"); });
            EXPECT_TRUE(told);
        },
        {}, server);
}

TEST_F(async_dead_letter, says_which_setting_cannot_be_read) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        functions::text_map odd;
        odd.emplace("com.openfaas.retry.attempts", "many");
        co_await world.deploy(described("odd", odd));
        auto late = described("late");
        late.wanted.variables = functions::text_map();
        late.wanted.variables->emplace("exec_timeout", "soon");
        co_await world.deploy(late);
        const served_function function(world.nc, "odd", echo());
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("odd", "c1", "x"));
        co_await world.queue.enqueue(call_of("late", "c2", "x"));
        const auto first = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(first.status, 500);
        EXPECT_TRUE(contains(first.reason, "annotation com.openfaas.retry.attempts \"many\"")) << first.reason;
        const auto second = co_await world.wait_for("c2", call_state::dead);
        EXPECT_TRUE(contains(second.reason, "variable exec_timeout \"soon\"")) << second.reason;
        EXPECT_EQ(function.asked(), 0U);

        const std::function<void(functions::description&)> mend = [](functions::description& what) {
            what.wanted.annotations.reset();
        };
        co_await world.store.change(fn("odd"), mend);
        const auto has_changed = [&world] { return !world.table->find(fn("odd"))->what.wanted.annotations; };
        const std::function<bool()> is_mended = has_changed;
        const bool mended = co_await eventually(is_mended);
        EXPECT_TRUE(mended);
        const micro::dead_letters letters(world.js);
        micro::dead_letter_filter filter;
        filter.endpoint = "odd";
        const auto found = co_await letters.list(filter);
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        co_await letters.retry(found[0].sequence);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.body, "x");
    });
}

}  // namespace
}  // namespace mote::test
