#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/bucket.hpp>
#include <tests/faults/live_cluster.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

class live_leader_read : public live_cluster_of_three {};

constexpr int read_count = 1200;

asio::awaitable<void> write_numbers(jetstream::context js, int& written) {
    for (int i = 1; i <= read_count; ++i) {
        const auto text = std::to_string(i);
        co_await store(js, "numbers", text, text);
        written = i;
    }
}

asio::awaitable<void> read_numbers(jetstream::ordered_consumer consumer, int& read) {
    for (int i = 1; i <= read_count; ++i) {
        const auto message = co_await consumer.next(60s);
        if (!message) throw std::runtime_error("nothing came behind " + std::to_string(i - 1));
        EXPECT_EQ(message->message.payload(), std::to_string(i));
        EXPECT_EQ(message->stream_sequence, static_cast<std::uint64_t>(i));
        read = i;
    }
}

asio::awaitable<void> lose_leader_of_numbers(nats_cluster& cluster) {
    const auto asking = co_await connection::connect(options_for(cluster, 0));
    co_await impatient(asking).create_stream(replicated("NUMBERS", "numbers"));
    const auto leader = co_await leader_of(impatient(asking), cluster, "NUMBERS");
    // Who reads loses its server as well, who writes does not.
    const auto reading = co_await connection::connect(options_for(cluster, leader));
    const auto writing = co_await connection::connect(options_for(cluster, next_to(leader)));
    jetstream::ordered_consumer_options opts;
    opts.idle_heartbeat = 1s;
    auto consumer = co_await jetstream::ordered_consumer::create(impatient(reading), "NUMBERS", opts);
    int read = 0;
    int written = 0;
    const auto reader = begin(reading, read_numbers(std::move(consumer), read));
    const auto writer = begin(writing, write_numbers(impatient(writing), written));
    bool came = co_await at_last([&] { return read >= 400; });
    EXPECT_TRUE(came);
    cluster.kill(leader);
    const int before = read;
    came = co_await at_last([&] { return read >= before + 200; });
    EXPECT_TRUE(came) << "it does not go on without its leader";
    cluster.restart(leader);
    came = co_await at_last([&] { return reader->ended && writer->ended; });
    EXPECT_TRUE(came) << read << " of " << written;
    EXPECT_FALSE(reader->seen.code) << reader->seen.text;
    EXPECT_FALSE(writer->seen.code) << writer->seen.text;
    EXPECT_EQ(read, read_count);
}

TEST_F(live_leader_read, goes_on_in_order_without_gaps_when_the_leader_is_killed) { run_long(lose_leader_of_numbers); }

// ---- the same of a watch; what a put without an answer wrote comes too, so revisions are counted and not values

constexpr kv::revision revisions = 800;

asio::awaitable<void> write_values(kv::bucket bucket, kv::revision& written) {
    for (int i = 0; written < revisions; ++i) {
        try {
            // Of no key more than are kept: what comes between two watches must not be removed.
            written = co_await bucket.put("key." + std::to_string(i % 40), std::to_string(i));
        } catch (const boost::system::system_error& failed) {
            if (!is_passing(failed.code())) throw;
        }
    }
}

asio::awaitable<void> follow(kv::watcher watcher, kv::revision& seen) {
    while (seen < revisions) {
        const auto entry = co_await watcher.next(60s);
        if (!entry) throw std::runtime_error("nothing came behind " + std::to_string(seen));
        EXPECT_EQ(entry->revision, seen + 1);
        seen = entry->revision;
    }
}

asio::awaitable<void> lose_leader_of_values(nats_cluster& cluster) {
    const auto asking = co_await connection::connect(options_for(cluster, 0));
    kv::bucket_config config;
    config.bucket = "values";
    config.replicas = 3;
    config.history = 64;
    co_await kv::bucket::create(impatient(asking), config);
    const auto leader = co_await leader_of(impatient(asking), cluster, "KV_values");
    const auto reading = co_await connection::connect(options_for(cluster, leader));
    const auto writing = co_await connection::connect(options_for(cluster, next_to(leader)));
    const auto watched = co_await kv::bucket::open(impatient(reading), "values");
    const auto changed = co_await kv::bucket::open(impatient(writing), "values");
    auto watcher = co_await watched.watch();
    const auto mark = co_await watcher.next(20s);
    EXPECT_FALSE(mark);
    EXPECT_TRUE(watcher.caught_up());
    kv::revision seen = 0;
    kv::revision written = 0;
    const auto reader = begin(reading, follow(std::move(watcher), seen));
    const auto writer = begin(writing, write_values(changed, written));
    bool came = co_await at_last([&] { return seen >= 300; });
    EXPECT_TRUE(came);
    cluster.kill(leader);
    const auto before = seen;
    came = co_await at_last([&] { return seen >= before + 100; });
    EXPECT_TRUE(came) << "it does not go on without its leader";
    cluster.restart(leader);
    came = co_await at_last([&] { return reader->ended && writer->ended; });
    EXPECT_TRUE(came) << seen << " of " << written;
    EXPECT_FALSE(reader->seen.code) << reader->seen.text;
    EXPECT_FALSE(writer->seen.code) << writer->seen.text;
}

TEST_F(live_leader_read, shows_each_change_in_order_when_the_leader_is_killed) { run_long(lose_leader_of_values); }

}  // namespace
}  // namespace mote::test
