// What is shown to people: texts of others made harmless, tables, times, names that were meant.

#include <apps/mote/exit_code.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/nats/error.hpp>

#include <gtest/gtest.h>

namespace mote::command {
namespace {

using namespace std::chrono_literals;

terminal person(std::size_t width, bool utf8 = true) {
    terminal reader;
    reader.interactive = true;
    reader.utf8 = utf8;
    reader.width = width;
    return reader;
}

TEST(mote_text, shows_control_characters_and_broken_bytes_as_escapes) {
    EXPECT_EQ(printable("plain é 日本"), "plain é 日本");
    EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
    EXPECT_EQ(printable("\x7f"), "\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "1m"),
              "\\u009b1m")
        << "C1 controls move cursors too";
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "evil"),
              "\\u202eevil")
        << "as do marks that turn the direction of text";
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80")
        << "overlong forms and surrogates are no UTF-8";
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(mote_text, tells_utf8_from_other_bytes) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("é日🙂"));
    EXPECT_FALSE(is_utf8("\xff"));
    EXPECT_FALSE(is_utf8("abc\xe2\x82"));
    EXPECT_EQ(valid_json("\"\xff\""), "\"\xef\xbf\xbd\"");
}

TEST(mote_text, knows_how_many_columns_a_text_takes) {
    EXPECT_EQ(display_width("abc"), 3u);
    EXPECT_EQ(display_width("é"), 1u);
    EXPECT_EQ(display_width("日本"), 4u);
    EXPECT_EQ(display_width("e\u0301"), 1u) << "a combining accent takes none";
}

TEST(mote_text, is_cut_between_characters) {
    EXPECT_EQ(shortened("abcdef", 6, "…"), "abcdef");
    EXPECT_EQ(shortened("abcdef", 5, "…"), "abcd…");
    EXPECT_EQ(shortened("日本語", 5, "…"), "日本…");
    EXPECT_EQ(shortened("日本語", 4, "…"), "日…") << "half a wide character is not shown";
    EXPECT_EQ(shortened("abcdef", 2, "..."), "ab");
    EXPECT_EQ(shortened("abcdef", 0, "…"), "");
}

