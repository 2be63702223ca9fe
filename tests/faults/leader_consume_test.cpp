#include <mote/jetstream/pull_consumer.hpp>
#include <tests/faults/live_cluster.hpp>

#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

class live_leader_consume : public live_cluster_of_three {};

constexpr int job_count = 2000;

asio::awaitable<void> publish_jobs(jetstream::context js, int first, int step) {
    for (int i = first; i <= job_count; i += step) {
        const auto text = std::to_string(i);
        co_await store(js, "jobs", text, text);
    }
}

/// Waits until the server knows that all is done.
asio::awaitable<bool> all_settled(jetstream::context js) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            const auto info = co_await js.consumer("JOBS", "workers");
            if (info.ack_floor.stream_sequence == job_count && info.pending == 0 && info.ack_pending == 0)
                co_return true;
        } catch (const boost::system::system_error& failed) {
            if (!is_passing(failed.code())) throw;
        }
    }
    co_return false;
}

asio::awaitable<void> consume_past_leaders(nats_cluster& cluster) {
    const auto writing = co_await connection::connect(options_for(cluster, 0));
    const auto writer = impatient(writing);
    co_await writer.create_stream(replicated("JOBS", "jobs"));
    jetstream::consumer_config config;
    config.name = "workers";
    config.ack_wait = 3s;
    const auto info = co_await writer.create_or_update_consumer("JOBS", config);
    const auto first = co_await leader_of(writer, cluster, "JOBS.workers");

    // The worst server to be connected to.
    const auto working = co_await connection::connect(options_for(cluster, first));
    std::map<int, int> done;
    jetstream::pull_options pull;
    pull.max_messages = 50;
    pull.idle_heartbeat = 1s;
    boost::system::error_code ended;
    pull.on_end = [&](const boost::system::error_code& why, const std::string&) { ended = why; };
    jetstream::pull_consumer consumer(impatient(working), info, pull);
    consumer.consume([&](jetstream::delivery& job) {
        ++done[std::stoi(std::string(job.payload()))];
        job.ack();
    });
    std::vector<std::shared_ptr<outcome>> publishing;
    for (int i = 1; i <= 10; ++i) publishing.push_back(begin(writing, publish_jobs(writer, i, 10)));

    bool came = co_await at_last([&] { return done.size() >= 500; });
    EXPECT_TRUE(came);
    cluster.kill(first);
    const auto before = done.size();
    came = co_await at_last([&] { return done.size() >= before + 300; });
    EXPECT_TRUE(came) << "it does not go on without its leader";
    cluster.restart(first);
    const auto second = co_await leader_of(writer, cluster, "JOBS");
    cluster.kill(second);
    for (const auto& each : publishing) {
        came = co_await at_last([&each] { return each->ended; });
        EXPECT_TRUE(came);
        EXPECT_FALSE(each->seen.code) << each->seen.text;
    }
    came = co_await at_last([&] { return done.size() == job_count; });
    EXPECT_TRUE(came) << done.size() << " of " << job_count;
    const bool settled = co_await all_settled(writer);
    EXPECT_TRUE(settled);
    EXPECT_FALSE(ended) << ended.message();
    const auto unsettled = co_await consumer.stop(20s);
    EXPECT_EQ(unsettled, 0U);
}

TEST_F(live_leader_consume, goes_on_and_misses_nothing_when_leaders_are_killed) { run_long(consume_past_leaders); }

}  // namespace
}  // namespace mote::test
