#include <mote/nats/subject.hpp>

#include <algorithm>

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

}  // namespace

bool is_valid_publish_subject(std::string_view text) noexcept {
    char previous = '.';  // a leading dot is an empty token, like two dots in a row
    for (const char c : text) {
        if (is_blank_or_control(c)) return false;
        if (c == '.' && previous == '.') return false;
        previous = c;
    }
    return previous != '.';
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
