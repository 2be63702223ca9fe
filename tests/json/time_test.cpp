#include <tests/json/refused.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace mote::json {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::sys_time;
using test::code_of;
using test::expect_round_trip;
using test::refused;
using test::unsayable;

constexpr sys_seconds moment = sys_days(std::chrono::year(2024) / 5 / 6) + 7h + 8min + 9s;
using sys_milliseconds = sys_time<std::chrono::milliseconds>;
using sys_microseconds = sys_time<std::chrono::microseconds>;
using sys_nanoseconds = sys_time<std::chrono::nanoseconds>;

TEST(json_time, is_rfc_3339_in_utc_with_a_fraction_only_where_there_is_one) {
    expect_round_trip(moment, R"("2024-05-06T07:08:09Z")");
    expect_round_trip(sys_nanoseconds(moment), R"("2024-05-06T07:08:09Z")");
    expect_round_trip(sys_milliseconds(moment + 7ms), R"("2024-05-06T07:08:09.007Z")");
    expect_round_trip(sys_microseconds(moment + 7us), R"("2024-05-06T07:08:09.000007Z")");
    expect_round_trip(sys_nanoseconds(moment + 123456789ns), R"("2024-05-06T07:08:09.123456789Z")");
    expect_round_trip(std::chrono::time_point_cast<std::chrono::minutes>(moment), R"("2024-05-06T07:08:00Z")");
    expect_round_trip(sys_days(std::chrono::year(2024) / 2 / 29), R"("2024-02-29T00:00:00Z")");
    using tenths = std::chrono::duration<std::int64_t, std::deci>;
    expect_round_trip(sys_time<tenths>(moment + tenths(3)), R"("2024-05-06T07:08:09.300Z")");
}

TEST(json_time, before_1970_is_exact_too) {
    expect_round_trip(sys_milliseconds(-1ms), R"("1969-12-31T23:59:59.999Z")");
    expect_round_trip(sys_seconds(-1s), R"("1969-12-31T23:59:59Z")");
    expect_round_trip(sys_seconds(sys_days(std::chrono::year(0) / 1 / 1)), R"("0000-01-01T00:00:00Z")");
    expect_round_trip(sys_seconds(sys_days(std::chrono::year(9999) / 12 / 31) + 24h - 1s), R"("9999-12-31T23:59:59Z")");
}

TEST(json_time, is_read_with_any_offset_and_any_digits_of_a_fraction) {
    EXPECT_EQ(decode<sys_seconds>(R"("2024-05-06t09:08:09+02:00")"), moment);
    EXPECT_EQ(decode<sys_seconds>(R"("2024-05-05T23:38:09-07:30")"), moment);
    EXPECT_EQ(decode<sys_seconds>(R"("2024-05-06 07:08:09z")"), moment);
    EXPECT_EQ(decode<sys_nanoseconds>(R"("2024-05-06T07:08:09.1Z")"), moment + 100ms);
    EXPECT_EQ(decode<sys_nanoseconds>(R"("2024-05-06T07:08:09.1234567891239Z")"), moment + 123456789ns);
    EXPECT_EQ(decode<sys_seconds>(R"("2016-12-31T23:59:60Z")"), sys_days(std::chrono::year(2017) / 1 / 1));
}

TEST(json_time, loses_what_its_type_is_too_coarse_for) {
    EXPECT_EQ(decode<sys_seconds>(R"("2024-05-06T07:08:09.999Z")"), moment);
    EXPECT_EQ(decode<sys_seconds>(R"("1969-12-31T23:59:58.5Z")"), sys_seconds(-2s));
    EXPECT_EQ(decode<sys_days>(R"("2024-05-06T07:08:09Z")"), sys_days(std::chrono::year(2024) / 5 / 6));
}

