#include <mote/json/detail/number.hpp>
#include <mote/json/detail/reader.hpp>
#include <mote/json/detail/text.hpp>

#include <vector>

namespace mote::json::detail {
namespace {

constexpr std::size_t most_names = 12;

std::string shown(char each) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto code = static_cast<unsigned char>(each);
    if (each == '\'') return "\"'\"";
    if (code > 0x20 && code < 0x7f) return {'\'', each, '\''};
    return {'0', 'x', digits[code >> 4U], digits[code & 15U]};
}

std::string clipped(std::string_view number) {
    return number.size() <= longest_quote ? std::string(number) : std::string(number.substr(0, longest_quote)) + "...";
}

/// `a string, a number or null`.
std::string words_of(kinds all) {
    struct word {
        kind of;
        const char* text;
    };
    constexpr word words[] = {{kind::object, "an object"}, {kind::array, "an array"},    {kind::string, "a string"},
                              {kind::number, "a number"},  {kind::boolean, "a boolean"}, {kind::null, "null"}};
    std::vector<const char*> found;
    for (const word& each : words)
        if ((all & set_of(each.of)) != 0) found.push_back(each.text);
    std::string text;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i > 0) text += i + 1 == found.size() ? " or " : ", ";
        text += found[i];
    }
    return text;
}

}  // namespace

bool reader::fail_always(errc code, std::string_view text) {
    if (hopeless_) return false;
    hopeless_ = true;
    code_ = code;
    path_ = path_of(here_);
    problem_ = text;
    return false;
}

bool reader::fail(errc code, std::string_view text) { return trials_ == 0 && fail_always(code, text); }

bool reader::fail_syntax(std::string_view expected) {
    std::string text = "expected ";
    text += expected;
    text += " at byte " + std::to_string(offset()) + ", got ";
    text += at_ == end_ ? "the end" : shown(*at_);
    return fail_always(errc::syntax, text);
}

bool reader::fail_utf8() {
    return fail_always(errc::bad_utf8, "expected UTF-8 at byte " + std::to_string(offset()) + ", got " + shown(*at_));
}

// What stands here; false where that is no JSON, which is the better error then.
bool reader::got(std::string& out) {
    switch (peek()) {
        case kind::none: return fail_syntax("a value");
        case kind::array: out = "an array"; return true;
        case kind::object: out = "an object"; return true;
        case kind::string: out = "a string"; return true;
        case kind::number: break;
        case kind::null:
        case kind::boolean:
            for (const std::string_view word : {"null", "true", "false"})
                if (rest().starts_with(word)) out = word;
            return !out.empty() || fail_syntax("a value");
    }
    const auto number = scan_number(rest());
    if (!number) return fail_syntax("a number");
    out = clipped(number->all);
    return true;
}

bool reader::fail_kind(std::string_view expected) {
    if (trials_ > 0) return false;
    std::string found;
    if (!got(found)) return false;
    return fail(errc::wrong_type, "expected " + std::string(expected) + ", got " + found);
}

bool reader::fail_kinds(kinds expected) { return trials_ == 0 && fail_kind(words_of(expected)); }

bool reader::fail_expected(std::string_view what) {
    return trials_ == 0 && fail(errc::bad_value, "expected " + std::string(what));
}

bool reader::fail_value(std::string_view expected, std::string_view found) {
    return trials_ == 0 && fail(errc::bad_value, "expected " + std::string(expected) + ", got " + quoted(found));
}

bool reader::fail_range(std::string_view expected, std::string_view found, errc code) {
    return trials_ == 0 && fail(code, "expected " + std::string(expected) + ", got " + clipped(found));
}

bool reader::fail_integer(std::string_view what, std::int64_t least, std::uint64_t most, std::string_view found) {
    if (trials_ > 0) return false;
    std::string range(what);
    range += " from " + std::to_string(least) + " to " + std::to_string(most);
    return fail_range(range, found);
}

bool reader::fail_name(std::string_view what, std::span<const std::string_view> names, std::string_view found) {
    if (trials_ > 0) return false;
    std::string expected(what);
    for (std::size_t i = 0; i < names.size() && i <= most_names; ++i) {
        if (i > 0) expected += ", ";
        expected += i == most_names ? "..." : quoted(names[i]);
    }
    return fail_value(expected, found);
}

void reader::raise() const { throw decode_error(code_, path_, problem_); }

}  // namespace mote::json::detail
