#include <tests/functions/async_world.hpp>

#include <mote/functions/error.hpp>

#include <string>
#include <vector>

namespace mote::test {
namespace {

using functions::call_state;
using functions::cancel_outcome;
using functions::errc;

class async_queue : public live_async {};

asio::awaitable<failure> refused(async_world& world, functions::async_call call) {
    return failure_of(world.queue.enqueue(std::move(call)));
}

std::vector<functions::async_call> wrong_calls() {
    std::vector<functions::async_call> calls(7, call_of("echo", "a"));
    calls[0].call_id = "";
    calls[1].call_id = "a.b";
    calls[2].call_id = std::string(65, 'a');
    calls[3].path = "no-slash";
    calls[4].method = "GE T";
    calls[5].query = "a b";
    calls[6].path = "/a\r\nX-Evil: 1";
    return calls;
}

TEST_F(async_queue, keeps_a_call_as_it_was_sent) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto call = call_of("echo", "call-1", std::string("\0\r\n\xff", 4));
        call.method = "PUT";
        call.path = "/a/b";
        call.query = "x=1&y=2";
        call.host = "gateway:8080";
        call.headers.add("X-Mine", "yes").add("Nats-Msg-Id", "evil").add("Http-Method", "evil");
        const auto kept = co_await world.queue.enqueue(call);
        EXPECT_FALSE(kept.duplicate);
        const auto stored = co_await world.js.message("mote_async", kept.sequence);
        EXPECT_TRUE(stored.has_value());
        if (!stored) co_return;
        EXPECT_EQ(stored->subject, "mote.async.openfaas-fn.echo");
        EXPECT_EQ(stored->message.payload(), call.body);
        const auto& headers = stored->message.headers();
        EXPECT_EQ(headers.get("X-Call-Id"), "call-1");
        EXPECT_EQ(headers.get("Nats-Msg-Id"), "call-1");
        EXPECT_EQ(headers.get("Http-Method"), "PUT");
        EXPECT_EQ(headers.get("Http-Path"), "/a/b");
        EXPECT_EQ(headers.get("Http-Query"), "x=1&y=2");
        EXPECT_EQ(headers.get("Http-Host"), "gateway:8080");
        EXPECT_EQ(headers.get("X-Mine"), "yes");
        EXPECT_TRUE(headers.get("X-Start-Time").has_value());

        const auto state = co_await world.queue.state("call-1");
        EXPECT_TRUE(state.has_value());
        if (!state) co_return;
        EXPECT_EQ(state->state, call_state::queued);
        EXPECT_EQ(state->sequence, kept.sequence);
        EXPECT_EQ(state->function, fn("echo"));
        EXPECT_EQ(world.queue.submitted(), 1U);
    });
}

TEST_F(async_queue, takes_a_call_id_once) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        const auto first = co_await world.queue.enqueue(call_of("echo", "same"));
        const auto second = co_await world.queue.enqueue(call_of("echo", "same"));
        EXPECT_FALSE(first.duplicate);
        EXPECT_TRUE(second.duplicate);
        EXPECT_EQ(second.sequence, first.sequence);
        const auto waiting = co_await world.queue.pending();
        EXPECT_EQ(waiting.at(fn("echo")), 1U);
        EXPECT_EQ(world.queue.submitted(), 1U);
    });
}

TEST_F(async_queue, refuses_the_id_of_another_functions_call) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        const auto first = co_await world.queue.enqueue(call_of("echo", "same"));
        const auto seen = co_await refused(world, call_of("other", "same"));
        EXPECT_EQ(seen.code, errc::call_id_taken) << seen.text;
        EXPECT_TRUE(contains(seen.text, "echo.openfaas-fn")) << seen.text;
        const auto state = co_await world.queue.state("same");
        EXPECT_TRUE(state && state->function == fn("echo") && state->sequence == first.sequence);
        EXPECT_EQ(world.queue.submitted(), 1U);
    });
}

TEST_F(async_queue, refuses_an_id_whose_call_has_no_record_yet) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        // What somebody does who has published his call, and is about to write the record.
        jetstream::publish_options opts;
        opts.message_id = "same";
        auto published = world.js.publish("mote.async.openfaas-fn.echo", "x", opts);
        co_await std::move(published);
        const auto seen = co_await refused(world, call_of("other", "same"));
        EXPECT_EQ(seen.code, errc::call_id_taken) << seen.text;
        const auto state = co_await world.queue.state("same");
        EXPECT_FALSE(state.has_value()) << "of a call that was not taken";
    });
}

