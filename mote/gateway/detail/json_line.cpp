#include <mote/gateway/detail/json_line.hpp>

#include <mote/json/encode.hpp>
#include <mote/json/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace mote::gateway::detail {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view cut = "...";
constexpr std::size_t usual_line = 320;

std::string escape(unsigned code) {
    std::array<char, 8> text{};
    const auto length = std::snprintf(text.data(), text.size(), "\\u%04x", code);
    return {text.data(), static_cast<std::size_t>(length)};
}

/// The character at `at`, which has `length` bytes, as a line may have it.
std::string_view safe_piece(const char* at, std::size_t length, std::string& room) {
    if (length == 0) return replacement;
    const auto first = static_cast<unsigned char>(*at);
    const auto second = static_cast<unsigned char>(length == 2 ? at[1] : 0);
    if (length == 2 && first == 0xC2 && second < 0xA0) return room = escape(second);  // a terminal obeys some of these
    if (length > 1) return {at, length};
    if (first < 0x20 || first == 0x7f) return room = escape(first);
    if (*at == '"') return "\\\"";
    if (*at == '\\') return "\\\\";
    return {at, 1};
}

bool is_plain(char c) noexcept { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

void append_safe(std::string& out, std::string_view text, std::size_t most) {
    const std::size_t limit = out.size() + most;
    const char* const end = text.data() + text.size();
    std::string room;
    for (const char* at = text.data(); at != end;) {
        const char* const next = std::find_if_not(at, end, is_plain);
        const auto plain = std::min(static_cast<std::size_t>(next - at), limit - out.size());
        out.append(at, plain);
        at += plain;
        if (at == end) return;
        const auto length = at == next ? json::utf8_length(at, end) : 1;
        const auto piece = safe_piece(at, length, room);
        if (out.size() + piece.size() > limit) {
            out += cut;
            return;
        }
        out += piece;
        at += std::max<std::size_t>(length, 1);
    }
}

}  // namespace

json_line::json_line(std::chrono::system_clock::time_point time) {
    line_.reserve(usual_line);
    line_ = "{\"time\":";
    json::encode_to(line_, std::chrono::floor<std::chrono::milliseconds>(time));
    if (line_[line_.size() - 6] != '.') line_.insert(line_.size() - 2, ".000");  // a whole second has no fraction
}

void json_line::name(std::string_view name) { line_.append(",\"").append(name).append("\":"); }

json_line& json_line::text(std::string_view name_of_it, std::string_view value, std::size_t most) {
    if (value.empty()) return *this;
    name(name_of_it);
    line_ += '"';
    append_safe(line_, value, most);
    line_ += '"';
    return *this;
}

json_line& json_line::number(std::string_view name_of_it, std::uint64_t value) {
    name(name_of_it);
    line_ += std::to_string(value);
    return *this;
}

json_line& json_line::milliseconds(std::string_view name_of_it, std::chrono::nanoseconds value) {
    const auto micro = std::max<std::int64_t>(std::chrono::floor<std::chrono::microseconds>(value).count(), 0);
    name(name_of_it);
    auto part = std::to_string(micro % 1000);
    part.insert(0, 3 - part.size(), '0');
    line_.append(std::to_string(micro / 1000)).append(".").append(part);
    return *this;
}

std::string json_line::finish() && {
    line_ += "}\n";
    return std::move(line_);
}

}  // namespace mote::gateway::detail
