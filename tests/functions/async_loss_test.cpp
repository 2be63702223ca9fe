// Workers and servers that are killed: no accepted call is lost, and none is run again that had its result.

#include <tests/functions/async_world.hpp>
#include <tests/support/process.hpp>

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using functions::call_state;

class async_loss : public live_async {};

/// A function that takes a moment, and how often it ran each call.
class counted_function {
public:
    explicit counted_function(const nats::connection& nc)
        : runs_(std::make_shared<std::map<std::string, int>>()),
          function_(
              nc, "count",
              [runs = runs_](const nats::connection& connection, const nats::message_view& asked, std::size_t) {
                  ++(*runs)[std::string(asked.headers.get("X-Call-Id").value_or(""))];
                  const auto timer = std::make_shared<asio::steady_timer>(connection.executor(), 5ms);
                  timer->async_wait([timer, connection, kept = nats::message(asked)](const boost::system::error_code&) {
                      if (connection.status() != nats::connection_status::closed)
                          connection.respond(kept.view(), kept.payload());
                  });
              }) {}

    const std::map<std::string, int>& runs() const noexcept { return *runs_; }
    int runs_of(const std::string& id) const { return runs_->contains(id) ? runs_->at(id) : 0; }
    std::size_t seen() const noexcept { return runs_->size(); }

private:
    std::shared_ptr<std::map<std::string, int>> runs_;
    served_function function_;
};

/// Lists are made outside of coroutines: g++ 12 cannot keep them there.
std::unique_ptr<process> worker_of(const nats_server& server) {
    return std::make_unique<process>(std::vector<std::string>{MOTE_TEST_ASYNC_WORKER, server.url()});
}

std::string id_of(int number) { return "call-" + std::to_string(number); }

functions::description counted() {
    auto what = described("count", retries("1000"));
    what.wanted.labels = functions::text_map{{"com.openfaas.max_inflight", "10"}};
    what.wanted.variables = functions::text_map{{"exec_timeout", "1s"}};
    return what;
}

/// Of the calls up to `count`, those that have their result.
asio::awaitable<std::set<std::string>> finished(async_world& world, int count) {
    std::set<std::string> found;
    for (int i = 0; i < count; ++i) {
        const auto state = co_await world.queue.state(id_of(i));
        if (state && state->state == call_state::done) found.insert(id_of(i));
    }
    co_return found;
}

TEST_F(async_loss, of_a_worker_that_is_killed_again_and_again_costs_no_call) {
    in_world([](nats_server& server, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(counted());
        const counted_function function(world.nc);
        constexpr int calls = 300;
        for (int i = 0; i < calls; ++i) co_await world.queue.enqueue(call_of("count", id_of(i)));
        std::map<std::string, int> runs_when_done;
        for (std::size_t kill = 1; kill <= 3; ++kill) {
            const auto worker = worker_of(server);
            const bool some = co_await eventually([&] { return function.seen() >= 60 * kill; });
            EXPECT_TRUE(some) << worker->output();
            worker->kill(SIGKILL);
            worker->wait();
            const auto done = co_await finished(world, calls);
            EXPECT_FALSE(done.empty());
            for (const auto& id : done) runs_when_done.emplace(id, function.runs_of(id));
        }
        const auto last = worker_of(server);
        for (int i = 0; i < calls; ++i) co_await world.wait_for(id_of(i), call_state::done);
        for (const auto& [id, runs] : runs_when_done) EXPECT_EQ(function.runs_of(id), runs) << id;
        const auto limit = std::chrono::steady_clock::now() + 20s;
        auto left = co_await world.queue.pending();
        while (!left.empty() && std::chrono::steady_clock::now() < limit) left = co_await world.queue.pending();
        EXPECT_TRUE(left.empty());
    });
}

TEST_F(async_loss, of_the_server_under_load_costs_no_accepted_call) {
    in_world([](nats_server& server, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(counted());
        const counted_function function(world.nc);
        auto opts = quick_worker();
        opts.ack_wait = 1s;
        co_await world.start_worker(opts);
        jetstream::context_options impatient;
        impatient.timeout = 1s;
        const auto queue = co_await functions::async_queue::open(jetstream::context(world.nc, impatient));
        constexpr int calls = 300;
        std::size_t kills = 0;
        for (int accepted = 0; accepted < calls;) {
            try {
                co_await queue.enqueue(call_of("count", id_of(accepted)));
                ++accepted;
            } catch (const boost::system::system_error&) {
                continue;  // the same again
            }
            if (kills == 3 || accepted < 75 * static_cast<int>(kills + 1)) continue;
            const bool some = co_await eventually([&] { return function.seen() >= 25 * (kills + 1); });
            EXPECT_TRUE(some);
            ++kills;
            server.kill();
            server.restart();
        }
        for (int i = 0; i < calls; ++i) co_await world.wait_for(id_of(i), call_state::done);
        EXPECT_EQ(kills, 3U);
    });
}

TEST_F(async_loss, of_a_worker_between_result_and_ack_does_not_run_the_call_again) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(counted());
        const counted_function function(world.nc);
        // As a worker leaves it that is killed in between: the record says done, the message is still there.
        const auto kept = co_await world.queue.enqueue(call_of("count", "c1", "x"));
        auto record = co_await world.wait_for("c1", call_state::queued);
        record.state = call_state::done;
        record.status = 200;
        record.body = "recorded";
        const auto bucket = co_await kv::bucket::open(world.js, functions::async_queue::bucket_name);
        co_await bucket.put("c1", functions::write_record(record));
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(call_of("count", "c2"));
        co_await world.wait_for("c2", call_state::done);
        const auto limit = std::chrono::steady_clock::now() + 20s;
        auto left = co_await world.queue.pending();
        while (!left.empty() && std::chrono::steady_clock::now() < limit) left = co_await world.queue.pending();
        EXPECT_TRUE(left.empty());
        EXPECT_EQ(function.runs_of("c1"), 0);
        const auto after = co_await world.queue.state("c1");
        EXPECT_TRUE(after && after->body == "recorded");
        EXPECT_GT(kept.sequence, 0U);
    });
}

}  // namespace
}  // namespace mote::test
