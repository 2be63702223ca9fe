#include <tests/functions/held_calls.hpp>

#include <mote/functions/error.hpp>
#include <mote/micro/dead_letters.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using functions::call_state;
using functions::cancel_outcome;

class async_worker_life : public live_async {};

TEST_F(async_worker_life, does_not_run_a_call_that_was_cancelled_in_the_queue) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        co_await world.queue.enqueue(call_of("echo", "c1"));
        const auto outcome = co_await world.queue.cancel("c1");
        EXPECT_EQ(outcome, cancel_outcome::cancelled);
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("echo", "c2"));
        co_await world.wait_for("c2", call_state::done);
        EXPECT_EQ(function.asked(), 1U);
        const auto state = co_await world.queue.state("c1");
        EXPECT_TRUE(state && state->state == call_state::cancelled);
    });
}

TEST_F(async_worker_life, ends_a_running_call_that_is_cancelled_and_does_not_try_it_again) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("mute", retries("10")));
        const served_function function(world.nc, "mute", silent());
        auto told = world.nc.subscribe("mote.cancel.c1");
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("mute", "c1"));
        co_await world.wait_for("c1", call_state::running);
        const auto outcome = co_await world.queue.cancel("c1");
        EXPECT_EQ(outcome, cancel_outcome::cancelled);
        const auto heard = co_await told.next(10s);
        EXPECT_TRUE(heard.has_value());
        const bool ended = co_await eventually([&world] { return world.worker->stats().total.in_flight == 0; });
        EXPECT_TRUE(ended);
        const auto state = co_await world.queue.state("c1");
        EXPECT_TRUE(state && state->state == call_state::cancelled);
        EXPECT_EQ(function.asked(), 1U);
        const auto left = co_await world.queue.pending();
        EXPECT_FALSE(left.contains(fn("mute")));
    });
}

TEST_F(async_worker_life, does_not_try_again_what_is_cancelled_between_two_tries) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("busy", retries("10", "300ms")));
        const served_function function(world.nc, "busy", answers(503));
        const served_function other(world.nc, "other", echo());
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("busy", "c1"));
        const auto retrying = co_await world.wait_for("c1", call_state::retrying);
        const auto outcome = co_await world.queue.cancel("c1");
        EXPECT_EQ(outcome, cancel_outcome::cancelled);
        const bool past =
            co_await eventually([&retrying] { return std::chrono::system_clock::now() > retrying.next + 300ms; });
        EXPECT_TRUE(past);
        const auto state = co_await world.queue.state("c1");
        EXPECT_TRUE(state && state->state == call_state::cancelled);
        EXPECT_EQ(function.asked(), 1U);
    });
}

TEST_F(async_worker_life, runs_a_call_that_is_longer_than_the_ack_wait_once) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("long"));
        const auto held = std::make_shared<held_calls>();
        const served_function function(world.nc, "long", held_calls::by(held));
        co_await world.start_worker(quick_worker());
        functions::async_worker second(world.js, world.store, *world.table, quick_worker());
        co_await second.start();
        co_await world.queue.enqueue(call_of("long", "c1"));
        const bool begun = co_await eventually([&held] { return held->waiting.size() == 1; });
        EXPECT_TRUE(begun);
        const auto since = std::chrono::steady_clock::now();
        const bool past = co_await eventually([since] { return std::chrono::steady_clock::now() - since > 5s; });
        EXPECT_TRUE(past);
        held->answer_all(world.nc);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.attempts, 1U);
        EXPECT_EQ(function.asked(), 1U);
        const auto left = co_await second.stop(5s);
        EXPECT_EQ(left, 0U);
    });
}

