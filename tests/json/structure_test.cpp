#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

namespace mote::json {
namespace {

using test::expect_round_trip;
using test::refused;

constexpr std::string_view post_text =
    R"({"id":7,"title":"A","score":0.5,"type":"job","by":{"name":"b"},"tags":["x"]})";

TEST(json_structure, is_an_object_of_its_members_in_the_order_of_the_description) {
    const board::post post{7, "A", 0.5, board::kind::job, {"b", {}}, {"x"}, {}};
    expect_round_trip(post, post_text);
}

TEST(json_structure, leaves_absent_optionals_out_and_reads_them_absent_or_null) {
    EXPECT_EQ(encode(board::author{"a", {}}), R"({"name":"a"})");
    EXPECT_EQ(encode(board::author{"a", 5}), R"({"name":"a","karma":5})");
    EXPECT_EQ(decode<board::author>(R"({"name":"a"})").karma, std::nullopt);
    EXPECT_EQ(decode<board::author>(R"({"name":"a","karma":null})").karma, std::nullopt);
    EXPECT_EQ(decode<board::author>(R"({"name":"a","karma":5,"karma":null})").karma, std::nullopt);
}

TEST(json_structure, takes_members_in_any_order_and_skips_what_it_does_not_know) {
    const auto read = decode<board::author>(
        R"({"more":{"deep":[1,{"a":null}],"text":"\u0022}"},"karma":5,"x":-1.5e3,"name":"a","last":true,"n":null})");
    EXPECT_EQ(read, (board::author{"a", 5}));
    EXPECT_EQ(decode<board::author>(R"({"names":1,"nam":2,"":3,"name":"a"})").name, "a");
}

TEST(json_structure, takes_a_member_whose_name_has_escapes) {
    EXPECT_EQ(decode<board::author>(R"({"n\u0061me":"a"})").name, "a");
}

TEST(json_structure, names_a_required_member_that_is_missing) {
    EXPECT_EQ(refused<board::author>("{}"), "name: missing");
    EXPECT_EQ(refused<board::page>(R"({"posts":[],"score":{}})"), "scores: missing");
    EXPECT_EQ(refused<std::vector<board::post>>(R"([{"id":1,"title":"","score":1,"type":"job","by":{},"tags":[]}])"),
              "[0].by.name: missing");
    EXPECT_EQ(test::code_of<board::author>("{}"), errc::missing_member);
}

TEST(json_structure, takes_null_for_optionals_only) {
    EXPECT_EQ(refused<board::author>(R"({"name":null})"), "name: expected a string, got null");
    EXPECT_EQ(refused<board::page>(R"({"posts":null,"scores":{}})"), "posts: expected an array, got null");
    EXPECT_EQ(refused<board::with_defaults>(R"({"times":null,"loud":true})"), "times: expected an integer, got null");
}

TEST(json_structure, keeps_the_defaults_of_members_that_are_not_required) {
    EXPECT_EQ(decode<board::with_defaults>(R"({"loud":true})"), (board::with_defaults{3, "hello", true}));
    EXPECT_EQ(decode<board::with_defaults>(R"({"loud":true,"times":1})"), (board::with_defaults{1, "hello", true}));
    EXPECT_EQ(refused<board::with_defaults>(R"({"times":1})"), "loud: missing");
    EXPECT_EQ(decode<board::settings>("{}"), board::settings());
    EXPECT_EQ(decode<board::settings>(R"({"owner":{"name":"x"}})").owner, (board::author{"x", 1}));
}

TEST(json_structure, can_have_other_names_in_json) {
    expect_round_trip(board::renamed{5, "a"}, R"({"max-size":5,"class":"a"})");
    EXPECT_EQ(refused<board::renamed>(R"({"max_size":5,"class":"a"})"), R"(["max-size"]: missing)");
}

TEST(json_structure, has_the_members_of_its_bases_first) {
    board::derived value;
    value.id = 1;
    value.note = "n";
    value.size = 2;
    EXPECT_EQ(encode(value), R"({"id":1,"note":"n","size":2})");
    const auto read = decode<board::derived>(R"({"size":2,"id":1})");
    EXPECT_EQ(read.size, 2);
    EXPECT_EQ(read.id, 1);
    EXPECT_EQ(refused<board::derived>(R"({"size":2})"), "id: missing") << "note is not required: the base says so";
}

TEST(json_structure, can_hold_itself) {
    const std::string_view text =
        R"({"text":"a","replies":[{"text":"b","replies":[]}],"quoted":{"text":"c","replies":[]}})";
    const auto read = decode<board::comment>(text);
    EXPECT_EQ(read.replies.at(0).text, "b");
    EXPECT_EQ(read.quoted->text, "c");
    EXPECT_EQ(encode(read), text);
    EXPECT_EQ(refused<board::comment>(R"({"text":"a","replies":[{"text":"b","replies":[{"text":1}]}]})"),
              "replies[0].replies[0].text: expected a string, got 1");
}

struct empty {
    friend bool operator==(const empty&, const empty&) = default;
};
BOOST_DESCRIBE_STRUCT(empty, (), ())

TEST(json_structure, without_members_is_an_empty_object) {
    expect_round_trip(empty{}, "{}");
    EXPECT_EQ(decode<empty>(R"({"a":1})"), empty{});
}

// Together more members than a 64-bit word has bits.
struct first_forty {
    int a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, a8 = 0, a9 = 0, a10 = 0, a11 = 0, a12 = 0,
        a13 = 0, a14 = 0, a15 = 0, a16 = 0, a17 = 0, a18 = 0, a19 = 0, a20 = 0, a21 = 0, a22 = 0, a23 = 0, a24 = 0,
        a25 = 0, a26 = 0, a27 = 0, a28 = 0, a29 = 0, a30 = 0, a31 = 0, a32 = 0, a33 = 0, a34 = 0, a35 = 0, a36 = 0,
        a37 = 0, a38 = 0, a39 = 0;
};
BOOST_DESCRIBE_STRUCT(first_forty, (),
                      (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,
                       a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39))
struct eighty : first_forty {
    int b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, b7 = 0, b8 = 0, b9 = 0, b10 = 0, b11 = 0, b12 = 0,
        b13 = 0, b14 = 0, b15 = 0, b16 = 0, b17 = 0, b18 = 0, b19 = 0, b20 = 0, b21 = 0, b22 = 0, b23 = 0, b24 = 0,
        b25 = 0, b26 = 0, b27 = 0, b28 = 0, b29 = 0, b30 = 0, b31 = 0, b32 = 0, b33 = 0, b34 = 0, b35 = 0, b36 = 0,
        b37 = 0, b38 = 0, b39 = 0;
};
BOOST_DESCRIBE_STRUCT(eighty, (first_forty),
                      (b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16, b17, b18, b19, b20,
                       b21, b22, b23, b24, b25, b26, b27, b28, b29, b30, b31, b32, b33, b34, b35, b36, b37, b38, b39))

TEST(json_structure, can_have_many_members) {
    eighty value;
    value.a39 = 39;
    value.b39 = 79;
    std::string text = encode(value);
    EXPECT_EQ(encode(decode<eighty>(text)), text);
    text.replace(text.find("b30"), 3, "c30");
    EXPECT_EQ(refused<eighty>(text), "b30: missing");
}

}  // namespace
}  // namespace mote::json
