#include <mote/nats/subject.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mote::nats {
namespace {

bool is_blank_or_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f;
}

std::string_view take_token(std::string_view& rest) noexcept {
    const auto dot = rest.find('.');
    const auto token = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    return token;
}

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

/// The byte, eight times.
constexpr std::uint64_t eight(unsigned char byte) noexcept { return 0x0101010101010101U * byte; }

/// Has one of eight bytes that no subject has, or two dots side by side?
bool has_refused(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, word_bytes);
    const auto below = (word - eight(' ' + 1)) & ~word;  // its high bits: some byte is ' ' or less
    const auto no_del = word ^ eight(0x7f);
    const auto del = (no_del - eight(1)) & ~no_del;  // some byte is DEL
    const auto no_dot = word ^ eight('.');
    const auto dots = ~(((no_dot & eight(0x7f)) + eight(0x7f)) | no_dot | eight(0x7f));  // exactly at the dots
    return (((below | del) & eight(0x80)) | (dots & (dots << 8U))) != 0;
}

bool has_refused_in_few(std::string_view text) noexcept {
    char previous = '\0';
    for (const char c : text) {
        if (is_blank_or_control(c) || (c == '.' && previous == '.')) return true;
        previous = c;
    }
    return false;
}

}  // namespace

/// Every publish comes here, so it looks at eight bytes at a time; each word has one byte of the one before it, for dots.
bool is_valid_publish_subject(std::string_view text) noexcept {
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    if (text.size() < word_bytes) return !has_refused_in_few(text);
    const auto last = text.size() - word_bytes;
    for (std::size_t at = 0; at < last; at += word_bytes - 1)
        if (has_refused(text.data() + at)) return false;
    return !has_refused(text.data() + last);
}

bool is_valid_subscribe_subject(std::string_view text) noexcept {
    if (!is_valid_publish_subject(text)) return false;
    while (!text.empty()) {
        const auto token = take_token(text);
        if (token.size() > 1 && token.find_first_of("*>") != std::string_view::npos) return false;
        if (token == ">" && !text.empty()) return false;
    }
    return true;
}

bool is_valid_queue_group(std::string_view text) noexcept {
    return !text.empty() && std::none_of(text.begin(), text.end(), is_blank_or_control);
}

bool subject_matches(std::string_view pattern, std::string_view subject) noexcept {
    while (!pattern.empty() && !subject.empty()) {
        const auto wanted = take_token(pattern);
        if (wanted == ">") return true;
        const auto token = take_token(subject);
        if (wanted != "*" && wanted != token) return false;
    }
    return pattern.empty() && subject.empty();
}

}  // namespace mote::nats
