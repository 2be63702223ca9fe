#include <mote/nats/headers.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>

namespace mote::nats {
namespace {

constexpr std::size_t usual_fields = 8;  // of a message that has any

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
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

/// CR and LF would end the line, so they become blanks.
std::string clean_value(std::string_view value) {
    std::string clean(trim(value));
    std::replace_if(clean.begin(), clean.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return std::string(trim(clean));
}

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

headers& headers::add(std::string_view name, std::string_view value) {
    check_name(name);
    if (fields_.capacity() == 0) fields_.reserve(usual_fields);
    fields_.emplace_back(std::string(name), clean_value(value));
    return *this;
}

headers& headers::set(std::string_view name, std::string_view value) {
    check_name(name);
    const auto same = [name](const auto& field) { return field.first == name; };
    const auto first = std::find_if(fields_.begin(), fields_.end(), same);
    if (first == fields_.end()) return add(name, value);
    first->second = clean_value(value);
    fields_.erase(std::remove_if(std::next(first), fields_.end(), same), fields_.end());
    return *this;
}

void headers::remove(std::string_view name) {
    std::erase_if(fields_, [name](const auto& field) { return field.first == name; });
}

std::optional<std::string_view> headers::get(std::string_view name) const {
    for (const auto& field : fields_)
        if (field.first == name) return field.second;
    return std::nullopt;
}

}  // namespace mote::nats
