// Every endpoint of the service with good and bad input, against a real nats-server and a local Hacker News API.

#include <tests/hackernews/live.hpp>

#include <tests/support/loopback.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace hackernews::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

const reply nothing_fetched{404, "nothing fetched yet: request hn.fetch.ids first", ""};
const reply nothing_sorted{404, "nothing sorted yet: request hn.sort.ids first", ""};

std::string today() {
    return "hn_posts_" + utc_day(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

TEST_F(hn_live, fetches_stores_sorts_and_answers) {
    auto& hn = serve(120);
    const auto one = start();
    const std::string count = std::to_string(hn.data().ids().size());
    EXPECT_EQ(client->request("hn.fetch.ids"), (reply{0, "", count}));
    EXPECT_EQ(client->request("hn.fetch.list"), (reply{0, "", hn.data().top_stories()}));
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));

    const auto values = client->values();
    EXPECT_EQ(values.size(), hn.posts().size() + 1) << "the posts and hn_ids_latest";
    for (const auto& [id, expected] : hn.data().posts()) {
        ASSERT_TRUE(values.contains(key_of(id))) << id;
        EXPECT_EQ(posts_in(json::array{json::parse(values.at(key_of(id)))}), std::vector{expected});
    }

    EXPECT_EQ(client->request("hn.sort.ids"), (reply{0, "", today()}));
    EXPECT_EQ(client->objects(), std::vector<std::string>{today()});
    const auto everything = hn.expected_top(500, hn.data().now());
    EXPECT_EQ(posts_in(json::parse(client->object(today()))), everything);

    for (const std::string wanted : {"1", "3", "500", ""}) {
        const auto expected = hn.expected_top(wanted.empty() ? 10 : std::stoul(wanted), hn.data().now());
        const json::value answer = json::parse(client->request("hn.sort.top", wanted).body);
        EXPECT_EQ(answer.at("count").as_int64(), static_cast<std::int64_t>(expected.size()));
        EXPECT_EQ(posts_in(answer.at("posts")), expected);
    }
}

TEST_F(hn_live, plays_a_recorded_page_where_there_is_one) {
    const auto shared = mote::test::shared_directory();
    if (!shared) GTEST_SKIP() << "no recorded page beside the checkout";
    mote::test::fake_hn_options options;
    options.data.shared = *shared;
    auto& hn = api.emplace(options);
    const auto one = start();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    const json::value answer = json::parse(client->request("hn.sort.top", "500").body);
    EXPECT_EQ(posts_in(answer.at("posts")), hn.expected_top(500, hn.data().now()));
}

TEST_F(hn_live, says_what_to_do_first) {
    serve(3);
    const auto one = start();
    EXPECT_EQ(client->request("hn.fetch.list"), nothing_fetched);
    EXPECT_EQ(client->request("hn.sort.ids"), nothing_fetched);
    EXPECT_EQ(client->request("hn.sort.top", "3"), nothing_sorted);
}

TEST_F(hn_live, answers_a_processed_item_as_it_is_stored) {
    auto& hn = serve(5);
    const auto one = start();
    const std::int64_t id = hn.posts().front();
    const reply answer = client->request("hn.process.reply", std::to_string(id));
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(posts_in(json::array{json::parse(answer.body)}), std::vector{hn.data().posts().at(id)});
    EXPECT_EQ(client->values(), (std::map<std::string, std::string>{{key_of(id), answer.body}}));
}

TEST_F(hn_live, refuses_what_is_no_id) {
    serve(3);
    const auto one = start();
    const std::string subject = "hn.process.reply";
    EXPECT_EQ(client->request(subject, "abc"), (reply{400, R"(invalid id "abc": not a positive integer)", ""}));
    EXPECT_EQ(client->request(subject, ""), (reply{400, R"(invalid id "": not a positive integer)", ""}));
    EXPECT_EQ(client->request(subject, "-5"), (reply{400, R"(invalid id "-5": not a positive integer)", ""}));
    EXPECT_EQ(client->request(subject, "1\r\nX: y"),
              (reply{400, R"(invalid id "1\x0d\x0aX: y": not a positive integer)", ""}));
    EXPECT_EQ(client->request(subject, "9007199254740993"),
              (reply{400, R"(invalid id "9007199254740993": larger than 9007199254740992)", ""}));
    EXPECT_EQ(api->item_requests(), 0u);
    EXPECT_EQ(one->counted().failed, 5u);
    EXPECT_EQ(one->log().size(), 5u);
    EXPECT_EQ(one->log().front(), R"(item "abc": 400 invalid id "abc": not a positive integer)");
}

