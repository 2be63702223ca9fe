#include <tests/support/escape.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string escaped(std::string_view bytes) {
    std::string line;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r') {
            line += "\\r";
        } else if (c == '\n') {
            line += "\\n";
        } else if (c == '\t') {
            line += "\\t";
        } else if (c == '\\') {
            line += "\\\\";
        } else if (byte < 0x20 || byte == 0x7f) {
            line.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
        } else {
            line += c;
        }
    }
    return line;
}

std::string unescaped(std::string_view line) {
    std::string bytes;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != '\\') {
            bytes += line[at];
            continue;
        }
        const char kind = ++at < line.size() ? line[at] : '\0';
        if (kind == 'r') {
            bytes += '\r';
        } else if (kind == 'n') {
            bytes += '\n';
        } else if (kind == 't') {
            bytes += '\t';
        } else if (kind == '\\') {
            bytes += '\\';
        } else if (kind == 'x' && at + 2 < line.size()) {
            const std::size_t high = digits.find(line[at + 1]);
            const std::size_t low = digits.find(line[at + 2]);
            if (high == std::string_view::npos || low == std::string_view::npos)
                throw std::runtime_error("bad \\x escape");
            bytes += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            throw std::runtime_error("bad escape in: " + std::string(line));
        }
    }
    return bytes;
}

}  // namespace mote::test
