#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <boost/json/value.hpp>

namespace mote::json {
namespace {

using test::code_of;
using test::refused;

std::string nested(std::size_t levels, std::string_view open = "[", std::string_view close = "]") {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    if (open != "[") text += '1';
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
}

TEST(json_depth, is_32_levels_unless_told) {
    EXPECT_EQ(refused<raw>(nested(32)), "accepted");
    EXPECT_EQ(refused<raw>(nested(33)), "expected at most 32 levels, got more at byte 32");
    EXPECT_EQ(refused<raw>(nested(33, "{\"a\":", "}")), "expected at most 32 levels, got more at byte 160");
    EXPECT_EQ(code_of<boost::json::value>(nested(33)), errc::too_deep);
    EXPECT_EQ(refused<raw>(nested(3), {.max_depth = 2}), "expected at most 2 levels, got more at byte 2");
    EXPECT_EQ(refused<raw>("1", {.max_depth = 0}), "accepted");
    EXPECT_EQ(refused<raw>("[]", {.max_depth = 0}), "expected at most 0 levels, got more at byte 0");
}

TEST(json_depth, counts_what_is_open_and_not_what_was) {
    EXPECT_EQ(refused<raw>("[[],[],[],{},[[]]]", {.max_depth = 3}), "accepted");
    EXPECT_EQ(code_of<raw>("[[],[],[],{},[[[]]]]", {.max_depth = 3}), errc::too_deep);
}

TEST(json_depth, counts_in_members_that_are_skipped) {
    const auto text = [](std::size_t levels) { return R"({"x":)" + nested(levels) + R"(,"name":"a"})"; };
    EXPECT_EQ(refused<board::author>(text(31)), "accepted");
    EXPECT_EQ(code_of<board::author>(text(32)), errc::too_deep);
}

TEST(json_depth, counts_in_structures_that_hold_themselves) {
    const auto text = [](std::size_t levels) { return nested(levels, R"({"text":"","replies":[)", "]}"); };
    EXPECT_EQ(refused<board::comment>(R"({"text":"","replies":[{"text":"","replies":[]}]})", {.max_depth = 4}),
              "accepted");
    EXPECT_EQ(code_of<board::comment>(text(17)), errc::too_deep);
}

TEST(json_depth, is_never_more_than_1000) {
    const decode_options options{.max_depth = 1'000'000};
    EXPECT_EQ(refused<boost::json::value>(nested(1000), options), "accepted");
    EXPECT_EQ(code_of<boost::json::value>(nested(1001), options), errc::too_deep);
    EXPECT_EQ(code_of<raw>(std::string(1'000'000, '['), options), errc::too_deep);
}

TEST(json_size, is_bounded_where_told) {
    EXPECT_EQ(decode<std::string>("\"abc\"", {.max_size = 5}), "abc");
    EXPECT_EQ(refused<std::string>("\"abc\"", {.max_size = 4}), "expected at most 4 bytes, got 5");
    EXPECT_EQ(code_of<std::string>("\"abc\"", {.max_size = 4}), errc::too_large);
}

}  // namespace
}  // namespace mote::json