TEST_F(hn_live, refuses_what_is_no_count) {
    serve(3);
    const auto one = start();
    for (const std::string text : {"0", "501", "-1", "abc", "1.5"})
        EXPECT_EQ(client->request("hn.sort.top", text),
                  (reply{400, "invalid count \"" + text + "\": not a number from 1 to 500", ""}));
}

TEST_F(hn_live, skips_what_is_no_story_and_says_why_to_who_asked) {
    auto& hn = serve(10);
    const auto one = start();
    std::map<std::string, std::size_t> reasons;
    for (const std::int64_t id : hn.data().ids()) {
        if (hn.data().posts().contains(id)) continue;
        const reply answer = client->request("hn.process.reply", std::to_string(id));
        EXPECT_EQ(answer.status, 404);
        const std::string begin = "item " + std::to_string(id) + " is not a story: ";
        ASSERT_TRUE(answer.error.starts_with(begin)) << answer.error;
        ++reasons[answer.error.substr(begin.size())];
    }
    EXPECT_EQ(reasons, hn.data().skipped());
    EXPECT_TRUE(client->values().empty());
    EXPECT_TRUE(one->log().empty());
}

TEST_F(hn_live, counts_what_it_skips_by_reason_and_not_as_an_error) {
    auto& hn = serve(10);
    const auto one = start();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    const json::value stats = client->ask("STATS");
    bool found = false;
    for (const json::value& endpoint : stats.at("endpoints").as_array()) {
        if (endpoint.at("name").as_string() != "process") continue;
        found = true;
        EXPECT_EQ(endpoint.at("num_requests").to_number<std::size_t>(), hn.data().ids().size());
        EXPECT_EQ(endpoint.at("num_errors").to_number<std::size_t>(), 0u);
        const json::value& data = endpoint.at("data");
        EXPECT_EQ(data.at("received").to_number<std::size_t>(), hn.data().ids().size());
        EXPECT_EQ(data.at("stored").to_number<std::size_t>(), hn.posts().size());
        EXPECT_EQ(data.at("failed").to_number<std::size_t>(), 0u);
        EXPECT_EQ((json::value_to<std::map<std::string, std::size_t>>(data.at("skipped"))), hn.data().skipped());
    }
    EXPECT_TRUE(found);
}

TEST_F(hn_live, is_described_as_the_table_says) {
    serve(3);
    const auto one = start();
    const json::value info = client->ask("INFO");
    EXPECT_EQ(info.at("name").as_string(), "HackerNews");
    EXPECT_EQ(info.at("version").as_string(), "1.0.0");
    EXPECT_EQ(info.at("description").as_string(), "Get most voted entries in the last 24 hours");
    using row = std::vector<std::string>;
    std::vector<row> rows;
    for (const json::value& each : info.at("endpoints").as_array())
        rows.push_back({json::value_to<std::string>(each.at("name")), json::value_to<std::string>(each.at("subject")),
                        json::value_to<std::string>(each.at("queue_group"))});
    EXPECT_EQ(rows, (std::vector<row>{{"fetch", "hn.fetch.ids", "fetch-group"},
                                      {"list", "hn.fetch.list", "fetch-group"},
                                      {"process", "hn.process.id", ""},
                                      {"process-reply", "hn.process.reply", "process-group"},
                                      {"sort", "hn.sort.ids", "sort-group"},
                                      {"top", "hn.sort.top", "sort-group"}}));
}

TEST_F(hn_live, reports_the_status_of_the_api) {
    auto& hn = serve(3);
    const auto one = start();
    const std::string id = std::to_string(hn.posts().front());
    hn.fail_next(1, 404);
    EXPECT_EQ(client->request("hn.fetch.ids"), (reply{502, "the Hacker News API answered 404 for topstories", ""}));
    hn.fail_next(1, 403);
    EXPECT_EQ(client->request("hn.process.reply", id),
              (reply{502, "the Hacker News API answered 403 for item " + id, ""}));
    hn.fail_next(3, 503);
    EXPECT_EQ(client->request("hn.process.reply", id),
              (reply{502, "the Hacker News API answered 503 for item " + id, ""}));
    EXPECT_EQ(one->counted().failed, 2u);
    EXPECT_EQ(one->log(),
              (std::vector<std::string>{"item " + id + ": 502 the Hacker News API answered 403 for item " + id,
                                        "item " + id + ": 502 the Hacker News API answered 503 for item " + id}));
    EXPECT_EQ(client->request("hn.process.reply", id).status, 0) << "the next one is fine";
}

