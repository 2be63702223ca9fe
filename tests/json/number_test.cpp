#include <tests/json/refused.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mote::json {
namespace {

using test::code_of;
using test::expect_round_trip;
using test::refused;
using test::unsayable;

TEST(json_integer, is_exact_in_all_widths) {
    expect_round_trip(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    expect_round_trip(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
    expect_round_trip(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    expect_round_trip(std::numeric_limits<std::int32_t>::min(), "-2147483648");
    expect_round_trip(std::int8_t{-128}, "-128");
    expect_round_trip(std::uint8_t{255}, "255");
    expect_round_trip(std::uint16_t{0}, "0");
    expect_round_trip(1LL << 53, "9007199254740992");
    expect_round_trip((1LL << 53) + 1, "9007199254740993");
}

TEST(json_integer, has_to_fit) {
    EXPECT_EQ(refused<std::uint8_t>("300"), "expected an integer from 0 to 255, got 300");
    EXPECT_EQ(refused<std::uint8_t>("-1"), "expected an integer from 0 to 255, got -1");
    EXPECT_EQ(refused<std::int8_t>("-129"), "expected an integer from -128 to 127, got -129");
    EXPECT_EQ(refused<std::int8_t>("128"), "expected an integer from -128 to 127, got 128");
    EXPECT_EQ(refused<std::int64_t>("9223372036854775808"),
              "expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808");
    EXPECT_EQ(refused<std::int64_t>("-9223372036854775809"),
              "expected an integer from -9223372036854775808 to 9223372036854775807, got -9223372036854775809");
    EXPECT_EQ(refused<std::uint64_t>("18446744073709551616"),
              "expected an integer from 0 to 18446744073709551615, got 18446744073709551616");
    EXPECT_EQ(refused<std::uint64_t>("1e20"), "expected an integer from 0 to 18446744073709551615, got 1e20");
    EXPECT_EQ(refused<int>("1e999999999999999999999"),
              "expected an integer from -2147483648 to 2147483647, got 1e999999999999999999999");
    EXPECT_EQ(code_of<std::uint8_t>("256"), errc::out_of_range);
}

TEST(json_integer, can_be_written_with_a_fraction_of_zeros_or_an_exponent) {
    EXPECT_EQ(decode<int>("3.0"), 3);
    EXPECT_EQ(decode<int>("1e2"), 100);
    EXPECT_EQ(decode<int>("1.5E+1"), 15);
    EXPECT_EQ(decode<int>("-1200e-2"), -12);
    EXPECT_EQ(decode<int>("0.00"), 0);
    EXPECT_EQ(decode<unsigned>("-0"), 0U);
    EXPECT_EQ(decode<unsigned>("-0.0e5"), 0U);
    EXPECT_EQ(decode<int>("0e999999999999999999"), 0);
    EXPECT_EQ(decode<int>("0.0012e4"), 12);
    EXPECT_EQ(decode<std::int64_t>("9223372036854775807.000"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(decode<std::int64_t>("-9.223372036854775808e18"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(decode<std::uint64_t>("1844674407370955161500e-2"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(decode<int>("1" + std::string(400, '0') + "e-400"), 1);
    EXPECT_EQ(decode<int>("0." + std::string(400, '0') + "1e401"), 1);
}

TEST(json_integer, is_no_fraction_no_string_and_no_boolean) {
    EXPECT_EQ(refused<int>("3.5"), "expected an integer, got 3.5");
    EXPECT_EQ(refused<int>("1e-1"), "expected an integer, got 1e-1");
    EXPECT_EQ(refused<int>("0.1"), "expected an integer, got 0.1");
    EXPECT_EQ(refused<int>("1e-999999999999999999999"), "expected an integer, got 1e-999999999999999999999");
    EXPECT_EQ(refused<int>("9223372036854775807.5"), "expected an integer, got 9223372036854775807.5");
    EXPECT_EQ(refused<int>("\"3\""), "expected an integer, got a string");
    EXPECT_EQ(refused<int>("true"), "expected an integer, got true");
    EXPECT_EQ(refused<int>("null"), "expected an integer, got null");
    EXPECT_EQ(refused<int>("[]"), "expected an integer, got an array");
    EXPECT_EQ(refused<int>("{}"), "expected an integer, got an object");
    EXPECT_EQ(code_of<int>("3.5"), errc::wrong_type);
}

TEST(json_integer, of_any_length_makes_a_short_error) {
    EXPECT_EQ(refused<std::uint8_t>(std::string(1000, '7')),
              "expected an integer from 0 to 255, got " + std::string(48, '7') + "...");
}

TEST(json_floating, has_the_shortest_text_that_is_read_back_the_same) {
    expect_round_trip(0.1, "0.1");
    expect_round_trip(0.1F, "0.1");
    expect_round_trip(1.0 / 3, "0.3333333333333333");
    expect_round_trip(5.0, "5");
    expect_round_trip(1e300, "1e+300");
    expect_round_trip(std::numeric_limits<double>::max(), "1.7976931348623157e+308");
    expect_round_trip(std::numeric_limits<double>::denorm_min(), "5e-324");
    expect_round_trip(std::numeric_limits<float>::max(), "3.4028235e+38");
    EXPECT_EQ(encode(-0.0), "-0");
    EXPECT_TRUE(std::signbit(decode<double>("-0")));
}

TEST(json_floating, is_read_from_integers_and_all_forms_of_numbers) {
    EXPECT_EQ(decode<double>("3"), 3.0);
    EXPECT_EQ(decode<double>("-12.5e-1"), -1.25);
    EXPECT_EQ(decode<double>("1E3"), 1000.0);
    EXPECT_EQ(decode<double>("123456789012345678901234567890"), 123456789012345678901234567890.0);
}

TEST(json_floating, too_small_is_zero_and_too_large_is_refused) {
    EXPECT_EQ(decode<double>("1e-999"), 0.0);
    EXPECT_EQ(decode<double>("0." + std::string(999, '0') + "1"), 0.0);
    EXPECT_EQ(decode<float>("1e-60"), 0.0F);
    EXPECT_EQ(decode<double>("0e999"), 0.0);
    EXPECT_EQ(refused<double>("1e309"), "expected a number within the range of a double, got 1e309");
    EXPECT_EQ(refused<double>("-1e309"), "expected a number within the range of a double, got -1e309");
    EXPECT_EQ(refused<float>("1e39"), "expected a number within the range of a float, got 1e39");
    EXPECT_EQ(code_of<double>("1e309"), errc::out_of_range);
    EXPECT_EQ(refused<double>("\"1\""), "expected a number, got a string");
}

TEST(json_floating, without_a_finite_value_cannot_be_said) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(unsayable(std::vector{1.0, std::nan("")}), "[1]: JSON has no NaN");
    EXPECT_EQ(unsayable(infinity), "JSON has no infinity");
    EXPECT_EQ(unsayable(-std::numeric_limits<float>::infinity()), "JSON has no infinity");
    try {
        encode(infinity);
        FAIL() << "encoded";
    } catch (const encode_error& error) {
        EXPECT_EQ(error.code(), errc::not_a_number);
        EXPECT_EQ(error.path(), "");
    }
}

TEST(json_number, has_the_grammar_of_json) {
    for (const char* text :
         {"01", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "--1", "1_000", "-a", "00", "-01"}) {
        EXPECT_EQ(code_of<double>(text), errc::syntax) << text;
        EXPECT_EQ(code_of<int>(text), errc::syntax) << text;
        EXPECT_EQ(code_of<raw>(text), errc::syntax) << text;
    }
    EXPECT_EQ(refused<int>("01"), "expected a number at byte 0, got '0'");
    EXPECT_EQ(refused<int>("1x"), "expected the end at byte 1, got 'x'");
    EXPECT_EQ(refused<double>("NaN"), "expected a value at byte 0, got 'N'");
    EXPECT_EQ(refused<double>("Infinity"), "expected a value at byte 0, got 'I'");
    EXPECT_EQ(refused<double>("-Infinity"), "expected a number at byte 0, got '-'");
    EXPECT_EQ(refused<double>("nan"), "expected a value at byte 0, got 'n'");
}

}  // namespace
}  // namespace mote::json
