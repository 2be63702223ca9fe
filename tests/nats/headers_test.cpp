#include <mote/nats/headers.hpp>

#include <mote/nats/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::nats {
namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

fields fields_of(std::string_view block) {
    fields found;
    for (const auto& field : headers_view(block)) found.emplace_back(field.name, field.value);
    return found;
}

bool refuses_name(std::string_view name) {
    try {
        headers().add(name, "x");
    } catch (const boost::system::system_error& failed) {
        return failed.code() == errc::bad_header;
    }
    return false;
}

// ---- received

TEST(headers_view, has_names_and_values_in_the_order_of_the_wire) {
    EXPECT_EQ(fields_of("NATS/1.0\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n"), (fields{{"B", "1"}, {"A", "2"}, {"B", "3"}}));
}

TEST(headers_view, of_no_block_is_empty) {
    const headers_view none;
    EXPECT_TRUE(none.empty());
    EXPECT_TRUE(none.begin() == none.end());
    EXPECT_EQ(none.status(), 0);
    EXPECT_EQ(none.description(), "");
    EXPECT_FALSE(none.get("A"));
    EXPECT_TRUE(none.get_all("A").empty());
}

TEST(headers_view, of_a_block_without_headers_is_not_empty_but_has_none) {
    const headers_view bare("NATS/1.0\r\n\r\n");
    EXPECT_FALSE(bare.empty());
    EXPECT_EQ(bare.raw(), "NATS/1.0\r\n\r\n");
    EXPECT_TRUE(bare.begin() == bare.end());
}

TEST(headers_view, gets_the_first_value_and_all_values_of_a_repeated_name) {
    const headers_view view("NATS/1.0\r\nA: 1\r\na: 2\r\nA: 3\r\nB:\r\n\r\n");
    EXPECT_EQ(view.get("A"), "1");
    EXPECT_EQ(view.get("a"), "2");
    EXPECT_EQ(view.get("B"), "");
    EXPECT_EQ(view.get("C"), std::nullopt);
    EXPECT_EQ(view.get(""), std::nullopt);
    EXPECT_EQ(view.get_all("A"), (std::vector<std::string_view>{"1", "3"}));
    EXPECT_TRUE(view.get_all("b").empty());
}

TEST(headers_view, keeps_the_case_of_names) {
    EXPECT_EQ(fields_of("NATS/1.0\r\nnAtS-mSg-Id: x\r\n\r\n"), (fields{{"nAtS-mSg-Id", "x"}}));
}

TEST(headers_view, has_values_without_the_blanks_around_them) {
    EXPECT_EQ(fields_of("NATS/1.0\r\nA:1\r\nB: \t 2 \t\r\nC:  \r\nD: a: b:c\r\n\r\n"),
              (fields{{"A", "1"}, {"B", "2"}, {"C", ""}, {"D", "a: b:c"}}));
}

TEST(headers_view, skips_lines_that_are_no_headers) {
    EXPECT_EQ(fields_of("NATS/1.0\r\nno colon\r\n: no name\r\n\r\nA: 1\r\nB"), (fields{{"A", "1"}}));
}

TEST(headers_view, takes_bare_line_feeds_and_an_end_that_is_missing) {
    EXPECT_EQ(fields_of("NATS/1.0\nA: 1\nB: 2"), (fields{{"A", "1"}, {"B", "2"}}));
    EXPECT_TRUE(fields_of("NATS/1.0").empty());
    EXPECT_TRUE(fields_of("\n").empty());
}

TEST(headers_view, has_values_of_any_bytes) {
    const std::string value("\xff\0\x01 ä", 6);
    EXPECT_EQ(fields_of("NATS/1.0\r\nA: " + value + "\r\n\r\n"), (fields{{"A", value}}));
}

TEST(inline_status, stands_behind_the_version_with_its_description) {
    const headers_view view("NATS/1.0 409 Consumer Deleted \r\nA: 1\r\n\r\n");
    EXPECT_EQ(view.status(), 409);
    EXPECT_EQ(view.description(), "Consumer Deleted");
    EXPECT_EQ(view.get("A"), "1");
}