TEST_F(hn_live, asks_the_api_again_after_a_passing_error) {
    auto& hn = serve(3);
    const auto one = start();
    hn.fail_next(2, 503);
    EXPECT_EQ(client->request("hn.process.reply", std::to_string(hn.posts().front())).status, 0);
    EXPECT_EQ(hn.item_requests(), 3u);
}

TEST_F(hn_live, reports_answers_of_the_api_that_make_no_sense) {
    auto& hn = serve(3);
    const auto one = start();
    const std::string id = std::to_string(hn.posts().front());
    for (const std::string body :
         {"<html>", "null", "{}", "[1,\"2\"]", "[0]", "[-1]", "[9007199254740993]", "[1.5]", ""}) {
        hn.answer_with("/v0/topstories.json", body);
        EXPECT_EQ(client->request("hn.fetch.ids"), (reply{502, "the Hacker News API answered no list of ids", ""}))
            << body;
    }
    for (const std::string body : {"<html>", "[]", "{\"id\":1}", ""}) {
        hn.answer_with("/v0/item/" + id + ".json", body);
        EXPECT_EQ(client->request("hn.process.reply", id),
                  (reply{502, "the Hacker News API answered no item for item " + id, ""}))
            << body;
    }
    EXPECT_EQ(client->request("hn.fetch.list"), nothing_fetched) << "nothing of it was stored";
}

TEST_F(hn_live, takes_an_empty_page_and_the_first_1000_ids_of_a_long_one) {
    auto& hn = serve(3);
    const auto one = start();
    hn.answer_with("/v0/topstories.json", "[]");
    EXPECT_EQ(client->request("hn.fetch.ids"), (reply{0, "", "0"}));
    EXPECT_EQ(client->request("hn.fetch.list"), (reply{0, "", "[]"}));
    json::array ids;
    for (int id = 1; id <= 1200; ++id) ids.emplace_back(id);
    hn.answer_with("/v0/topstories.json", json::serialize(ids));
    EXPECT_EQ(client->request("hn.fetch.ids"), (reply{0, "", "1000"}));
    ASSERT_TRUE(one->wait_until_finished(1000));
    EXPECT_EQ(one->counted().skipped_for(skip_reason::null), 1000u);
}

TEST_F(hn_live, reports_that_the_api_cannot_be_reached) {
    settings unreachable;
    unreachable.api = "http://127.0.0.1:1/v0";  // tcpmux: nobody listens
    const auto one = start(unreachable);
    const reply fetched = client->request("hn.fetch.ids");
    EXPECT_EQ(fetched.status, 502);
    EXPECT_TRUE(fetched.error.starts_with("the Hacker News API cannot be reached: ")) << fetched.error;
    EXPECT_EQ(client->request("hn.process.reply", "1").status, 502);
}

TEST_F(hn_live, gives_up_an_item_that_the_api_never_answers) {
    auto& hn = serve(3);
    settings impatient = chosen();
    impatient.upstream_timeout = 100ms;
    impatient.upstream_retries = 1;
    const auto one = start(impatient);
    const std::int64_t id = hn.posts().front();
    hn.hang(id);
    EXPECT_EQ(client->request("hn.process.reply", std::to_string(id)).status, 502);
    EXPECT_EQ(hn.item_requests(), 2u);
    EXPECT_EQ(client->request("hn.process.reply", std::to_string(hn.posts().back())).status, 0);
}

TEST_F(hn_live, stores_the_other_items_when_some_fail) {
    auto& hn = serve(60);
    const auto one = start();
    std::set<std::int64_t> bad;
    for (const std::int64_t id : hn.posts()) {
        if (id % 4 != 0) continue;
        bad.insert(id);
        hn.answer_with("/v0/item/" + std::to_string(id) + ".json", "<html>");
    }
    ASSERT_FALSE(bad.empty());
    client->request("hn.fetch.ids");
    // Those that fail are tried again, so they may be counted more than once.
    ASSERT_TRUE(one->wait_until(
        [&](const counters& now) { return now.stored == hn.posts().size() - bad.size() && now.failed >= bad.size(); }));
    EXPECT_EQ(client->values().size(), hn.posts().size() - bad.size() + 1);
    EXPECT_EQ(one->log().size(), one->counted().failed) << "one line each";
    EXPECT_EQ(one->counted().last_error, one->log().back());
}

