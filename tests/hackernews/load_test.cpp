// Many items: how fast, shared by several instances, and while the server is killed.

#include <tests/hackernews/live.hpp>

#include <boost/json.hpp>

#include <chrono>
#include <iostream>

namespace hackernews::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

class hn_load : public hn_live {
protected:
    /// How long it takes one instance from the request to fetch until every item is stored or skipped.
    std::chrono::milliseconds time_of_a_page(std::chrono::milliseconds delay) {
        auto& hn = serve(500, delay);
        const auto one = start();
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
        EXPECT_TRUE(one->wait_until_finished(hn.data().ids().size()));
        const auto taken = since(begin);
        EXPECT_EQ(one->counted().stored, hn.posts().size());
        EXPECT_EQ(client->values().size(), hn.posts().size() + 1);
        return taken;
    }
};

// The bounds leave room for a busy machine: a test is no benchmark.
TEST_F(hn_load, stores_500_items_of_200_ms_each_side_by_side) {
    const auto taken = time_of_a_page(200ms);
    std::cout << "500 items at 200 ms: " << taken.count() << " ms\n";
    EXPECT_LT(taken, 8s);
    EXPECT_EQ(api->max_concurrent(), 64u);
}

TEST_F(hn_load, stores_500_items_without_delay_at_once) {
    const auto taken = time_of_a_page(0ms);
    std::cout << "500 items at no delay: " << taken.count() << " ms\n";
    EXPECT_LT(taken, 3s);
}

TEST_F(hn_load, is_shared_by_several_instances) {
    auto& hn = serve(300, 5ms);
    std::vector<std::unique_ptr<instance>> all;
    for (int each = 0; each < 3; ++each) all.push_back(start());
    EXPECT_EQ(client->request("hn.fetch.ids").status, 0);
    ASSERT_TRUE(hn.wait_for_item_requests(hn.data().ids().size(), 60s));
    std::uint64_t finished = 0;
    for (const auto& each : all) {
        each->stop();
        finished += each->counted().finished();
    }
    EXPECT_EQ(finished, hn.data().ids().size());
    for (const auto& each : all) EXPECT_GT(each->counted().stored, 0u);
    EXPECT_EQ(hn.item_requests(), hn.data().ids().size()) << "each item was asked for once";

    // Whichever instance sorts and answers, also one that stored nothing: it reads what all of them stored.
    const auto another = start();
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    const json::value answer = json::parse(client->request("hn.sort.top", "500").body);
    EXPECT_EQ(posts_in(answer.at("posts")), hn.expected_top(500, hn.data().now()));
}

TEST_F(hn_load, hands_over_to_the_others_when_one_stops) {
    auto& hn = serve(200, 20ms);
    const auto first = start();
    const auto second = start();
    client->request("hn.fetch.ids");
    first->stop();
    EXPECT_EQ(first->counted().in_progress(), 0u) << "what it had received it finished";
    client->request("hn.fetch.ids");
    const auto all = 2 * hn.data().ids().size();
    ASSERT_TRUE(second->wait_until_finished(all - first->counted().finished()));
    EXPECT_EQ(client->values().size(), hn.posts().size() + 1);
}

TEST_F(hn_load, loses_nothing_that_it_received_when_the_server_is_killed_and_comes_back) {
    auto& hn = serve(400, 20ms);
    const auto one = start();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(100));
    server->kill();
    server->restart();
    ASSERT_TRUE(client->wait_until_stored(hn.posts().size() + 1));
    EXPECT_EQ(client->values().size(), hn.posts().size() + 1);
    EXPECT_EQ(client->puts(), hn.posts().size() + 1) << "no post is stored twice";

    // And it serves as before.
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    const auto before = one->counted().finished();
    EXPECT_EQ(client->request("hn.fetch.ids").status, 0);
    ASSERT_TRUE(one->wait_until_finished(before + hn.data().ids().size()));
    const json::value answer = json::parse(client->request("hn.sort.top", "500").body);
    EXPECT_EQ(posts_in(answer.at("posts")), hn.expected_top(500, hn.data().now()));
}

TEST_F(hn_load, stops_when_all_that_it_had_is_stored_and_the_rest_is_kept) {
    auto& hn = serve(200, 50ms);
    const auto one = start();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(1));
    one->stop();
    EXPECT_EQ(one->counted().in_progress(), 0u);
    const auto other = start();
    ASSERT_TRUE(client->wait_until_processed());
    EXPECT_EQ(one->counted().finished() + other->counted().finished(), hn.data().ids().size());
    EXPECT_EQ(client->values().size(), hn.posts().size() + 1);
}

}  // namespace
}  // namespace hackernews::test
