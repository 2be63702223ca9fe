#include <mote/json/detail/text.hpp>

#include <mote/json/utf8.hpp>

#include <cstring>

namespace mote::json::detail {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

bool is_plain(char each) noexcept {
    const auto code = static_cast<unsigned char>(each);
    return code >= 0x20 && code < 0x80 && each != '"' && each != '\\';
}

void append_escape(std::string& out, char each) {
    switch (each) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    const auto code = static_cast<unsigned char>(each);
    out += "\\u00";
    out += digits[code >> 4U];
    out += digits[code & 15U];
}

}  // namespace

// Eight characters at a time. The subtractions borrow across characters, so they may name a word in which there is
// nothing; they never miss one.
const char* end_of_plain(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t quotes = (word ^ (ones * '"')) - ones;
        const std::uint64_t backslashes = (word ^ (ones * '\\')) - ones;
        const std::uint64_t controls = word - ones * 0x20;
        if (((word | quotes | backslashes | controls) & (ones * 0x80)) != 0) {
            for (const char* const next = at + 8; at != next; ++at)
                if (!is_plain(*at)) return at;
        } else {
            at += 8;
        }
    }
    while (at != end && is_plain(*at)) ++at;
    return at;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
    const auto continuation = [&](unsigned shift) {
        out += static_cast<char>(0x80U | ((code_point >> shift) & 0x3fU));
    };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xc0U | (code_point >> 6U));
        continuation(0);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xe0U | (code_point >> 12U));
        continuation(6);
        continuation(0);
    } else {
        out += static_cast<char>(0xf0U | (code_point >> 18U));
        continuation(12);
        continuation(6);
        continuation(0);
    }
}

bool append_quoted(std::string& out, std::string_view text) {
    const char* const end = text.data() + text.size();
    const char* run = text.data();
    out += '"';
    for (const char* at = run;;) {
        at = end_of_plain(at, end);
        if (at == end) break;
        if (static_cast<unsigned char>(*at) >= 0x80) {
            const std::size_t length = utf8_length(at, end);
            if (length == 0) return false;
            at += length;
        } else {
            out.append(run, at);
            append_escape(out, *at);
            run = ++at;
        }
    }
    out.append(run, end);
    out += '"';
    return true;
}

std::string quoted(std::string_view text) {
    std::string safe;
    const char* const end = text.data() + text.size();
    const char* at = text.data();
    while (at != end && safe.size() < longest_quote) {
        const std::size_t length = utf8_length(at, end);
        if (length == 0) {
            safe += '?';
            ++at;
        } else {
            safe.append(at, length);
            at += length;
        }
    }
    std::string out;
    append_quoted(out, safe);
    if (at != end) out.insert(out.size() - 1, "...");
    return out;
}

}  // namespace mote::json::detail
