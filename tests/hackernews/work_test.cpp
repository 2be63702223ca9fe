// Ids as work: kept until they are done, once.

#include <tests/hackernews/live.hpp>

#include <boost/json.hpp>

namespace hackernews::test {
namespace {

namespace json = boost::json;

TEST_F(hn_live, keeps_an_id_until_it_is_processed) {
    auto& hn = serve(5);
    const auto one = start();
    const std::int64_t id = hn.posts().front();
    const auto kept = client->request("hn.process.id", std::to_string(id));
    EXPECT_EQ(json::value_to<std::string>(json::parse(kept.body).at("stream")), "HackerNews_process");
    EXPECT_TRUE(client->wait_until_processed());
    EXPECT_TRUE(client->values().contains(key_of(id)));
}

TEST_F(hn_live, lists_no_id_that_is_not_kept_to_be_processed) {
    serve(5);
    const auto one = start();
    client->refuse_ids();
    EXPECT_EQ(client->request("hn.fetch.ids").status, 500);
    EXPECT_EQ(client->request("hn.fetch.list"), (reply{404, "nothing fetched yet: request hn.fetch.ids first", ""}));
}

TEST_F(hn_live, gives_what_is_no_id_to_the_dead_letters) {
    serve(3);
    const auto one = start();
    client->request("hn.process.id", "abc");
    EXPECT_TRUE(client->wait_until_processed());
    EXPECT_EQ(one->counted().failed, 1u);
    EXPECT_EQ(one->log().size(), 1u);
    EXPECT_EQ(client->ask("STATS").at("endpoints").at(2).at("data").at("mote").at("dead").to_number<int>(), 1);
}

TEST_F(hn_live, does_not_store_again_what_is_done_twice) {
    auto& hn = serve(5);
    const auto one = start();
    const auto id = std::to_string(hn.posts().front());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client->request("hn.process.reply", id).status, 0);
    EXPECT_EQ(client->puts(), 1u);
}

}  // namespace
}  // namespace hackernews::test
