// Routes that endpoints ask for.

#include <mote/gateway/detail/route.hpp>

#include <gtest/gtest.h>

namespace mote::gateway::detail {
namespace {

TEST(gateway_route, matches_segment_by_segment_and_decodes_them) {
    const auto found = route::parse("GET /hn/top/{n}");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->method(), "GET");
    EXPECT_EQ(found->names(), 1U);
    EXPECT_EQ(found->match("/hn/top/3"), (route_values{{"n", "3"}}));
    EXPECT_EQ(found->match("/hn/top/a%20b%2Fc"), (route_values{{"n", "a b/c"}}));
    EXPECT_EQ(found->match("/%68n/top/3"), (route_values{{"n", "3"}}));
}

TEST(gateway_route, does_not_match_other_paths_or_wrong_escapes) {
    const auto found = route::parse("GET /hn/top/{n}");
    ASSERT_TRUE(found);
    for (const char* path : {"/hn/top", "/hn/top/", "/hn/top/3/", "/hn/top/3/4", "/hn/last/3", "/hn//3", "/", "*", "",
                             "/hn/top/%", "/hn/top/%4", "/hn/top/%zz", "hn/top/3"})
        EXPECT_FALSE(found->match(path)) << path;
}

TEST(gateway_route, may_have_several_names_and_end_with_a_slash) {
    const auto found = route::parse("DELETE /a/{x}/b/{y}/");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->match("/a/1/b/2/"), (route_values{{"x", "1"}, {"y", "2"}}));
    EXPECT_FALSE(found->match("/a/1/b/2"));
}

TEST(gateway_route, may_write_what_is_no_letter_as_percent_xx) {
    const auto found = route::parse("GET /a%20b/{n}");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->match("/a%20b/1"), (route_values{{"n", "1"}}));
    EXPECT_FALSE(found->match("/a%2520b/1"));
}

TEST(gateway_route, is_refused_when_it_is_none) {
    for (const char* text :
         {"", "GET", "GET ", "/hn", "get /hn", "GET hn", "GET /a b", "GET /{}", "GET /{a}/{a}", "GET /x{a}",
          "GET /{a}x", "GET /{a", "GET /a}", "GET /{{a}}", "GET /a?b", "GET  /a", "G3T /a"})
        EXPECT_FALSE(route::parse(text)) << text;
}

}  // namespace
}  // namespace mote::gateway::detail
