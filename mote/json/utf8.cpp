#include <mote/json/utf8.hpp>

namespace mote::json {
namespace {

bool is_continuation(char each) noexcept { return (static_cast<unsigned char>(each) & 0xc0) == 0x80; }

}  // namespace

std::size_t utf8_length(const char* at, const char* end) noexcept {
    const auto first = static_cast<unsigned char>(*at);
    const auto left = static_cast<std::size_t>(end - at);
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    const auto second = static_cast<unsigned char>(left > 1 ? at[1] : '\0');
    if (!is_continuation(static_cast<char>(second))) return 0;
    if (first < 0xe0) return 2;
    if (left < 3 || !is_continuation(at[2])) return 0;
    if (first < 0xf0) return (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ? 0 : 3;
    if (left < 4 || !is_continuation(at[3]) || first > 0xf4) return 0;
    return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90) ? 0 : 4;
}

std::string valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto length = utf8_length(at, end);
        if (length != 0)
            valid.append(at, length);
        else
            valid += "\xef\xbf\xbd";
        at += length != 0 ? length : 1;
    }
    return valid;
}

}  // namespace mote::json
