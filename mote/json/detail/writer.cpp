#include <mote/json/detail/writer.hpp>

#include <mote/json/detail/reader.hpp>
#include <mote/json/detail/text.hpp>

#include <charconv>
#include <cmath>

namespace mote::json::detail {
namespace {

// A structure that points at itself must not end the stack.
constexpr std::size_t deepest = 1000;

template <class Number>
void append(std::string& out, Number value) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end);
}

}  // namespace

void writer::integer(std::int64_t value) { append(out_, value); }
void writer::integer(std::uint64_t value) { append(out_, value); }

void writer::number(double value) {
    if (!std::isfinite(value)) fail(errc::not_a_number, std::isnan(value) ? "JSON has no NaN" : "JSON has no infinity");
    append(out_, value);
}

void writer::number(float value) {
    if (!std::isfinite(value)) fail(errc::not_a_number, std::isnan(value) ? "JSON has no NaN" : "JSON has no infinity");
    append(out_, value);
}

void writer::text(std::string_view value) {
    if (!append_quoted(out_, value)) fail(errc::bad_utf8, "a string that is not UTF-8");
}

void writer::plain_text(std::string_view value) {
    out_ += '"';
    out_ += value;
    out_ += '"';
}

void writer::time(std::int64_t ticks, tick period, bool representable) {
    const auto time = instant_of(ticks, period);
    if (!representable || !time) fail(errc::out_of_range, "a time outside the years 0 to 9999");
    out_ += '"';
    append_time(out_, *time);
    out_ += '"';
}

void writer::duration(std::int64_t ticks, std::int64_t nanoseconds, bool representable) {
    std::int64_t total = 0;
    if (!representable || __builtin_mul_overflow(ticks, nanoseconds, &total))
        fail(errc::out_of_range, "a duration of more than 64 bits of nanoseconds");
    integer(total);
}

void writer::raw(std::string_view text) {
    reader check(text, deepest);
    if (!check.start() || !check.skip() || !check.finish()) fail(errc::bad_raw, "raw text: " + check.problem());
    out_ += text;
}

void writer::open(char bracket) {
    if (++depth_ > deepest) fail(errc::too_deep, "more than 1000 levels");
    out_ += bracket;
}

void writer::key(place& here, std::string_view name) {
    here.at(name);
    if (out_.back() != '{') out_ += ',';
    if (!append_quoted(out_, name)) fail(errc::bad_utf8, "a key that is not UTF-8");
    out_ += ':';
}

void writer::fail(errc code, std::string_view text) const { throw encode_error(code, path_of(here_), text); }

void writer::fail_enumeration(std::int64_t value) const {
    fail(errc::bad_value, "no enumerator has the value " + std::to_string(value));
}

}  // namespace mote::json::detail