TEST_F(hn_live, never_asks_for_more_items_at_once_than_it_is_told) {
    auto& hn = serve(100, 5ms);
    settings narrow = chosen();
    narrow.concurrency = 7;
    const auto one = start(narrow);
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(hn.max_concurrent(), 7u);
}

TEST_F(hn_live, names_the_list_after_the_utc_day_of_its_clock_and_leaves_out_what_is_old) {
    auto& hn = serve(30);
    settings other_day = chosen();
    const auto moment = std::chrono::sys_seconds(std::chrono::seconds(hn.data().now())) + std::chrono::hours(48);
    other_day.now = [moment] { return moment; };
    const auto one = start(other_day);
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(client->request("hn.sort.ids"), (reply{0, "", "hn_posts_" + utc_day(moment)}));
    EXPECT_EQ(client->request("hn.sort.top", "5"), (reply{0, "", R"({"count":0,"posts":[]})"}));
}

TEST_F(hn_live, answers_from_the_newest_list_when_there_is_none_of_today) {
    serve(3);
    const auto one = start();
    const auto list = [](int id) {
        return R"([{"id":)" + std::to_string(id) +
               R"(,"title":"t","url":"u","score":1,"time":"2020-01-01T00:00:00Z"}])";
    };
    client->put_object("hn_posts_2020-01-02", list(2));
    client->put_object("hn_posts_2020-01-01", list(1));
    client->put_object("other", "no list");
    client->put_object("hn_posts_of_somebody_else", "no list");
    const json::value answer = json::parse(client->request("hn.sort.top", "5").body);
    EXPECT_EQ(answer.at("count").as_int64(), 1);
    EXPECT_EQ(answer.at("posts").at(0).at("id").as_int64(), 2);
}

TEST_F(hn_live, sorts_again_into_the_same_object) {
    auto& hn = serve(20);
    const auto one = start();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    const std::string first = client->object(today());
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    EXPECT_EQ(client->object(today()), first);
    EXPECT_EQ(client->objects().size(), 1u);
}

TEST_F(hn_live, ignores_values_of_others_in_its_bucket) {
    auto& hn = serve(10);
    const auto one = start();
    client->put_value("hn_post_1", "no post");
    client->put_value("other", R"({"id":1,"title":"t","url":"u","score":99999,"time":"2099-01-01T00:00:00Z"})");
    client->request("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(client->request("hn.sort.ids").status, 0);
    const json::value answer = json::parse(client->request("hn.sort.top", "500").body);
    EXPECT_EQ(posts_in(answer.at("posts")), hn.expected_top(500, hn.data().now()));
}

TEST_F(hn_live, refreshes_by_itself) {
    auto& hn = serve(20);
    settings often = chosen();
    often.every = 1s;
    const auto one = start(often);
    ASSERT_TRUE(one->wait_until_finished(2 * hn.data().ids().size())) << "two rounds";
    const json::value answer = json::parse(client->request("hn.sort.top", "500").body);
    EXPECT_EQ(posts_in(answer.at("posts")), hn.expected_top(500, hn.data().now()));
    one->stop();
}

TEST_F(hn_live, goes_on_refreshing_after_a_round_that_failed) {
    auto& hn = serve(20);
    hn.fail_next(1, 404);
    settings often = chosen();
    often.every = 1s;
    const auto one = start(often);
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    ASSERT_EQ(one->log().size(), 1u);
    EXPECT_EQ(one->log().front(), "refresh: the Hacker News API answered 404 for topstories");
}

TEST_F(hn_live, refuses_settings_out_of_their_bounds) {
    serve(3);
    settings bad = chosen();
    bad.concurrency = 0;
    EXPECT_THROW(start(bad), std::invalid_argument);
    bad = chosen();
    bad.concurrency = 1025;
    EXPECT_THROW(start(bad), std::invalid_argument);
    bad = chosen();
    bad.api = "ftp://example.com";
    EXPECT_THROW(start(bad), std::invalid_argument);
    bad = chosen();
    bad.every = -1s;
    EXPECT_THROW(start(bad), std::invalid_argument);
}

}  // namespace
}  // namespace hackernews::test
