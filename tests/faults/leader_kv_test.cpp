#include <mote/kv/bucket.hpp>
#include <tests/faults/live_cluster.hpp>

#include <map>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

class live_leader_kv : public live_cluster_of_three {};

constexpr int counts = 100;  // of each writer, acknowledged
constexpr int writers = 3;

/// nats-server 2.9 with replicas takes two compare-and-sets with the same revision that come close together, and acknowledges
/// both: its leader compares with what is applied. There one writer counts, and the others only put.
bool compares_well(const connection& nc) { return !nc.server().version.starts_with("2.9."); }

/// What the writers were told, together.
struct record {
    std::map<kv::revision, int> counted;        // the value that an acknowledged compare-and-set wrote
    std::map<std::string, std::string> stored;  // key and value of acknowledged puts
    int lost_races = 0;
    int unknown = 0;  // compare-and-sets without an answer: they may have happened
};

/// Counts `counter` up by one, whatever it takes.
asio::awaitable<void> count_once(kv::bucket bucket, record& told) {
    for (bool counted = false; !counted;) {
        bool asked = false;
        try {
            const auto now = co_await bucket.get("counter");
            if (!now) continue;  // a replica that has not heard of it
            const int value = std::stoi(now->value) + 1;
            asked = true;
            const auto written = co_await bucket.update("counter", std::to_string(value), now->revision);
            counted = written.has_value();
            if (counted)
                EXPECT_TRUE(told.counted.emplace(*written, value).second) << "two writes with one revision";
            else
                EXPECT_EQ(written.error(), kv::errc::wrong_revision);
            if (!counted) ++told.lost_races;
        } catch (const boost::system::system_error& failed) {
            if (!is_passing(failed.code())) throw;
            if (asked) ++told.unknown;
        }
    }
}

/// Puts a key of its own, until that is acknowledged.
asio::awaitable<void> put_once(kv::bucket bucket, int writer, int number, record& told) {
    const auto key = "done." + std::to_string(writer) + "." + std::to_string(number);
    const auto text = std::to_string(writer * 1000 + number);
    for (bool put = false; !put;) {
        try {
            co_await bucket.put(key, text);
            put = true;
        } catch (const boost::system::system_error& failed) {
            if (!is_passing(failed.code())) throw;
        }
    }
    told.stored[key] = text;
}

asio::awaitable<void> write_all(kv::bucket bucket, int writer, bool counting, record& told) {
    for (int i = 0; i < counts; ++i) {
        if (counting) co_await count_once(bucket, told);
        co_await put_once(bucket, writer, i, told);
    }
}

/// The newest value, from whichever replica answers.
asio::awaitable<std::string> value_of(kv::bucket bucket, std::string key, std::string expected) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::string seen;
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            const auto now = co_await bucket.get(key);
            seen = now ? now->value : "nothing";
            if (expected.empty() || seen == expected) break;
        } catch (const boost::system::system_error& failed) {
            if (!is_passing(failed.code())) throw;
        }
    }
    co_return seen;
}

asio::awaitable<void> count_past_leaders(nats_cluster& cluster) {
    std::vector<connection> connections;
    for (std::size_t i = 0; i < 3; ++i) {
        auto opts = options_for(cluster, i);
        connections.push_back(co_await connection::connect(std::move(opts)));
    }
    kv::bucket_config config;
    config.bucket = "counts";
    config.replicas = 3;
    const auto js = impatient(connections.front());
    const auto bucket = co_await kv::bucket::create(js, config);
    co_await bucket.put("counter", "0");

    const int counters = compares_well(connections.front()) ? writers : 1;
    record told;
    std::vector<std::shared_ptr<outcome>> work;
    for (int i = 0; i < writers; ++i) {
        const auto& nc = connections.at(static_cast<std::size_t>(i));
        auto own = co_await kv::bucket::open(impatient(nc), "counts");
        work.push_back(begin(nc, write_all(std::move(own), i, i < counters, told)));
    }
    bool came = co_await at_last([&] { return told.stored.size() >= 80; });
    EXPECT_TRUE(came);
    const auto first = co_await leader_of(js, cluster, "KV_counts");
    cluster.kill(first);
    const auto before = told.stored.size();
    came = co_await at_last([&] { return told.stored.size() >= before + 60; });
    EXPECT_TRUE(came) << "it does not go on without its leader";
    cluster.restart(first);
    const auto second = co_await leader_of(js, cluster, "KV_counts");
    cluster.kill(second);
    for (const auto& each : work) {
        came = co_await at_last([&each] { return each->ended; });
        EXPECT_TRUE(came);
        EXPECT_FALSE(each->seen.code) << each->seen.text;
    }
    EXPECT_EQ(told.counted.size(), static_cast<std::size_t>(counts * counters));
    EXPECT_EQ(told.stored.size(), static_cast<std::size_t>(counts * writers));
    EXPECT_TRUE(counters == 1 || told.lost_races > 0) << "nobody was in another's way";

    // A later revision has counted on from the earlier ones: none of them was lost, none happened twice.
    int highest = 0;
    for (const auto& [revision, value] : told.counted) {
        EXPECT_GT(value, highest) << "at revision " << revision;
        highest = value;
    }
    EXPECT_LE(highest, counts * counters + told.unknown);
    const auto last = co_await value_of(bucket, "counter", "");
    EXPECT_GE(std::stoi(last), highest);
    EXPECT_LE(std::stoi(last), counts * counters + told.unknown);
    for (const auto& [key, value] : told.stored) {
        const auto kept = co_await value_of(bucket, key, value);
        EXPECT_EQ(kept, value) << key;
    }
}

TEST_F(live_leader_kv, loses_no_acknowledged_write_when_leaders_are_killed) { run_long(count_past_leaders); }

}  // namespace
}  // namespace mote::test