TEST(mote_text, writes_durations_for_people) {
    EXPECT_EQ(readable(0ns), "0ns");
    EXPECT_EQ(readable(-1500ns), "-1.5µs");
    EXPECT_EQ(readable(std::chrono::nanoseconds::min()), "-2562047h47m");
    EXPECT_EQ(readable(850ns), "850ns");
    EXPECT_EQ(readable(12'340ns), "12.3µs");
    EXPECT_EQ(readable(680us), "680µs");
    EXPECT_EQ(readable(999'900ns), "1ms");
    EXPECT_EQ(readable(1250us), "1.25ms");
    EXPECT_EQ(readable(2500ms), "2.5s");
    EXPECT_EQ(readable(101s), "1m41s");
    EXPECT_EQ(readable(59'960ms), "1m0s");
    EXPECT_EQ(readable(2h + 3min), "2h3m");
    EXPECT_EQ(readable(-5ms), "-5ms");
}

TEST(mote_exit_code, is_that_of_the_design_for_each_error) {
    EXPECT_EQ(exit_code_of(nats::errc::connect_failed), exit_code::cannot_connect);
    EXPECT_EQ(exit_code_of(nats::errc::closed), exit_code::cannot_connect);
    EXPECT_EQ(exit_code_of(nats::errc::disconnected), exit_code::cannot_connect);
    EXPECT_EQ(exit_code_of(nats::errc::auth_failed), exit_code::not_allowed);
    EXPECT_EQ(exit_code_of(nats::errc::permission_denied), exit_code::not_allowed);
    EXPECT_EQ(exit_code_of(nats::errc::no_responders), exit_code::not_found);
    EXPECT_EQ(exit_code_of(nats::errc::timeout), exit_code::timeout);
    EXPECT_EQ(exit_code_of(nats::errc::bad_subject), exit_code::usage);
    EXPECT_EQ(exit_code_of(nats::errc::bad_url), exit_code::usage);
    EXPECT_EQ(exit_code_of(nats::errc::bad_context), exit_code::usage);
    EXPECT_EQ(exit_code_of(nats::errc::max_payload_exceeded), exit_code::error);
    EXPECT_EQ(exit_code_of(micro::errc::service_error), exit_code::service_error);
    EXPECT_EQ(exit_code_of(micro::errc::bad_name), exit_code::usage);
    EXPECT_EQ(exit_code_of(make_error_code(boost::system::errc::io_error)), exit_code::error);
}

TEST(mote_suggestion, is_what_was_probably_meant) {
    const std::vector<std::string> known = {"HackerNews", "Orders", "OrderArchive", "x"};
    EXPECT_EQ(nearest("HackerNew", known), std::vector<std::string>{"HackerNews"});
    EXPECT_EQ(nearest("hackernews", known), std::vector<std::string>{"HackerNews"});
    EXPECT_EQ(nearest("HakcerNews", known), std::vector<std::string>{"HackerNews"});
    EXPECT_EQ(nearest("order", known), (std::vector<std::string>{"Orders", "OrderArchive"})) << "the nearest first";
    EXPECT_TRUE(nearest("Billing", known).empty());
    EXPECT_TRUE(nearest("anything", {}).empty());
    EXPECT_EQ(nearest("aa1", {"aa1", "aa1", "aa2", "aa3", "aa4"}).size(), 3u);
}

TEST(mote_suggestion, lists_names_within_a_bound) {
    EXPECT_EQ(listed({"a"}), "a");
    EXPECT_EQ(listed({"a", "b", "c"}, 3), "a, b, c");
    EXPECT_EQ(listed({"a", "b", "c"}, 1), "a and 2 more");
}

table two_columns() {
    table shown({{.title = "Name"}, {.title = "Count", .side = align::right}, {.title = "Text", .flexible = true}});
    shown.add({"b", "7", "short"});
    shown.add({"long-name", "1234567", "日本 and more text"});
    shown.set_totals({"2", "1234574", ""});
    return shown;
}

TEST(mote_table, is_aligned_for_people) {
    std::string rule;
    for (int at = 0; at < 38; ++at) rule += "─";
    EXPECT_EQ(two_columns().render(person(80)), "Name         Count  Text\n" + rule +
                                                    "\n"
                                                    "b                7  short\n"
                                                    "long-name  1234567  日本 and more text\n" +
                                                    rule +
                                                    "\n"
                                                    "2          1234574\n");
}

TEST(mote_table, is_cut_to_the_terminal) {
    EXPECT_EQ(two_columns().render(person(30, false)),
              "Name         Count  Text\n"
              "------------------------------\n"
              "b                7  short\n"
              "long-name  1234567  日本 an...\n"
              "------------------------------\n"
              "2          1234574\n");
}

TEST(mote_table, keeps_what_may_not_be_cut_in_a_terminal_that_is_too_narrow) {
    const std::string text = two_columns().render(person(5));
    EXPECT_NE(text.find("long-name  1234567  日本 an…"), std::string::npos) << text;
}

TEST(mote_table, is_lines_with_tabs_for_programs) {
    EXPECT_EQ(two_columns().render(terminal()),
              "Name\tCount\tText\nb\t7\tshort\nlong-name\t1234567\t日本 and more text\n");
}

TEST(mote_table, never_lets_a_cell_break_its_row) {
    table shown({{.title = "A"}, {.title = "B"}});
    shown.add({"x\ty", "1\n2"});
    EXPECT_EQ(shown.render(terminal()), "A\tB\nx\\ty\t1\\n2\n");
}

TEST(mote_table, is_nothing_without_rows) {
    table shown({{.title = "A"}});
    shown.set_totals({"0"});
    EXPECT_EQ(shown.render(terminal()), "");
    EXPECT_EQ(shown.render(person(80)), "");
}

TEST(mote_input, is_written_in_base64) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("\xff\xfe\xfd\xfc"), "//79/A==");
}

}  // namespace
}  // namespace mote::command
