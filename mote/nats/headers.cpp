#include <mote/nats/headers.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mote::nats {
namespace {

constexpr std::size_t usual_bytes = 240;  // of the lines of a message that has any
constexpr std::string_view line_end = "\r\n";

template <class Blank>
std::string_view trim(std::string_view text, Blank is_blank) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view trim(std::string_view text) {
    return trim(text, [](char c) { return c == ' ' || c == '\t'; });
}

/// Takes one line off `rest`; tolerates a bare LF.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

/// What follows `NATS/1.0` on the first line, without blanks around it.
std::string_view status_line(std::string_view block) {
    constexpr std::string_view version = "NATS/1.0";
    auto line = take_line(block);
    if (!line.starts_with(version)) return {};
    return trim(line.substr(version.size()));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void check_name(std::string_view name) {
    const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 33 && byte <= 126 && byte != ':';
    });
    if (!good) throw_error(errc::bad_header, name);
}

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

char* put(char* at, std::string_view text) { return std::copy(text.begin(), text.end(), at); }

}  // namespace

void headers_view::iterator::advance() {
    while (!rest_.empty()) {
        const auto line = take_line(rest_);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) continue;
        field_ = {line.substr(0, colon), trim(line.substr(colon + 1))};
        done_ = false;
        return;
    }
    done_ = true;
}

int headers_view::status() const noexcept {
    const auto line = status_line(block_);
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string_view headers_view::description() const noexcept {
    if (status() == 0) return {};
    return trim(status_line(block_).substr(3));
}

std::optional<std::string_view> headers_view::get(std::string_view name) const {
    for (const auto& field : *this)
        if (field.name == name) return field.value;
    return std::nullopt;
}

std::vector<std::string_view> headers_view::get_all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& field : *this)
        if (field.name == name) values.push_back(field.value);
    return values;
}

headers_view::iterator headers_view::begin() const {
    auto rest = block_;
    take_line(rest);  // the version line
    return iterator(rest);
}

headers::headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    for (const auto& [name, value] : fields) add(name, value);
}

headers::headers(const headers_view& received) {
    for (const auto& field : received) add(field.name, field.value);
}

inline void headers::append(std::string_view text) { lines_.insert(lines_.end(), text.begin(), text.end()); }

headers& headers::add(std::string_view name, std::string_view value) {
    check_name(name);
    if (lines_.empty() && lines_.capacity() < usual_bytes) lines_.reserve(usual_bytes);
    value = trim(value, [](char c) { return c == ' ' || c == '\t' || is_line_end(c); });
    constexpr std::string_view between = ": ";
    const auto before = lines_.size();
    lines_.resize(before + name.size() + between.size() + value.size());
    auto* const at = put(put(lines_.data() + before, name), between);
    auto* const end = put(at, value);
    // CR and LF would end the line, so they become blanks.
    std::replace_if(at, end, is_line_end, ' ');
    append(line_end);
    return *this;
}

headers& headers::set(std::string_view name, std::string_view value) {
    if (lines().find(name) == std::string_view::npos || !get(name)) return add(name, value);
    headers changed;
    changed.reserve(lines_.size() + value.size());
    bool placed = false;
    for (const auto& field : *this) {
        if (field.name != name)
            changed.add(field.name, field.value);
        else if (!std::exchange(placed, true))
            changed.add(name, value);
    }
    lines_ = std::move(changed.lines_);
    return *this;
}

void headers::remove(std::string_view name) {
    if (!get(name)) return;
    headers changed;
    for (const auto& field : *this)
        if (field.name != name) changed.add(field.name, field.value);
    lines_ = std::move(changed.lines_);
}

std::optional<std::string_view> headers::get(std::string_view name) const {
    for (const auto& field : *this)
        if (field.name == name) return field.value;
    return std::nullopt;
}

}  // namespace mote::nats
