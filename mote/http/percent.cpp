#include <mote/http/percent.hpp>

#include <charconv>

namespace mote::http {

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        unsigned char byte = 0;
        const auto* const digits = text.data() + at + 1;
        if (text.size() - at < 3) return std::nullopt;
        const auto [rest, failed] = std::from_chars(digits, digits + 2, byte, 16);
        if (failed != std::errc() || rest != digits + 2) return std::nullopt;
        plain += static_cast<char>(byte);
        at += 2;
    }
    return plain;
}

}  // namespace mote::http
