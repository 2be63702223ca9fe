// The time that a caller has left, in a header.

#include <mote/micro/deadline.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

namespace mote::micro {
namespace {

using namespace std::chrono_literals;

std::optional<std::chrono::milliseconds> read(const std::string& value) {
    const auto block = "NATS/1.0\r\nMote-Deadline-Ms: " + value + "\r\n\r\n";
    return deadline_in(nats::headers_view(block));
}

std::string written(std::chrono::nanoseconds remaining) {
    nats::headers headers{{"Mote-Deadline-Ms", "of somebody else"}};
    add_deadline(headers, remaining);
    EXPECT_EQ(std::ranges::count(headers.lines(), '\n'), 1);
    return std::string(headers.get(deadline_header).value_or("none"));
}

TEST(micro_deadline, is_read_as_milliseconds) {
    EXPECT_EQ(read("0"), 0ms);
    EXPECT_EQ(read("1500"), 1500ms);
    EXPECT_EQ(read("0000000007"), 7ms);
    EXPECT_EQ(read("9999999999"), 9'999'999'999ms);
}

TEST(micro_deadline, is_not_read_from_anything_but_1_to_10_digits) {
    for (const std::string value : {"", "-1", "+1", "1.5", "1e3", "0x10", "12 3", "1s", "10000000000", "00000000001"})
        EXPECT_FALSE(read(value)) << value;
    EXPECT_FALSE(deadline_in(nats::headers_view()));
    EXPECT_FALSE(deadline_in(nats::headers_view("NATS/1.0\r\nmote-deadline-ms: 5\r\n\r\n"))) << "names have a case";
}

TEST(micro_deadline, is_written_in_whole_milliseconds_within_bounds) {
    EXPECT_EQ(written(1500ms), "1500");
    EXPECT_EQ(written(1999us), "1");
    EXPECT_EQ(written(1ns), "1");
    EXPECT_EQ(written(-5s), "1");
    EXPECT_EQ(written(std::chrono::nanoseconds::max()), "9999999999");
    EXPECT_EQ(read(written(2h)), 2h);
}

}  // namespace
}  // namespace mote::micro