TEST_F(async_worker_life, bounds_how_many_calls_of_one_function_run_while_another_goes_on) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto narrow = described("narrow");
        narrow.wanted.labels = functions::text_map{{"com.openfaas.max_inflight", "3"}};
        co_await world.deploy(narrow);
        co_await world.deploy(described("wide"));
        const auto held = std::make_shared<held_calls>();
        const served_function function(world.nc, "narrow", held_calls::by(held));
        const served_function other(world.nc, "wide", echo());
        co_await world.start_worker(quick_worker());
        for (int i = 0; i < 10; ++i) co_await world.queue.enqueue(call_of("narrow", "n" + std::to_string(i)));
        for (int i = 0; i < 50; ++i) co_await world.queue.enqueue(call_of("wide", "w" + std::to_string(i)));
        for (int i = 0; i < 50; ++i) co_await world.wait_for("w" + std::to_string(i), call_state::done);
        const bool full = co_await eventually([&held] { return held->waiting.size() == 3; });
        EXPECT_TRUE(full);
        EXPECT_EQ(function.asked(), 3U);
        const bool all_run = co_await eventually([&held, &world, &function] {
            held->answer_all(world.nc);
            return function.asked() == 10;
        });
        EXPECT_TRUE(all_run);
        held->answer_all(world.nc);
        for (int i = 0; i < 10; ++i) co_await world.wait_for("n" + std::to_string(i), call_state::done);
        EXPECT_EQ(held->most, 3U);
    });
}

TEST_F(async_worker_life, puts_calls_of_a_function_that_is_gone_to_the_dead_letters) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("gone"));
        co_await world.queue.enqueue(call_of("gone", "c1", "x"));
        co_await world.store.remove(fn("gone"));
        co_await world.start_worker(quick_worker());
        const auto dead = co_await world.wait_for("c1", call_state::dead);
        EXPECT_EQ(dead.reason, "function gone.openfaas-fn not found");
        EXPECT_EQ(dead.attempts, 0U);
        const micro::dead_letters letters(world.js);
        const auto found = co_await letters.list();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        EXPECT_EQ(found[0].reason, "function gone.openfaas-fn not found");
    });
}

TEST_F(async_worker_life, keeps_the_calls_of_a_paused_function_until_it_is_resumed) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto what = described("paused");
        what.paused = true;
        co_await world.deploy(what);
        co_await world.deploy(described("other"));
        const served_function function(world.nc, "paused", echo());
        const served_function other(world.nc, "other", echo());
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("paused", "c1"));
        co_await world.queue.enqueue(call_of("other", "c2"));
        co_await world.wait_for("c2", call_state::done);
        EXPECT_EQ(function.asked(), 0U);
        co_await world.store.change(fn("paused"), [](functions::description& kept) { kept.paused = false; });
        co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(function.asked(), 1U);
    });
}

TEST_F(async_worker_life, runs_what_waited_as_soon_as_the_function_is_resumed) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto what = described("narrow");
        what.wanted.labels = functions::text_map{{"com.openfaas.max_inflight", "1"}};
        co_await world.deploy(what);
        const auto held = std::make_shared<held_calls>();
        const served_function function(world.nc, "narrow", held_calls::by(held));
        auto opts = quick_worker();
        opts.look_every = 1h;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(call_of("narrow", "c1"));
        const bool begun = co_await eventually([&held] { return held->waiting.size() == 1; });
        EXPECT_TRUE(begun);
        co_await world.queue.enqueue(call_of("narrow", "c2"));
        co_await world.store.change(fn("narrow"), [](functions::description& kept) { kept.paused = true; });
        const bool closed = co_await eventually([&world] { return world.worker->stats().open == 0; });
        EXPECT_TRUE(closed);
        held->answer_all(world.nc);
        co_await world.wait_for("c1", call_state::done);
        co_await world.store.change(fn("narrow"), [](functions::description& kept) { kept.paused = false; });
        const bool again = co_await eventually([&held] { return held->waiting.size() == 1; });
        EXPECT_TRUE(again) << "and not with the next look";
        held->answer_all(world.nc);
        co_await world.wait_for("c2", call_state::done);
    });
}

TEST_F(async_worker_life, finds_calls_of_which_it_got_no_notice) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        co_await world.start_worker(quick_worker());
        jetstream::publish_options opts;
        opts.headers.set("X-Call-Id", "c1");
        auto published = world.js.publish("mote.async.openfaas-fn.echo", "quiet", opts);
        co_await std::move(published);
        const auto done = co_await world.wait_for("c1", call_state::done);
        EXPECT_EQ(done.body, "quiet");
    });
}

