#include <mote/functions/detail/log_text.hpp>

#include <mote/json/utf8.hpp>

namespace mote::functions::detail {
namespace {

constexpr std::size_t longest_character = 4;

bool goes_on(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string cut_text(std::string_view text, std::size_t bound) {
    // A character that begins within the bound is looked at as a whole. No byte becomes less than one.
    std::string valid = json::valid_utf8(text.substr(0, bound + longest_character));
    if (valid.size() <= bound) return valid;
    while (bound > 0 && goes_on(valid[bound])) --bound;
    valid.resize(bound);
    return valid;
}

std::string log_text(std::string_view text, std::size_t bound) {
    if (text.size() <= bound) {
        auto whole = json::valid_utf8(text);
        if (whole.size() <= bound) return whole;
    }
    const auto mark = " [cut, " + std::to_string(text.size()) + " bytes]";
    return cut_text(text, bound - mark.size()) + mark;
}

}  // namespace mote::functions::detail