TEST(json_time, refuses_what_is_none) {
    EXPECT_EQ(refused<sys_seconds>(R"("yesterday")"),
              R"(expected a time such as 2024-05-06T07:08:09Z, got "yesterday")");
    for (const char* text : {"",
                             "2024-05-06",
                             "2024-05-06T07:08:09",
                             "2024-05-06T07:08Z",
                             "2024-13-06T07:08:09Z",
                             "2024-02-30T07:08:09Z",
                             "2023-02-29T00:00:00Z",
                             "2024-05-06T24:00:00Z",
                             "2024-05-06T07:60:09Z",
                             "2024-05-06T07:08:61Z",
                             "2024-05-06T07:08:09.Z",
                             "2024-05-06T07:08:09.x1Z",
                             "2024-05-06T07:08:09+2:00",
                             "2024-05-06T07:08:09+0200",
                             "2024-05-06T07:08:09+24:00",
                             "2024-05-06T07:08:09+00:60",
                             "2024-05-06T07:08:09Zx",
                             "2024-05-06T07:08:09Z ",
                             "+024-05-06T07:08:09Z",
                             "2024-5-6T07:08:09Z",
                             "12024-05-06T07:08:09Z",
                             "2024-05-06T07:08:-9Z",
                             "2024-00-06T07:08:09Z",
                             "2024-05-00T07:08:09Z"})
        EXPECT_EQ(code_of<sys_seconds>(encode(text)), errc::bad_value) << text;
    EXPECT_EQ(refused<sys_seconds>("1714979289"), "expected a time, got 1714979289");
    EXPECT_EQ(refused<sys_nanoseconds>(R"("2500-01-01T00:00:00Z")"),
              R"(expected a time within the range of its type, got "2500-01-01T00:00:00Z")");
    EXPECT_EQ(code_of<sys_nanoseconds>(R"("1600-01-01T00:00:00Z")"), errc::out_of_range);
}

TEST(json_time, outside_the_years_of_four_digits_cannot_be_said) {
    EXPECT_EQ(unsayable(std::vector{sys_seconds(sys_days(std::chrono::year(10000) / 1 / 1))}),
              "[0]: a time outside the years 0 to 9999");
    EXPECT_EQ(unsayable(sys_seconds(sys_days(std::chrono::year(0) / 1 / 1) - 1s)),
              "a time outside the years 0 to 9999");
    EXPECT_EQ(unsayable(sys_time<std::chrono::hours>::max()), "a time outside the years 0 to 9999");
    EXPECT_EQ(unsayable(sys_days::min()), "a time outside the years 0 to 9999");
}

TEST(json_duration, is_nanoseconds) {
    expect_round_trip(1500ms, "1500000000");
    expect_round_trip(-2h, "-7200000000000");
    expect_round_trip(std::chrono::nanoseconds::min(), "-9223372036854775808");
    expect_round_trip(std::chrono::days(1), "86400000000000");
    expect_round_trip(0s, "0");
    EXPECT_EQ(decode<std::chrono::seconds>("2e9"), 2s);
}

TEST(json_duration, is_a_whole_number_of_ticks) {
    EXPECT_EQ(refused<std::chrono::milliseconds>("1500"),
              "expected nanoseconds that are a multiple of 1000000, got 1500");
    EXPECT_EQ(code_of<std::chrono::milliseconds>("1500"), errc::bad_value);
    EXPECT_EQ(refused<std::chrono::nanoseconds>("1.5"), "expected an integer of nanoseconds, got 1.5");
    EXPECT_EQ(refused<std::chrono::nanoseconds>(R"("1s")"), "expected an integer of nanoseconds, got a string");
}

TEST(json_duration, has_to_fit) {
    using narrow = std::chrono::duration<std::int8_t>;
    expect_round_trip(narrow(127), "127000000000");
    EXPECT_EQ(refused<narrow>("128000000000"), "expected nanoseconds within the range of its type, got 128000000000");
    EXPECT_EQ(code_of<std::chrono::nanoseconds>("9223372036854775808"), errc::out_of_range);
    EXPECT_EQ(unsayable(std::chrono::hours(1'000'000'000'000)), "a duration of more than 64 bits of nanoseconds");
    using wide = std::chrono::duration<std::uint64_t, std::nano>;
    EXPECT_EQ(unsayable(wide(std::numeric_limits<std::uint64_t>::max())),
              "a duration of more than 64 bits of nanoseconds");
    EXPECT_EQ(code_of<wide>("-1"), errc::out_of_range);
}

}  // namespace
}  // namespace mote::json
