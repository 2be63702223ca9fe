#include <tests/faults/live_cluster.hpp>

#include <filesystem>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

/// The fixture itself: `mote::testing::cluster`.
class live_cluster_fixture : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }
};

/// Leaves in `leader` who leads the stream.
asio::awaitable<void> store_on_all(const nats_cluster& cluster, std::size_t& leader) {
    const auto nc = co_await connection::connect(options_for(cluster, 2));
    const auto js = impatient(nc);
    co_await js.create_stream(replicated("NUMBERS", "numbers"));
    leader = co_await leader_of(js, cluster, "NUMBERS");
    EXPECT_LT(leader, cluster.size());
    const auto stored = co_await js.publish("numbers", "1");
    EXPECT_EQ(stored.sequence, 1U);
    EXPECT_EQ(nc.server().cluster, "cluster");
    EXPECT_EQ(nc.server().server_name, "cluster-2");
}

asio::awaitable<void> read_the_first(const nats_cluster& cluster, std::size_t at) {
    const auto nc = co_await connection::connect(options_for(cluster, at));
    const auto js = impatient(nc);
    (void)co_await leader_of(js, cluster, "NUMBERS");  // that may take longer than for the cluster to be ready
    const auto left = co_await js.stream("NUMBERS");
    EXPECT_EQ(left.state.messages, 1U);
}

TEST_F(live_cluster_fixture, keeps_streams_over_the_end_of_one_server_and_its_return) {
    nats_cluster cluster;
    EXPECT_EQ(cluster.size(), 3U);
    const auto urls = cluster.urls();
    EXPECT_EQ(std::set<std::string>(urls.begin(), urls.end()).size(), 3U);
    EXPECT_EQ(cluster.server_name(1), "cluster-1");
    EXPECT_EQ(cluster.find("cluster-1"), 1U);
    EXPECT_EQ(cluster.find("cluster-3"), std::nullopt);
    EXPECT_THROW((void)cluster.server_name(3), std::out_of_range);
    EXPECT_THROW((void)cluster.at(3), std::out_of_range);
    std::size_t leader = 0;
    run(store_on_all(cluster, leader));

    const auto killed = next_to(leader);
    cluster.kill(killed);
    EXPECT_FALSE(cluster.at(killed).running());
    EXPECT_TRUE(cluster.wait_until_ready());
    run(read_the_first(cluster, killed));

    cluster.restart(killed);
    EXPECT_TRUE(cluster.wait_until_ready());
    EXPECT_EQ(cluster.urls(), urls);
    cluster.stop(next_to(killed));
    EXPECT_TRUE(cluster.wait_until_ready());
    run(read_the_first(cluster, killed));
}

TEST_F(live_cluster_fixture, is_not_ready_when_most_of_it_is_gone) {
    std::vector<std::filesystem::path> stores;
    {
        nats_cluster cluster;
        for (std::size_t i = 0; i < cluster.size(); ++i) stores.push_back(cluster.at(i).store_dir());
        for (const auto& each : stores) EXPECT_TRUE(std::filesystem::exists(each)) << each;
        cluster.kill(0);
        cluster.kill(1);
        EXPECT_FALSE(cluster.wait_until_ready(300ms));
        cluster.kill(2);
        EXPECT_FALSE(cluster.wait_until_ready(0ms));
    }
    for (const auto& each : stores) EXPECT_FALSE(std::filesystem::exists(each)) << each;
}

TEST_F(live_cluster_fixture, may_be_of_another_size_and_without_jetstream) {
    mote::testing::cluster_options options;
    options.size = 2;
    options.jetstream = false;
    options.name = "pair";
    options.config = "max_payload: 1000";
    const nats_cluster cluster(options);
    EXPECT_EQ(cluster.size(), 2U);
    run([](const nats_cluster& servers) -> asio::awaitable<void> {
        const auto first = co_await connection::connect(options_for(servers.at(0)));
        const auto second = co_await connection::connect(options_for(servers.at(1)));
        EXPECT_EQ(first.server().cluster, "pair");
        EXPECT_EQ(second.server().max_payload, 1000U);
        EXPECT_FALSE(second.server().jetstream);
        auto heard = second.subscribe("a");
        co_await second.flush();
        // The other server hears of the subscription a moment later.
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        for (bool came = false; !came && std::chrono::steady_clock::now() < deadline;) {
            first.publish("a", "over the route");
            co_await first.flush();
            co_await second.flush();
            came = heard.stats().pending_messages != 0;
        }
        const auto message = heard.try_next();
        EXPECT_EQ(message ? message->payload() : "nothing", "over the route");
    }(cluster));
}

asio::awaitable<void> place_by_tags(const nats_cluster& cluster) {
    const auto nc = co_await connection::connect(options_for(cluster, 0));
    const auto js = impatient(nc);
    jetstream::stream_config config;
    for (const std::string each : {"A", "B", "C", "D"}) {  // by chance all four come to lie there once in 81 times
        config.name = each;
        config.subjects = {each};
        config.placement.tags = {"ssd"};
        const auto made = co_await js.create_stream(config);
        EXPECT_EQ(made.config.placement, config.placement);
        const auto leader = co_await leader_of(js, cluster, each);
        EXPECT_EQ(leader, 1U) << each;
        EXPECT_EQ((co_await js.stream(each)).cluster.leader, "cluster-1");
    }
    config.name = "E";
    config.subjects = {"E"};
    config.replicas = 2;  // one server has the tag
    const auto refused = co_await failure_of(js.create_stream(config));
    EXPECT_EQ(refused.code, jetstream::errc::insufficient_resources) << refused.text;
    EXPECT_TRUE(contains(refused.text, "no suitable peers for placement")) << refused.text;
    config.placement.tags.clear();
    co_await js.create_stream(config);
}

TEST_F(live_cluster_fixture, puts_streams_where_the_tags_are_that_they_ask_for) {
    mote::testing::cluster_options options;
    options.config_of_each = {"", "server_tags: [\"ssd\"]"};
    const nats_cluster cluster(options);
    run(place_by_tags(cluster));
}

TEST_F(live_cluster_fixture, says_what_is_wrong_with_its_configuration) {
    mote::testing::cluster_options options;
    options.config = "no_such_setting { }";
    try {
        const nats_cluster cluster(options);
        ADD_FAILURE() << "it started";
    } catch (const std::runtime_error& failed) {
        EXPECT_TRUE(contains(failed.what(), "no_such_setting")) << failed.what();
    }
    options.config.clear();
    options.size = 0;
    EXPECT_THROW(nats_cluster{options}, std::runtime_error);
}

}  // namespace
}  // namespace mote::test
