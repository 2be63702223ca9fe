#include <mote/json/detail/number.hpp>
#include <mote/json/detail/reader.hpp>
#include <mote/json/detail/text.hpp>
#include <mote/json/utf8.hpp>

#include <algorithm>
#include <limits>

namespace mote::json::detail {

bool reader::literal(std::string_view word) {
    if (!rest().starts_with(word)) return fail_syntax("a value");
    at_ += word.size();
    return true;
}

bool reader::null() { return peek() == kind::null ? literal("null") : fail_kind("null"); }

bool reader::boolean(bool& value) {
    if (peek() != kind::boolean) return fail_kind("a boolean");
    value = *at_ == 't';
    return literal(value ? "true" : "false");
}

bool reader::number(std::string_view& text) {
    const auto found = scan_number(rest());
    if (!found) return fail_syntax("a number");
    text = found->all;
    at_ += text.size();
    return true;
}

bool reader::integer(std::int64_t least, std::uint64_t most, std::uint64_t& bits) {
    if (peek() != kind::number) return fail_kind("an integer");
    const auto found = scan_number(rest());
    if (!found) return fail_syntax("a number");
    switch (integer_within(*found, least, most, bits)) {
        case range_fit::fits: at_ += found->all.size(); return true;
        case range_fit::fractional: return fail_kind("an integer");
        case range_fit::outside: break;
    }
    return fail_integer("an integer", least, most, found->all);
}

template <class Floating>
bool reader::floating(Floating& value, std::string_view name) {
    if (peek() != kind::number) return fail_kind("a number");
    const auto found = scan_number(rest());
    if (!found) return fail_syntax("a number");
    if (!nearest(*found, value)) return fail_range(name, found->all);
    at_ += found->all.size();
    return true;
}

bool reader::number(double& value) { return floating(value, "a number within the range of a double"); }
bool reader::number(float& value) { return floating(value, "a number within the range of a float"); }

bool reader::text(std::string& value) {
    if (peek() != kind::string) return fail_kind("a string");
    std::string_view found;
    if (!view(found)) return false;
    value.assign(found);
    return true;
}

bool reader::name(std::span<const std::string_view> names, std::size_t& index) {
    if (peek() != kind::string) return fail_kind("a string");
    std::string_view found;
    if (!view(found)) return false;
    index = static_cast<std::size_t>(std::ranges::find(names, found) - names.begin());
    return index < names.size() || fail_name("one of ", names, found);
}

bool reader::time(tick period, std::int64_t least, std::int64_t most, std::int64_t& ticks) {
    if (peek() != kind::string) return fail_kind("a time");
    std::string_view found;
    if (!view(found)) return false;
    const auto time = parse_time(found);
    if (!time) return fail_value("a time such as 2024-05-06T07:08:09Z", found);
    const auto count = ticks_of(*time, period);
    if (!count || *count < least || *count > most)
        return fail_range("a time within the range of its type", quoted(found));
    ticks = *count;
    return true;
}

bool reader::duration(std::int64_t step, std::int64_t least, std::int64_t most, std::int64_t& ticks) {
    if (peek() != kind::number) return fail_kind("an integer of nanoseconds");
    const auto found = scan_number(rest());
    if (!found) return fail_syntax("a number");
    std::uint64_t bits = 0;
    const auto fit = integer_within(*found, std::numeric_limits<std::int64_t>::min(),
                                    std::uint64_t{std::numeric_limits<std::int64_t>::max()}, bits);
    const auto nanoseconds = static_cast<std::int64_t>(bits);
    if (fit == range_fit::fractional) return fail_kind("an integer of nanoseconds");
    if (fit == range_fit::fits && nanoseconds % step != 0)
        return fail_range("nanoseconds that are a multiple of " + std::to_string(step), found->all, errc::bad_value);
    ticks = nanoseconds / step;
    if (fit == range_fit::outside || ticks < least || ticks > most)
        return fail_range("nanoseconds within the range of its type", found->all);
    at_ += found->all.size();
    return true;
}

bool reader::integer_key(std::string_view key, std::int64_t least, std::uint64_t most, std::uint64_t& bits) {
    const auto found = scan_number(key);
    const bool plain = found && found->integer && found->all.size() == key.size() && key != "-0";
    if (plain && integer_within(*found, least, most, bits) == range_fit::fits) return true;
    return trials_ == 0 && fail_integer("a key that is an integer", least, most, quoted(key));
}

bool reader::name_key(std::string_view key, std::span<const std::string_view> names, std::size_t& index) {
    index = static_cast<std::size_t>(std::ranges::find(names, key) - names.begin());
    return index < names.size() || fail_name("a key of ", names, key);
}

// At the opening quote.
bool reader::view(std::string_view& text) {
    const char* const begin = ++at_;
    for (;;) {
        at_ = end_of_plain(at_, end_);
        if (at_ == end_) return fail_syntax("'\"'");
        if (*at_ == '"') {
            text = {begin, static_cast<std::size_t>(at_ - begin)};
            ++at_;
            return true;
        }
        if (*at_ == '\\') return unescape(begin, text);
        if (!character()) return false;
    }
}

// From the first escape on; `run` is where the characters begin that are not in `unescaped_` yet.
bool reader::unescape(const char* run, std::string_view& text) {
    unescaped_.clear();
    for (;;) {
        at_ = end_of_plain(at_, end_);
        if (at_ == end_) return fail_syntax("'\"'");
        if (*at_ == '"' || *at_ == '\\') {
            unescaped_.append(run, at_);
            if (*at_++ == '"') break;
            if (!escape()) return false;
            run = at_;
        } else if (!character()) {
            return false;
        }
    }
    text = unescaped_;
    return true;
}

/// One that is not ASCII, or a control character, which is none.
bool reader::character() {
    if (static_cast<unsigned char>(*at_) < 0x20) return fail_syntax("no control character in a string");
    const std::size_t length = utf8_length(at_, end_);
    at_ += length;
    return length != 0 || fail_utf8();
}

// After the backslash.
bool reader::escape() {
    const std::size_t which = at_ == end_ ? std::string_view::npos : std::string_view("\"\\/bfnrtu").find(*at_);
    if (which == std::string_view::npos) return fail_syntax("an escape");
    ++at_;
    if (which < 8) {
        unescaped_ += "\"\\/\b\f\n\r\t"[which];
        return true;
    }
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xdc00 && code < 0xe000) return fail_escape("a high surrogate");
    if (code >= 0xd800 && code < 0xdc00) {
        std::uint32_t low = 0;
        if (!rest().starts_with("\\u")) return fail_syntax("a low surrogate");
        at_ += 2;
        if (!hex4(low)) return false;
        if (low < 0xdc00 || low >= 0xe000) return fail_escape("a low surrogate");
        code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    }
    append_utf8(unescaped_, code);
    return true;
}

// After an escape of six characters that is the wrong one.
bool reader::fail_escape(std::string_view expected) {
    at_ -= 6;
    return fail_syntax(expected);
}

bool reader::hex4(std::uint32_t& code) {
    code = 0;
    for (int digits = 0; digits < 4; ++digits, ++at_) {
        const char each = at_ == end_ ? '\0' : *at_;
        if (each >= '0' && each <= '9')
            code = code * 16 + static_cast<std::uint32_t>(each - '0');
        else if (each >= 'a' && each <= 'f')
            code = code * 16 + static_cast<std::uint32_t>(each - 'a' + 10);
        else if (each >= 'A' && each <= 'F')
            code = code * 16 + static_cast<std::uint32_t>(each - 'A' + 10);
        else
            return fail_syntax("four hexadecimal digits");
    }
    return true;
}

}  // namespace mote::json::detail
