#include <mote/jetstream/ordered_consumer.hpp>
#include <tests/faults/live_cluster.hpp>

#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

class live_leader_publish : public live_cluster_of_three {};

constexpr int published_numbers = 3000;
constexpr int publishers = 20;

/// What was acknowledged, by number.
using acknowledged = std::map<int, std::uint64_t>;

asio::awaitable<void> publish_next(jetstream::context js, int& next, acknowledged& acks) {
    while (next <= published_numbers) {
        const int number = next++;
        const auto text = std::to_string(number);
        const auto ack = co_await store(js, "numbers", text, "id-" + text);
        acks[number] = ack.sequence;
    }
}

asio::awaitable<void> publish_past_leaders(nats_cluster& cluster) {
    const auto nc = co_await connection::connect(options_for(cluster, 0));
    const auto js = impatient(nc);
    co_await js.create_stream(replicated("NUMBERS", "numbers"));
    acknowledged acks;
    int next = 1;
    std::vector<std::shared_ptr<outcome>> work;
    for (int i = 0; i < publishers; ++i) work.push_back(begin(nc, publish_next(js, next, acks)));

    bool came = co_await at_last([&] { return acks.size() >= 1000; });
    EXPECT_TRUE(came);
    const auto first = co_await leader_of(js, cluster, "NUMBERS");
    cluster.kill(first);
    const auto before = acks.size();
    came = co_await at_last([&] { return acks.size() >= before + 500; });
    EXPECT_TRUE(came) << "it does not go on without its leader";
    cluster.restart(first);
    const auto second = co_await leader_of(js, cluster, "NUMBERS");
    cluster.kill(second);
    for (const auto& each : work) {
        came = co_await at_last([&each] { return each->ended; });
        EXPECT_TRUE(came);
        EXPECT_FALSE(each->seen.code) << each->seen.text;
    }
    EXPECT_EQ(acks.size(), static_cast<std::size_t>(published_numbers));
    cluster.restart(second);
    EXPECT_TRUE(cluster.wait_until_ready());

    std::map<std::string, std::vector<std::uint64_t>> kept;  // by payload, the sequences
    std::uint64_t count = 0;
    const auto stream =
        co_await js.stream("NUMBERS");  // as its leader sees it; who reads may be behind, and has to catch up
    EXPECT_EQ(stream.state.messages, static_cast<std::uint64_t>(published_numbers));
    auto reader = co_await jetstream::ordered_consumer::create(js, "NUMBERS");
    for (std::uint64_t last = 0; last < stream.state.last_sequence;) {
        const auto message = co_await reader.next(30s);
        if (!message) break;
        last = message->stream_sequence;
        kept[std::string(message->message.payload())].push_back(message->stream_sequence);
        ++count;
    }
    EXPECT_EQ(count, static_cast<std::uint64_t>(published_numbers));
    for (const auto& [number, sequence] : acks) {
        const std::vector<std::uint64_t> once{sequence};
        EXPECT_EQ(kept[std::to_string(number)], once) << number;
    }
}

TEST_F(live_leader_publish, keeps_each_acknowledged_message_exactly_once_when_leaders_are_killed) {
    run_long(publish_past_leaders);
}

}  // namespace
}  // namespace mote::test
