// How often something is asked, as people write it.

#include <apps/mote/ask/request_rate.hpp>

#include <gtest/gtest.h>

namespace mote::command {
namespace {

TEST(mote_request_rate, is_a_number_of_requests_a_second_minute_or_hour) {
    EXPECT_DOUBLE_EQ(parse_rate("100").value(), 100);
    EXPECT_DOUBLE_EQ(parse_rate("100/s").value(), 100);
    EXPECT_DOUBLE_EQ(parse_rate("2.5/s").value(), 2.5);
    EXPECT_DOUBLE_EQ(parse_rate("30/m").value(), 0.5);
    EXPECT_DOUBLE_EQ(parse_rate("36/h").value(), 0.01);
}

TEST(mote_request_rate, is_no_other_text) {
    for (const char* const wrong :
         {"", "fast", "0", "-1", "1/", "1/d", "/s", "1 /s", "1e3", "nan", "inf", "10000001", "0.000001", "1/s/s"})
        EXPECT_FALSE(parse_rate(wrong)) << wrong;
}

}  // namespace
}  // namespace mote::command
