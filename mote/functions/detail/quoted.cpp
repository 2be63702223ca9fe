#include <mote/functions/detail/quoted.hpp>

#include <mote/json/utf8.hpp>

#include <cstddef>

namespace mote::functions::detail {
namespace {

constexpr std::size_t shown_text = 200;

void append_escaped(std::string& to, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    to.append("\\x").append({digits[byte >> 4U], digits[byte & 15U]});
}

}  // namespace

std::string quoted(std::string_view text) {
    const bool cut = text.size() > shown_text;
    text = text.substr(0, shown_text);
    std::string shown = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto length = json::utf8_length(text.data() + at, text.data() + text.size());
        if (length == 0 || (length == 1 && (byte < 0x20 || byte == 0x7f))) {
            append_escaped(shown, byte);
            ++at;
        } else {
            shown.append(text, at, length);
            at += length;
        }
    }
    return shown + (cut ? "...\"" : "\"");
}

}  // namespace mote::functions::detail
