#include <apps/mote/look/sparkline.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace mote::test {
namespace {

using command::sparkline;

TEST(a_sparkline, has_the_largest_value_as_its_height) {
    EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8, true), "▁▂▃▄▅▆▇█");
    EXPECT_EQ(sparkline({0, 700, 350}, 3, true), "▁█▅");
}

TEST(a_sparkline, is_ascii_where_there_is_no_utf8) {
    EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8, false), " .:-=+*#");
}

TEST(a_sparkline, has_the_newest_values_on_the_right) {
    EXPECT_EQ(sparkline({9, 9, 0, 1}, 2, true), "▁█");
    EXPECT_EQ(sparkline({1}, 4, true), "   █");
    EXPECT_EQ(sparkline({}, 3, true), "   ");
    EXPECT_EQ(sparkline({1, 2}, 0, true), "");
}

TEST(a_sparkline, shows_what_is_little_as_something) {
    EXPECT_EQ(sparkline({1e9, 1e-3, 0}, 3, true), "█▂▁");
    EXPECT_EQ(sparkline({0, 0}, 2, true), "▁▁");
    EXPECT_EQ(sparkline({-1, std::nan(""), 1}, 3, true), "▁▁█");
}

}  // namespace
}  // namespace mote::test
