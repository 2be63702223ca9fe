#include <mote/objects/detail/layout.hpp>
#include <mote/objects/error.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::objects::detail {
namespace {

boost::system::error_code error_of(void (*check)(std::string_view), const std::string& text) {
    try {
        check(text);
    } catch (const boost::system::system_error& error) {
        return error.code();
    }
    return {};
}

TEST(layout, is_that_of_adr_20) {
    EXPECT_EQ(stream_name("hacker_news"), "OBJ_hacker_news");
    EXPECT_EQ(all_chunks("hacker_news"), "$O.hacker_news.C.>");
    EXPECT_EQ(all_infos("hacker_news"), "$O.hacker_news.M.>");
    EXPECT_EQ(chunks_of("hacker_news", "ZTaMXYh5otqQUvuSYOSVSB"), "$O.hacker_news.C.ZTaMXYh5otqQUvuSYOSVSB");
    EXPECT_EQ(info_of("hacker_news", "hn_posts_2026-11-24"), "$O.hacker_news.M.aG5fcG9zdHNfMjAyNi0xMS0yNA==");
}

TEST(layout, takes_store_names_of_letters_digits_dash_and_underscore) {
    for (const auto* name : {"a", "Photos_2026-11", "0", "-", "_"}) EXPECT_FALSE(error_of(check_store, name)) << name;
    EXPECT_FALSE(error_of(check_store, std::string(251, 'a')));
}

TEST(layout, refuses_other_store_names) {
    for (const auto* name : {"", "a.b", "a b", "a*", ">", "ä", "a/b", "a\n"})
        EXPECT_EQ(error_of(check_store, name), errc::bad_store) << name;
    EXPECT_EQ(error_of(check_store, std::string(252, 'a')), errc::bad_store);
}

TEST(layout, takes_any_text_as_the_name_of_an_object) {
    for (const auto* name : {"a", " ", "a b", "a.b", "*", ">", "dir/päth/😀.txt", "\n", "\"\\", "..", "\x7f"})
        EXPECT_FALSE(error_of(check_name, name)) << name;
    EXPECT_FALSE(error_of(check_name, std::string(2048, 'a')));
    EXPECT_FALSE(error_of(check_name, std::string("\0", 1)));
}

TEST(layout, refuses_names_that_are_empty_too_long_or_not_utf_8) {
    for (const auto* name : {"", "\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_EQ(error_of(check_name, name), errc::bad_name) << name;
    EXPECT_EQ(error_of(check_name, std::string(2049, 'a')), errc::bad_name);
}

TEST(layout, knows_utf_8) {
    for (const auto* text : {"", "abc", "é", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
        EXPECT_TRUE(is_utf8(text)) << text;
}

TEST(layout, lets_no_stored_name_of_chunks_reach_other_objects) {
    for (const auto* token : {"ZTaMXYh5otqQUvuSYOSVSB", "550e8400-e29b-41d4-a716-446655440000"})
        EXPECT_TRUE(is_subject_token(token)) << token;
    for (const auto* token : {"", ">", "*", "a.>", "a.b", "a b", "a\r\n", "x>"})
        EXPECT_FALSE(is_subject_token(token)) << token;
}

TEST(errors, have_a_text_and_a_category) {
    const boost::system::error_code code = errc::object_not_found;
    EXPECT_EQ(code.message(), "object not found");
    EXPECT_STREQ(code.category().name(), "mote.objects");
    try {
        throw_error(errc::bad_name, "empty");
    } catch (const boost::system::system_error& error) {
        EXPECT_NE(std::string(error.what()).find("empty: invalid object name"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace mote::objects::detail
