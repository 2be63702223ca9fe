// What decoding takes of memory, whatever the text is. A program of its own, as it counts what `new` gives.

#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <boost/json/value.hpp>

#include <malloc.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <list>
#include <new>
#include <set>
#include <unordered_map>
#include <variant>

namespace {
std::size_t held = 0;
std::size_t most_held = 0;

void* counted(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    held += ::malloc_usable_size(memory);
    most_held = std::max(most_held, held);
    return memory;
}

void let_go(void* memory) noexcept {
    held -= ::malloc_usable_size(memory);
    std::free(memory);
}
}  // namespace

void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* memory) noexcept { let_go(memory); }
void operator delete(void* memory, std::size_t) noexcept { let_go(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { let_go(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { let_go(memory); }

namespace board {

/// Large, and two bytes of text are enough for it.
struct wide {
    std::array<double, 500> numbers{};
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(wide, (), (numbers, note))

/// 1.6 kB of which few are sent.
struct sparse {
    int id = 0;
    std::array<double, 200> numbers{};
};
BOOST_DESCRIBE_STRUCT(sparse, (), (id, numbers))

struct chain_link {
    std::array<double, 500> numbers{};
    std::unique_ptr<chain_link> next;
};
BOOST_DESCRIBE_STRUCT(chain_link, (), (numbers, next))

}  // namespace board

template <>
struct mote::json::about<board::wide> {
    static constexpr bool all_members_optional = true;
};
template <>
struct mote::json::about<board::sparse> {
    static constexpr bool all_members_optional = true;
};
template <>
struct mote::json::about<board::chain_link> {
    static constexpr bool all_members_optional = true;
};

namespace mote::json {
namespace {

constexpr std::size_t length = 1024 * 1024;
/// An error and its texts.
constexpr std::size_t little = 64 * 1024;

struct cost {
    std::size_t most = 0;  ///< bytes at once
    std::string outcome;   ///< "accepted", or what was wrong
};

template <class T>
cost cost_of(std::string_view text, const decode_options& options = {}) {
    const auto before = held;
    cost seen;
    most_held = held;
    try {
        [[maybe_unused]] const auto value = decode<T>(text, options);
        seen.most = most_held - before;
        seen.outcome = "accepted";
    } catch (const decode_error& error) {
        seen.most = most_held - before;
        seen.outcome = error.what();
    }
    const auto after = cost(seen).outcome.size();  // the outcome's own text is held
    EXPECT_LE(held, before + after + 64) << seen.outcome;
    return seen;
}

/// `open`, then as many of `piece` as fit, then `close`.
std::string many(std::string_view piece, std::string_view open = "[", std::string_view close = "]") {
    std::string text;
    text.reserve(length + 64);
    text += open;
    while (text.size() + piece.size() < length) text += piece;
    if (text.back() == ',') text.pop_back();
    return text += close;
}

/// Without the middle of it, of pieces of two bytes.
std::string half(std::string text) { return text.erase(1, text.size() / 4 * 2); }

std::string numbered_members() {
    std::string text = "{";
    for (std::size_t i = 0; text.size() + 16 < length; ++i) text += "\"" + std::to_string(i) + "\":0,";
    text.back() = '}';
    return text;
}

TEST(json_memory, is_counted) {
    const auto before = held;
    void* const memory = ::operator new(1000);  // spelled out: a `new` expression may be optimised away
    EXPECT_GE(held, before + 1000);
    ::operator delete(memory);
    EXPECT_EQ(held, before);
}

/// What is accepted, in bytes for each byte of its text: vectors have up to three times their elements while they grow.
TEST(json_memory, of_what_is_accepted_is_that_of_its_elements) {
    struct measured {
        const char* what;
        cost seen;
        std::size_t most_for_a_byte;
    };
    const measured all[] = {
        {"integers", cost_of<std::vector<int>>(many("0,")), 6},
        {"bits", cost_of<std::vector<bool>>(many("true,")), 1},
        {"empty vectors", cost_of<std::vector<std::vector<int>>>(many("[],")), 24},
        {"a tree of anything", cost_of<boost::json::value>(many("0,")), 36},
        {"empty objects of anything", cost_of<boost::json::value>(many("{},")), 24},
        {"members of anything", cost_of<boost::json::value>(numbered_members()), 16},
        {"nodes of a map", cost_of<std::map<std::string, int>>(numbered_members()), 10},
        {"nodes of a list", cost_of<std::list<int>>(many("0,")), 16},
        {"nodes of a hash table", cost_of<std::unordered_map<std::string, int>>(numbered_members()), 12},
        {"one member again and again", cost_of<std::map<std::string, int>>(many("\"a\":0,", "{", "}")), 0},
        {"the same in a tree", cost_of<boost::json::value>(many("\"a\":0,", "{", "}")), 0},
        {"one text again and again", cost_of<board::author>(many(R"("name":"0123456789012345678",)", "{", "}")), 0},
        {"one element of a set", cost_of<std::set<int>>(many("7,")), 0},
        {"a text", cost_of<std::string>(many("x", "\"", "\"")), 1},
        {"a text of escapes", cost_of<std::string>(many("\\n", "\"", "\"")), 2},
        {"a text of code points", cost_of<std::string>(many("\\u00e4", "\"", "\"")), 1},
        {"a name of escapes", cost_of<raw>(many("\\t", "{\"", "\":1}")), 4},
        {"a text of escapes behind a name of them",
         cost_of<std::map<std::string, std::string>>("{" + half(many("\\t", "\"", "\":")) +
                                                     half(many("\\n", "\"", "\"}"))),
         4},
        {"short texts", cost_of<std::vector<std::string>>(many("\"0123456789012345\",")), 8},
        {"a number of many digits", cost_of<double>("0." + std::string(length, '3')), 0},
        {"alternatives",
         cost_of<std::vector<std::variant<std::vector<int>, std::vector<std::string>>>>(many("[\"\"],")), 20},
        {"members that nobody knows", cost_of<board::with_defaults>(many("\"x\":[[0]],", "{\"loud\":true,", "}")), 0},
    };
    for (const auto& each : all) {
        EXPECT_EQ(each.seen.outcome, "accepted") << each.what;
        EXPECT_LE(each.seen.most, each.most_for_a_byte * length + little) << each.what;
    }
}

TEST(json_memory, of_what_is_wrong_is_next_to_nothing) {
    const auto deep = std::string(length, '[');
    struct measured {
        const char* what;
        cost seen;
        std::string_view outcome;
    };
    const measured all[] = {
        {"too deep for anything", cost_of<boost::json::value>(deep), "at most 32 levels"},
        {"too deep for raw text", cost_of<raw>(deep), "at most 32 levels"},
        {"too deep where nobody looks", cost_of<board::with_defaults>("{\"x\":" + deep), "at most 32 levels"},
        {"as deep as can be", cost_of<boost::json::value>(deep, {.max_depth = 1'000'000}), "at most 1000 levels"},
        {"too deep behind long names", cost_of<boost::json::value>(many("{\"0123456789012345678901234567890\":", "")),
         "at most 32 levels"},
        {"too long", cost_of<std::string>(many("x", "\"", "\""), {.max_size = 1000}), "at most 1000 bytes"},
        {"not UTF-8", cost_of<std::string>(many("x", "\"", "\xff\"")), "expected UTF-8"},
        {"an enumerator of many bytes", cost_of<board::kind>(many("x", "\"", "\"")), "expected one of"},
        {"an integer of many digits", cost_of<int>(std::string(length, '1')), "an integer from"},
        {"a key of many bytes", cost_of<std::map<int, int>>(many("1", "{\"", "\":1}")), "a key that is an integer"},
    };
    for (const auto& each : all) {
        EXPECT_NE(each.seen.outcome.find(each.outcome), std::string::npos) << each.what << ": " << each.seen.outcome;
        EXPECT_LE(each.seen.most, little) << each.what;
    }
}

TEST(json_memory, of_what_is_cut_off_is_no_more_than_of_the_whole) {
    for (const std::string_view close : {"", "}", "x"}) {
        const auto seen = cost_of<std::vector<int>>(many("0,", "[", close));
        EXPECT_NE(seen.outcome.find("expected"), std::string::npos) << seen.outcome;
        EXPECT_LE(seen.most, 6 * length + little);
    }
}

/// Three bytes each, and 4 KiB in C++.
TEST(json_memory, of_large_structures_in_a_short_text_is_bounded) {
    constexpr std::size_t allowed = 64 * 1024 * 1024 + 64 * length;
    const cost all[] = {
        cost_of<std::vector<board::wide>>(many("{},")),
        cost_of<std::vector<std::optional<board::wide>>>(many("{},")),
        cost_of<std::deque<board::wide>>(many("{},")),
        cost_of<std::vector<std::unique_ptr<board::wide>>>(many("{},")),
        cost_of<std::map<std::string, board::wide>>([] {
            auto text = numbered_members();
            for (auto at = text.find(":0,"); at != std::string::npos; at = text.find(":0,", at + 4))
                text.replace(at, 3, ":{},");
            text.replace(text.size() - 2, 2, "{}}");
            return text;
        }()),
        cost_of<std::vector<std::variant<int, std::vector<board::wide>>>>(many("[{}],")),
    };
    for (const auto& each : all) {
        EXPECT_NE(each.outcome.find(" bytes of values in memory, got more at byte "), std::string::npos)
            << each.outcome;
        EXPECT_LE(each.most, 3 * allowed + little);
    }
}

TEST(json_memory, of_sparse_records_that_fill_a_mebibyte_is_allowed) {
    EXPECT_EQ(cost_of<std::vector<board::sparse>>(many(R"({"id":100000},)")).outcome, "accepted");
}

/// A node of one byte is much more in memory.
TEST(json_memory, of_nodes_of_lists_is_counted) {
    const decode_options options{.max_memory = 2 * 1024 * 1024};
    for (const auto& seen : {cost_of<std::list<signed char>>(many("0,"), options),
                             cost_of<std::vector<std::list<bool>>>(many("[true],"), options)}) {
        EXPECT_NE(seen.outcome.find(" bytes of values in memory, got more"), std::string::npos) << seen.outcome;
        EXPECT_LE(seen.most, 3 * options.max_memory + little);
    }
}

TEST(json_memory, is_bounded_where_told) {
    const decode_options options{.max_memory = 1000};
    EXPECT_EQ(test::refused<std::vector<int>>("[1,2,3]", {.max_memory = 12}), "accepted");
    EXPECT_EQ(test::refused<std::vector<int>>("[1,2,3]", {.max_memory = 11}),
              "[2]: expected at most 11 bytes of values in memory, got more at byte 5");
    EXPECT_EQ(test::code_of<std::vector<int>>("[1,2,3]", {.max_memory = 11}), errc::too_large);
    EXPECT_EQ(test::refused<board::wide>("{}", options), "accepted") << "what decode returns is the caller's";
    EXPECT_EQ(test::code_of<std::vector<board::wide>>("[{}]", options), errc::too_large);
    EXPECT_EQ(test::code_of<board::chain_link>(R"({"next":{}})", options), errc::too_large);
    EXPECT_EQ(test::code_of<boost::json::value>(many("0,"), options), errc::too_large);
    EXPECT_EQ(test::code_of<boost::json::value>(numbered_members(), options), errc::too_large);
    const auto seen = cost_of<std::vector<std::vector<int>>>(many("[],"), options);
    EXPECT_LE(seen.most, 3 * options.max_memory + little);
}

/// An alternative that fails gives back what it took; no other one would fit either where one is too large.
TEST(json_memory, of_alternatives_is_not_added_up) {
    using rows = std::vector<std::variant<std::vector<int>, std::vector<double>, std::vector<std::string>>>;
    EXPECT_EQ(test::refused<rows>(R"([["a"],["b"],["c"]])", {.max_memory = 3 * (sizeof(rows::value_type) + 32)}),
              "accepted");
    EXPECT_EQ(test::code_of<rows>(R"([["a"],["b"],["c"]])", {.max_memory = 100}), errc::too_large);
}

}  // namespace
}  // namespace mote::json