TEST_F(async_worker_life, lets_go_of_functions_that_had_no_calls_for_a_while) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        auto opts = quick_worker();
        opts.idle_after = 100ms;
        opts.look_every = 1h;
        co_await world.start_worker(opts);
        for (int i = 0; i < 3; ++i) {
            const auto id = "c" + std::to_string(i);
            co_await world.queue.enqueue(call_of("echo", id));
            co_await world.wait_for(id, call_state::done);
            const bool idle = co_await eventually([&world] { return world.worker->stats().open == 0; });
            EXPECT_TRUE(idle);
        }
        EXPECT_EQ(function.asked(), 3U);
    });
}

TEST_F(async_worker_life, does_not_run_a_second_call_with_the_id_of_one_that_is_known) {
    functions::async_queue_options opts;
    opts.duplicate_window = 100ms;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            co_await world.deploy(described("echo"));
            const served_function function(world.nc, "echo", echo());
            co_await world.start_worker(quick_worker());
            co_await world.queue.enqueue(call_of("echo", "same", "first"));
            co_await world.wait_for("same", call_state::done);
            // Again and again until the stream has forgotten the id and takes it.
            functions::enqueued again;
            std::uint64_t last = 0;
            const auto limit = std::chrono::steady_clock::now() + 20s;
            const auto first = co_await world.queue.state("same");
            while (last <= first->sequence && std::chrono::steady_clock::now() < limit) {
                again = co_await world.queue.enqueue(call_of("echo", "same", "second"));
                EXPECT_TRUE(again.duplicate);
                const auto info = co_await world.js.stream("mote_async");
                last = info.state.last_sequence;
            }
            EXPECT_GT(last, first->sequence);
            co_await world.queue.enqueue(call_of("echo", "other"));
            co_await world.wait_for("other", call_state::done);
            const auto record = co_await world.queue.state("same");
            EXPECT_EQ(record->body, "first");
            EXPECT_EQ(function.asked(), 2U);
        },
        opts);
}

TEST_F(async_worker_life, goes_on_when_its_consumer_is_deleted) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("echo", "c1"));
        co_await world.wait_for("c1", call_state::done);
        co_await world.js.delete_consumer("mote_async", "openfaas-fn_echo");
        co_await world.queue.enqueue(call_of("echo", "c2"));
        co_await world.wait_for("c2", call_state::done);
        EXPECT_FALSE(world.troubles->empty());
    });
}

TEST_F(async_worker_life, finishes_what_runs_when_it_is_stopped) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("slow"));
        const auto held = std::make_shared<held_calls>();
        const served_function function(world.nc, "slow", held_calls::by(held));
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("slow", "c1"));
        const bool begun = co_await eventually([&held] { return held->waiting.size() == 1; });
        EXPECT_TRUE(begun);
        asio::steady_timer later(world.nc.executor(), 50ms);
        later.async_wait([held, nc = world.nc](const boost::system::error_code&) { held->answer_all(nc); });
        const auto left = co_await world.worker->stop(10s);
        EXPECT_EQ(left, 0U);
        const auto state = co_await world.queue.state("c1");
        EXPECT_TRUE(state && state->state == call_state::done);
        const auto waiting = co_await world.queue.pending();
        EXPECT_TRUE(waiting.empty());
    });
}

TEST_F(async_worker_life, buries_a_message_that_is_no_call) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        co_await world.start_worker(quick_worker());
        co_await world.js.publish("mote.async.openfaas-fn.echo", "no id");
        const micro::dead_letters letters(world.js);
        const bool buried = co_await eventually([&world] { return world.worker->stats().total.dead == 1; });
        EXPECT_TRUE(buried);
        const auto found = co_await letters.list();
        EXPECT_EQ(found.size(), 1U);
    });
}

}  // namespace
}  // namespace mote::test
