// Calls whose sequence the consumer has settled already, as the server has forgotten the end of the stream.

#include <tests/functions/held_calls.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using functions::call_state;

class async_passed_over : public live_async {};

asio::awaitable<void> enqueue_when_it_is_back(async_world& world, std::string id) {
    std::optional<functions::enqueued> kept;
    for (int tries = 0; tries < 1000 && !kept; ++tries) {
        try {
            kept = co_await world.queue.enqueue(call_of("echo", id));
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == nats::errc::closed) throw;
        }
    }
    EXPECT_TRUE(kept) << id;
}

/// As a server does that is killed after its disk was full: the messages are older than what the consumer knows of them. The
/// call `c1` was run, and the next one has its sequence.
asio::awaitable<void> forget_the_end(nats_server& server, async_world& world) {
    const auto messages = server.store_dir() / "jetstream" / "$G" / "streams" / "mote_async" / "msgs";
    const temp_dir older;
    server.stop();
    fs::copy(messages, older.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    server.restart();
    co_await enqueue_when_it_is_back(world, "c1");
    co_await world.wait_for("c1", call_state::done);
    server.stop();
    fs::remove_all(messages);
    fs::copy(older.path(), messages, fs::copy_options::recursive);
    server.restart();
}

TEST_F(async_passed_over, runs_when_the_server_has_forgotten_the_end_of_the_stream) {
    in_world([](nats_server& server, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        co_await world.start_worker(quick_worker());
        co_await forget_the_end(server, world);
        co_await enqueue_when_it_is_back(world, "c2");
        const auto last = co_await world.wait_for("c2", call_state::done);
        EXPECT_EQ(last.status, 200);
        EXPECT_EQ(function.asked(), 2U);
    });
}

asio::awaitable<void> runs_beside_it(nats_server& server, async_world& world, functions::async_worker& other) {
    const auto held = std::make_shared<held_calls>();
    std::map<std::string, int> runs;
    const served_function function(
        world.nc, "echo", [held, &runs](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
            const std::string id(asked.headers.get("X-Call-Id").value_or(""));
            ++runs[id];
            if (id == "running")
                held->waiting.emplace_back(asked);
            else
                nc.respond(asked, id);
        });
    co_await forget_the_end(server, world);
    co_await enqueue_when_it_is_back(world, "passed");
    co_await enqueue_when_it_is_back(world, "running");
    const bool begun = co_await eventually([&held] { return !held->waiting.empty(); });
    EXPECT_TRUE(begun);
    asio::steady_timer looks(co_await asio::this_coro::executor, 1500ms);  // many of the one that runs nothing
    co_await looks.async_wait(asio::use_awaitable);
    EXPECT_EQ(runs["running"], 1);
    held->answer_all(world.nc);
    co_await world.wait_for("running", call_state::done);
    co_await world.wait_for("passed", call_state::done);
    EXPECT_EQ(runs["c1"], 1);
    EXPECT_EQ(runs["passed"], 1);
    EXPECT_EQ(runs["running"], 1);
    co_await other.stop(5s);
}

TEST_F(async_passed_over, waits_for_a_call_that_another_worker_runs) {
    in_world([](nats_server& server, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        auto often = quick_worker();
        often.look_every = 50ms;
        functions::async_worker other(world.js, world.store, *world.table, often);
        co_await other.start();
        co_await world.start_worker(often);
        co_await runs_beside_it(server, world, other);
        for (const auto& text : *world.troubles)
            EXPECT_FALSE(text.starts_with("looking") && text.find("not found") != std::string::npos) << text;
    });
}

}  // namespace
}  // namespace mote::test
