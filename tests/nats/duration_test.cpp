#include <mote/nats/duration.hpp>

#include <gtest/gtest.h>

#include <string>

namespace mote::nats {
namespace {

using namespace std::chrono_literals;

TEST(duration, is_written_as_in_go) {
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("10m"), 10min);
    EXPECT_EQ(parse_duration("1h"), 1h);
    EXPECT_EQ(parse_duration("1h30m15s"), 1h + 30min + 15s);
    EXPECT_EQ(parse_duration("1.5h"), 90min);
    EXPECT_EQ(parse_duration(".5s"), 500ms);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("3us"), 3us);
    EXPECT_EQ(parse_duration("3µs"), 3us);
    EXPECT_EQ(parse_duration("7ns"), 7ns);
    EXPECT_EQ(parse_duration("0"), 0ns);
    EXPECT_EQ(parse_duration("0s"), 0ns);
}

TEST(duration, is_not_read_from_other_texts) {
    for (const std::string text : {"", "90", "s", "1x", "-1s", "+1s", " 1s", "1s ", "1.s.", "1..5s", "1e3s", "inf",
                                   "nans", "1h30", "999999999999h", "1,5h"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace mote::nats