TEST(inline_status, may_have_no_description) {
    EXPECT_EQ(headers_view("NATS/1.0 503\r\n\r\n").status(), 503);
    EXPECT_EQ(headers_view("NATS/1.0 503\r\n\r\n").description(), "");
    EXPECT_EQ(headers_view("NATS/1.0 \t 100\t Idle\r\n\r\n").status(), 100);
    EXPECT_EQ(headers_view("NATS/1.0 \t 100\t Idle\r\n\r\n").description(), "Idle");
    EXPECT_EQ(headers_view("NATS/1.0 503").status(), 503);
}

TEST(inline_status, is_not_there_in_other_first_lines) {
    for (const auto* const block :
         {"NATS/1.0\r\n\r\n", "NATS/1.0 \r\n\r\n", "NATS/1.0 50\r\n\r\n", "NATS/1.0 5x3\r\n\r\n",
          "NATS/1.0 -50\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n", "\r\n503", "NATS/1.0\r\n503: x\r\n\r\n"}) {
        EXPECT_EQ(headers_view(block).status(), 0) << block;
        EXPECT_EQ(headers_view(block).description(), "") << block;
    }
}

// ---- to send

TEST(headers, keep_the_order_and_repeated_names) {
    headers made{{"B", "1"}, {"A", "2"}};
    made.add("B", "3");
    EXPECT_EQ(made.lines(), "B: 1\r\nA: 2\r\nB: 3\r\n");
    EXPECT_FALSE(made.empty());
    EXPECT_EQ(made.get("B"), "1");
    EXPECT_EQ(made.get("b"), std::nullopt);
    EXPECT_TRUE(headers().empty());
}

TEST(headers, set_replaces_all_values_in_the_place_of_the_first) {
    headers made{{"A", "1"}, {"B", "2"}, {"A", "3"}, {"A", "4"}};
    made.set("A", "5").set("C", "6");
    EXPECT_EQ(made.lines(), "A: 5\r\nB: 2\r\nC: 6\r\n");
}

TEST(headers, remove_takes_all_values_of_a_name) {
    headers made{{"A", "1"}, {"B", "2"}, {"A", "3"}};
    made.remove("A");
    made.remove("C");
    EXPECT_EQ(made.lines(), "B: 2\r\n");
}

TEST(headers, take_every_printable_name_and_no_other) {
    std::string name;
    for (char c = 33; c < 127; ++c)
        if (c != ':') name += c;
    EXPECT_FALSE(refuses_name(name));
    for (const std::string_view bad : {"", ":", "a:", "a b", " a", "a\t", "a\r\n", "\n", "ä", "a\x7f"})
        EXPECT_TRUE(refuses_name(bad)) << bad;
    EXPECT_TRUE(refuses_name(std::string_view("a\0b", 3)));
    headers made;
    EXPECT_THROW(made.set("a b", "x"), boost::system::system_error);
    EXPECT_THROW(headers({{"a:", "x"}}), boost::system::system_error);
    EXPECT_TRUE(made.empty());
}

TEST(headers, values_lose_line_ends_and_the_blanks_around_them) {
    const headers made{{"A", "  a\r\nB: c\n\r"}, {"C", "\r\n"}, {"D", "\t x\ty \t"}};
    EXPECT_EQ(made.lines(), "A: a  B: c\r\nC: \r\nD: x\ty\r\n");
    EXPECT_EQ(headers().set("A", "x\ny").get("A"), "x y");
}

TEST(headers, are_made_of_received_ones) {
    const headers made{headers_view("NATS/1.0 200 OK\r\nA: 1\r\nB: \r\nA: 2\r\n\r\n")};
    EXPECT_EQ(made.lines(), "A: 1\r\nB: \r\nA: 2\r\n");
}

TEST(headers, refuse_received_names_that_cannot_be_sent) {
    EXPECT_THROW(headers{headers_view("NATS/1.0\r\na b: 1\r\n\r\n")}, boost::system::system_error);
}

}  // namespace
}  // namespace mote::nats
