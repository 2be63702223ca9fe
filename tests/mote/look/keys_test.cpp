// What terminals send when a key is pressed.

#include <apps/mote/look/keys.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using command::key_kind;
using command::key_press;
using command::key_reader;
using keys = std::vector<key_press>;

keys keys_in(std::string_view bytes) { return key_reader().take(bytes); }
keys one(key_kind kind) { return {key_press{kind, {}}}; }
key_press typed(std::string text) { return key_press{key_kind::text, std::move(text)}; }

TEST(keys_of_a_terminal, are_characters) {
    EXPECT_EQ(keys_in("aZ/"), (keys{typed("a"), typed("Z"), typed("/")}));
    EXPECT_EQ(keys_in("ü€"), (keys{typed("ü"), typed("€")})) << "of several bytes";
}

TEST(keys_of_a_terminal, are_arrows_and_pages_in_all_their_forms) {
    for (const std::string_view bytes : {"\x1b[A", "\x1bOA"}) EXPECT_EQ(keys_in(bytes), one(key_kind::up));
    for (const std::string_view bytes : {"\x1b[B", "\x1bOB"}) EXPECT_EQ(keys_in(bytes), one(key_kind::down));
    EXPECT_EQ(keys_in("\x1b[C"), one(key_kind::right));
    EXPECT_EQ(keys_in("\x1b[D"), one(key_kind::left));
    EXPECT_EQ(keys_in("\x1b[5~"), one(key_kind::page_up));
    EXPECT_EQ(keys_in("\x1b[6~"), one(key_kind::page_down));
    for (const std::string_view bytes : {"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"})
        EXPECT_EQ(keys_in(bytes), one(key_kind::home));
    for (const std::string_view bytes : {"\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"})
        EXPECT_EQ(keys_in(bytes), one(key_kind::end));
}

TEST(keys_of_a_terminal, are_enter_escape_and_backspace) {
    EXPECT_EQ(keys_in("\r"), one(key_kind::enter));
    EXPECT_EQ(keys_in("\n"), one(key_kind::enter));
    EXPECT_EQ(keys_in("\x7f"), one(key_kind::backspace));
    EXPECT_EQ(keys_in("\b"), one(key_kind::backspace));
    EXPECT_EQ(keys_in("\x1b"), one(key_kind::escape));
    EXPECT_EQ(keys_in("\x1bq"), (keys{key_press{key_kind::escape, {}}, typed("q")}));
}

TEST(keys_of_a_terminal, may_come_in_parts) {
    key_reader reader;
    EXPECT_EQ(reader.take("\x1b["), keys());
    EXPECT_EQ(reader.take("Aj"), (keys{key_press{key_kind::up, {}}, typed("j")}));
    EXPECT_EQ(reader.take("\xe2\x82"), keys());
    EXPECT_EQ(reader.take("\xac"), keys{typed("€")});
}

TEST(keys_of_a_terminal, that_are_not_known_are_dropped) {
    EXPECT_EQ(keys_in("\x1b[1;5Ax"), keys{typed("x")}) << "Ctrl-up";
    EXPECT_EQ(keys_in(std::string_view("\x00\x01\x1ax", 4)), keys{typed("x")}) << "control characters";
    EXPECT_EQ(keys_in("\xff\xfex"), keys{typed("x")}) << "no UTF-8";
    EXPECT_EQ(keys_in("\u202ex"), keys{typed("x")}) << "what turns the direction of text";
    EXPECT_EQ(keys_in("\x1b[11111111111111111111"), (keys(6, typed("1")))) << "a sequence without an end";
}

}  // namespace
}  // namespace mote::test
