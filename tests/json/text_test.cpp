#include <tests/json/refused.hpp>

#include <map>
#include <vector>

namespace mote::json {
namespace {

using namespace std::string_literals;
using test::code_of;
using test::expect_round_trip;
using test::refused;
using test::unsayable;

TEST(json_text, is_utf8_as_it_is) {
    expect_round_trip("plain"s, R"("plain")");
    expect_round_trip(""s, R"("")");
    expect_round_trip("äö€\U0001F600 \u2028/"s, "\"äö€\U0001F600 \u2028/\"");
    expect_round_trip("\x7f"s, "\"\x7f\"");
}

TEST(json_text, has_escapes_for_what_json_needs_them) {
    expect_round_trip("\"\\\b\f\n\r\t"s, R"("\"\\\b\f\n\r\t")");
    expect_round_trip("\0\x01\x1f"s, R"("\u0000\u0001\u001f")");
    EXPECT_EQ(decode<std::string>(R"("\/\u0041\u00e4\u20AC\u20ac")"), "/Aä€€");
}

TEST(json_text, finds_what_needs_an_escape_at_any_place_of_a_long_string) {
    for (std::size_t size = 0; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (const auto& [special, escaped] : std::map<std::string, std::string>{{"\"", "\\\""},
                                                                                     {"\\", "\\\\"},
                                                                                     {"\n", "\\n"},
                                                                                     {"\x1f", "\\u001f"},
                                                                                     {"é", "é"},
                                                                                     {" ", " "},
                                                                                     {"!", "!"}}) {
                const std::string before(at, 'a'), after(size - at, '#');
                expect_round_trip(before + special + after, '"' + before + escaped + after + '"');
            }
}

TEST(json_text, reads_surrogate_pairs_and_refuses_half_ones) {
    EXPECT_EQ(decode<std::string>(R"("\ud83d\uDE00")"), "\U0001F600");
    EXPECT_EQ(decode<std::string>(R"("\ud800\udc00\udbff\udfff")"), "\U00010000\U0010FFFF");
    EXPECT_EQ(refused<std::string>(R"("\ud83d")"), "expected a low surrogate at byte 7, got '\"'");
    EXPECT_EQ(refused<std::string>(R"("\ud83dx")"), "expected a low surrogate at byte 7, got 'x'");
    EXPECT_EQ(refused<std::string>(R"("\ud83d\u0041")"), "expected a low surrogate at byte 7, got '\\'");
    EXPECT_EQ(refused<std::string>(R"("\ud83d\ud83d")"), "expected a low surrogate at byte 7, got '\\'");
    EXPECT_EQ(refused<std::string>(R"("\ude00")"), "expected a high surrogate at byte 1, got '\\'");
    EXPECT_EQ(code_of<std::string>(R"("\ude00")"), errc::syntax);
}

TEST(json_text, refuses_wrong_escapes_and_control_characters) {
    EXPECT_EQ(refused<std::string>(R"("\x")"), "expected an escape at byte 2, got 'x'");
    EXPECT_EQ(refused<std::string>("\"\\"), "expected an escape at byte 2, got the end");
    EXPECT_EQ(refused<std::string>(R"("\u12g4")"), "expected four hexadecimal digits at byte 5, got 'g'");
    EXPECT_EQ(refused<std::string>("\"\\u12"), "expected four hexadecimal digits at byte 5, got the end");
    EXPECT_EQ(refused<std::string>("\"a\nb\""), "expected no control character in a string at byte 2, got 0x0A");
    EXPECT_EQ(refused<std::string>("\"\\n\x01\""), "expected no control character in a string at byte 3, got 0x01");
    EXPECT_EQ(refused<std::string>("\"\0\""s), "expected no control character in a string at byte 1, got 0x00");
    EXPECT_EQ(refused<std::string>("\"abc"), "expected '\"' at byte 4, got the end");
    EXPECT_EQ(refused<std::string>("\"\\n"), "expected '\"' at byte 3, got the end");
    EXPECT_EQ(refused<std::string>("'abc'"), "expected a value at byte 0, got \"'\"");
}

const std::vector<std::string> not_utf8 = {
    "\x80",              // a continuation alone
    "\xc3",              // cut off
    "\xc3(",             //
    "\xc0\xaf",          // overlong
    "\xc1\xbf",          //
    "\xe0\x9f\xbf",      //
    "\xf0\x8f\xbf\xbf",  //
    "\xed\xa0\x80",      // a surrogate
    "\xed\xbf\xbf",      //
    "\xe2\x82",          // cut off
    "\xe2(\xa1",         //
    "\xf0\x9f\x98",      //
    "\xf4\x90\x80\x80",  // beyond U+10FFFF
    "\xf5\x80\x80\x80",  //
    "\xff",
    "\xfe",
};

TEST(json_text, has_to_be_utf8_when_read) {
    for (const std::string& bytes : not_utf8) {
        EXPECT_EQ(code_of<std::string>("\"a" + bytes + "\""), errc::bad_utf8) << encode(bytes.size());
        EXPECT_EQ(code_of<std::string>("\"\\n" + bytes + "\""), errc::bad_utf8);
        EXPECT_EQ(code_of<std::string>("\"" + bytes), errc::bad_utf8);
        EXPECT_EQ(code_of<raw>("{\"" + bytes + "\":1}"), errc::bad_utf8) << "skipped, and checked all the same";
    }
    EXPECT_EQ(refused<std::vector<std::string>>("[\"\",\"ab\xff\"]"), "[1]: expected UTF-8 at byte 7, got 0xFF");
}

TEST(json_text, has_to_be_utf8_when_written) {
    for (const std::string& bytes : not_utf8) EXPECT_EQ(unsayable("a" + bytes), "a string that is not UTF-8");
    EXPECT_EQ(unsayable(std::map<std::string, std::vector<std::string>>{{"k", {"", "\xff"}}}),
              "k[1]: a string that is not UTF-8");
    EXPECT_EQ(unsayable(std::map<std::string, int>{{"\xff", 1}}), "[\"?\"]: a key that is not UTF-8");
    try {
        encode("\xff"s);
        FAIL() << "encoded";
    } catch (const encode_error& error) {
        EXPECT_EQ(error.code(), errc::bad_utf8);
    }
}

TEST(json_text, is_a_string_and_nothing_else) {
    EXPECT_EQ(refused<std::string>("5"), "expected a string, got 5");
    EXPECT_EQ(refused<std::string>("false"), "expected a string, got false");
    EXPECT_EQ(code_of<std::string>("5"), errc::wrong_type);
}

}  // namespace
}  // namespace mote::json
