#include <mote/micro/detail/validate.hpp>

#include <mote/micro/detail/text.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>

namespace mote::micro::detail {
namespace {

bool is_number_without_leading_zero(std::string_view text) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    return text.size() == 1 || text.front() != '0';
}

/// Each part between dots has to pass.
template <class Check>
bool all_parts(std::string_view text, Check check) {
    for (;;) {
        const auto dot = text.find('.');
        if (!check(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_pre_release_part(std::string_view part) {
    if (!is_identifier(part)) return false;
    return !std::all_of(part.begin(), part.end(), is_digit) || is_number_without_leading_zero(part);
}

}  // namespace

bool is_valid_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_'; });
}

bool is_valid_id(std::string_view text) noexcept {
    return nats::is_valid_publish_subject(text) && text.find_first_of(".*>") == std::string_view::npos;
}

bool is_valid_version(std::string_view text) noexcept {
    const auto plus = text.find('+');
    if (plus != std::string_view::npos) {
        if (!all_parts(text.substr(plus + 1), is_identifier)) return false;
        text = text.substr(0, plus);
    }
    const auto dash = text.find('-');
    if (dash != std::string_view::npos) {
        if (!all_parts(text.substr(dash + 1), is_pre_release_part)) return false;
        text = text.substr(0, dash);
    }
    return std::count(text.begin(), text.end(), '.') == 2 && all_parts(text, is_number_without_leading_zero);
}

bool is_valid_queue_group(std::string_view text) noexcept {
    return nats::is_valid_queue_group(text) && text.find('>') >= text.size() - 1;
}

}  // namespace mote::micro::detail