TEST_F(async_queue, refuses_the_id_of_another_functions_call_when_the_stream_has_forgotten_it) {
    functions::async_queue_options opts;
    opts.duplicate_window = 100ms;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            co_await world.queue.enqueue(call_of("echo", "same"));
            const auto limit = std::chrono::steady_clock::now() + 20s;
            std::uint64_t last = 0;
            while (last < 2 && std::chrono::steady_clock::now() < limit) {
                const auto seen = co_await refused(world, call_of("other", "same"));
                EXPECT_EQ(seen.code, errc::call_id_taken) << seen.text;
                const auto info = co_await world.js.stream("mote_async");
                last = info.state.last_sequence;
            }
            EXPECT_EQ(last, 2U) << "the stream took it";
            EXPECT_EQ(world.queue.submitted(), 1U);
        },
        opts);
}

TEST_F(async_queue, does_not_know_a_call_that_nobody_queued) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        const auto state = co_await world.queue.state("nobody");
        EXPECT_FALSE(state.has_value());
        const auto outcome = co_await world.queue.cancel("nobody");
        EXPECT_EQ(outcome, cancel_outcome::unknown);
    });
}

TEST_F(async_queue, refuses_what_cannot_be_a_call) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        for (const auto& wrong : wrong_calls()) {
            const auto seen = co_await refused(world, wrong);
            EXPECT_EQ(seen.code, errc::bad_call) << seen.text;
        }
        auto call = call_of("echo", "a");
        call.callback_url = "ftp://user:secret@host/";
        const auto seen = co_await refused(world, call);
        EXPECT_EQ(seen.code, errc::bad_callback);
        EXPECT_FALSE(contains(seen.text, "secret")) << seen.text;
        const auto waiting = co_await world.queue.pending();
        EXPECT_TRUE(waiting.empty());
    });
}

TEST_F(async_queue, names_the_limit_to_a_call_that_is_too_large) {
    nats_server_options server;
    server.max_payload = 65536;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            const auto seen = co_await refused(world, call_of("echo", "large", std::string(65536, 'x')));
            EXPECT_EQ(seen.code, errc::call_too_large);
            EXPECT_TRUE(contains(seen.text, "65536")) << seen.text;
            const auto state = co_await world.queue.state("large");
            EXPECT_FALSE(state.has_value());
        },
        {}, server);
}

TEST_F(async_queue, says_when_it_is_full_of_bytes) {
    functions::async_queue_options opts;
    opts.max_bytes = 100'000;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            failure seen;
            int taken = 0;
            for (; taken < 10 && !seen.code; ++taken)
                seen = co_await refused(world, call_of("echo", "n" + std::to_string(taken), std::string(30'000, 'x')));
            EXPECT_EQ(seen.code, errc::queue_full) << seen.text;
            EXPECT_EQ(taken, 4);  // the fourth one was refused
            const auto state = co_await world.queue.state("n3");
            EXPECT_FALSE(state.has_value());
        },
        opts);
}

TEST_F(async_queue, says_when_it_is_full_of_calls) {
    functions::async_queue_options opts;
    opts.max_calls = 2;
    in_world(
        [](nats_server&, async_world& world) -> asio::awaitable<void> {
            co_await world.queue.enqueue(call_of("echo", "a"));
            co_await world.queue.enqueue(call_of("echo", "b"));
            const auto seen = co_await refused(world, call_of("echo", "c"));
            EXPECT_EQ(seen.code, errc::queue_full) << seen.text;
        },
        opts);
}

TEST_F(async_queue, makes_room_when_a_queued_call_is_cancelled) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.queue.enqueue(call_of("echo", "a"));
        co_await world.queue.enqueue(call_of("other", "b"));
        const auto outcome = co_await world.queue.cancel("a");
        EXPECT_EQ(outcome, cancel_outcome::cancelled);
        const auto again = co_await world.queue.cancel("a");
        EXPECT_EQ(again, cancel_outcome::ended);
        const auto waiting = co_await world.queue.pending();
        EXPECT_FALSE(waiting.contains(fn("echo")));
        EXPECT_EQ(waiting.at(fn("other")), 1U);
        const auto state = co_await world.queue.state("a");
        EXPECT_TRUE(state && state->state == call_state::cancelled);
    });
}

TEST_F(async_queue, is_opened_again_as_it_is) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        functions::async_queue_options other;
        other.max_calls = 5;
        other.keep = 1h;
        const auto second = co_await functions::async_queue::open(world.js, other);
        co_await second.enqueue(call_of("echo", "a"));
        const auto state = co_await world.queue.state("a");
        EXPECT_TRUE(state.has_value());
    });
}

}  // namespace
}  // namespace mote::test
