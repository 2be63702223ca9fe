#include <apps/hackernews/counters.hpp>
#include <apps/hackernews/post.hpp>

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace hackernews {
namespace {

constexpr std::int64_t noon = 1795521600;  // 2026-11-24T12:00:00Z

std::chrono::sys_seconds at(std::int64_t seconds) { return std::chrono::sys_seconds(std::chrono::seconds(seconds)); }

std::string story(const std::string& more) {
    return R"({"id":7,"type":"story","title":"A title","score":42,"time":1795521600,"url":"https://example.com/?a=1&b=2",)"
           R"("by":"someone","descendants":3,"kids":[8,9])" +
           more + "}";
}

std::string without(const std::string& field) {
    std::string text = story("");
    const std::size_t begin = text.find("\"" + field + "\":");
    text.erase(begin, text.find(',', begin) + 1 - begin);
    return text;
}

std::string reason_of(const std::string& json) {
    const auto answer = parse_item(7, json);
    if (!answer) return "unreadable";
    const auto* reason = std::get_if<skip_reason>(&*answer);
    return reason != nullptr ? std::string(name_of(*reason)) : "post";
}

TEST(hn_post, is_made_of_a_story) {
    const auto answer = parse_item(7, story(""));
    ASSERT_TRUE(answer);
    const post expected{.id = 7,
                        .title = "A title",
                        .url = "https://example.com/?a=1&b=2",
                        .score = 42,
                        .time = at(noon),
                        .by = "someone",
                        .comments = 3};
    EXPECT_EQ(std::get<post>(*answer), expected);
}

TEST(hn_post, without_an_address_points_to_its_discussion) {
    const std::string discussion = "https://news.ycombinator.com/item?id=7";
    EXPECT_EQ(std::get<post>(*parse_item(7, without("url"))).url, discussion);
    EXPECT_EQ(std::get<post>(*parse_item(7, story(R"(,"url":"")"))).url, discussion);
}

TEST(hn_post, without_author_and_comments_is_kept) {
    const auto kept = std::get<post>(*parse_item(7, R"({"id":7,"type":"story","title":"t","score":0,"time":1})"));
    EXPECT_EQ(kept.by, "");
    EXPECT_EQ(kept.comments, 0);
}

TEST(hn_post, skips_by_reason_what_is_not_a_whole_story) {
    EXPECT_EQ(reason_of("null"), "null");
    EXPECT_EQ(reason_of(story(R"(,"deleted":true)")), "deleted");
    EXPECT_EQ(reason_of(R"({"id":7,"deleted":true})"), "deleted");
    EXPECT_EQ(reason_of(story(R"(,"dead":true)")), "dead");
    EXPECT_EQ(reason_of(story(R"(,"dead":false,"deleted":false)")), "post");
    for (const std::string type : {"job", "comment", "poll"})
        EXPECT_EQ(reason_of(story(",\"type\":\"" + type + "\"")), type);
    EXPECT_EQ(reason_of(story(R"(,"type":"pollopt")")), "other_type");
    EXPECT_EQ(reason_of(without("type")), "other_type");
    EXPECT_EQ(reason_of(without("title")), "no_title");
    EXPECT_EQ(reason_of(story(R"(,"title":"")")), "no_title");
    EXPECT_EQ(reason_of(story(R"(,"title":5)")), "no_title");
    EXPECT_EQ(reason_of(without("score")), "no_score");
    EXPECT_EQ(reason_of(story(R"(,"score":"42")")), "no_score");
    EXPECT_EQ(reason_of(story(R"(,"score":1.5)")), "no_score");
    EXPECT_EQ(reason_of(without("time")), "no_time");
    for (const std::string time : {"0", "-1", "null", "253402300800"})
        EXPECT_EQ(reason_of(story(",\"time\":" + time)), "no_time");
}

TEST(hn_post, is_not_read_from_what_is_no_item) {
    for (const std::string text : {"", "<html>", "7", "[]", "\"story\"", "{\"id\":7", "{\"id\":7,\"title\":\"\xff\"}"})
        EXPECT_EQ(reason_of(text), "unreadable") << text;
    EXPECT_EQ(reason_of(story(R"(,"id":8)")), "unreadable") << "another item than the one asked for";
}

TEST(hn_post, is_written_as_json_with_the_keys_in_order) {
    const post each{.id = 44000028,
                    .title = "A \"title\" – “ünïcode”",
                    .url = "https://example.com/?a=1&b=2",
                    .score = 13,
                    .time = at(noon),
                    .by = "someone",
                    .comments = 2};
    EXPECT_EQ(to_json(each),
              R"({"id":44000028,"title":"A \"title\" – “ünïcode”","url":"https://example.com/?a=1&b=2","score":13,)"
              R"("time":"2026-11-24T12:00:00Z","by":"someone","comments":2})");
    EXPECT_EQ(post_from_json(to_json(each)), each);
}

TEST(hn_post, of_the_example_in_go_is_read_without_author_and_comments) {
    const auto read =
        post_from_json(R"({"id":1,"title":"t","url":"u","score":13,"time":"2026-11-24T00:13:08Z","later":[]})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->by, "");
    EXPECT_EQ(utc_text(read->time), "2026-11-24T00:13:08Z");
}

TEST(hn_post, is_not_read_from_other_values) {
    for (const std::string text :
         {"", "null", "[]", "{}", R"({"id":0,"title":"t","url":"u","score":1,"time":"2026-11-24T00:13:08Z"})",
          R"({"id":1,"title":"","url":"u","score":1,"time":"2026-11-24T00:13:08Z"})",
          R"({"id":1,"title":"t","url":"u","score":1,"time":1795521600})",
          R"({"id":1,"title":"t","url":"u","time":"2026-11-24T00:13:08Z"})"})
        EXPECT_FALSE(post_from_json(text)) << text;
}

TEST(hn_time, is_rfc_3339_in_utc) {
    EXPECT_EQ(utc_text(at(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(utc_text(at(1573523342)), "2019-11-12T01:49:02Z");
    EXPECT_EQ(utc_text(at(1582934400)), "2020-02-29T00:00:00Z");
    EXPECT_EQ(utc_text(at(253402300799)), "9999-12-31T23:59:59Z");
    EXPECT_EQ(utc_day(at(1573523342)), "2019-11-12");
    EXPECT_EQ(parse_utc("2019-11-12T01:49:02Z"), at(1573523342));
}

TEST(hn_time, is_not_read_from_other_texts) {
    for (const std::string text :
         {"", "2019-11-12", "2019-11-12T01:49:02", "2019-11-12 01:49:02Z", "2019-13-12T01:49:02Z",
          "2019-02-29T01:49:02Z", "2019-11-12T24:00:00Z", "2019-11-12T01:60:00Z", "2019-11-12T01:49:60Z",
          "-019-11-12T01:49:02Z", "2019-11-12T01:-9:02Z"})
        EXPECT_FALSE(parse_utc(text)) << text;
}

TEST(hn_counters, are_shown_with_the_reasons_that_occurred) {
    counters counted;
    EXPECT_EQ(to_json(counted), R"({"received":0,"stored":0,"failed":0,"skipped":{}})");
    counted.received = 7;
    counted.stored = 3;
    counted.failed = 1;
    counted.skipped[static_cast<std::size_t>(skip_reason::job)] = 2;
    EXPECT_EQ(to_json(counted), R"({"received":7,"stored":3,"failed":1,"skipped":{"job":2}})");
    EXPECT_EQ(counted.finished(), 6u);
    EXPECT_EQ(counted.in_progress(), 1u);
}

}  // namespace
}  // namespace hackernews
