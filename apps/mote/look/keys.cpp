#include <apps/mote/look/keys.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace mote::command {
namespace {

constexpr char escape_byte = '\x1b';
constexpr std::size_t longest_sequence = 16;

struct known_sequence {
    std::string_view bytes;  // behind the escape
    key_kind kind;
};
constexpr std::array<known_sequence, 20> sequences = {{
    {"[A", key_kind::up},       {"[B", key_kind::down},       {"[C", key_kind::right}, {"[D", key_kind::left},
    {"OA", key_kind::up},       {"OB", key_kind::down},       {"OC", key_kind::right}, {"OD", key_kind::left},
    {"[5~", key_kind::page_up}, {"[6~", key_kind::page_down}, {"[H", key_kind::home},  {"[F", key_kind::end},
    {"OH", key_kind::home},     {"OF", key_kind::end},        {"[1~", key_kind::home}, {"[4~", key_kind::end},
    {"[7~", key_kind::home},    {"[8~", key_kind::end},       {"OM", key_kind::enter}, {"[3~", key_kind::backspace},
}};

bool is_final(char c) noexcept { return c >= '@' && c <= '~'; }

/// How many bytes a sequence has that begins with an escape; 0 when its end has not come yet.
std::size_t sequence_size(std::string_view bytes) noexcept {
    if (bytes.size() < 2) return bytes.size();  // the key Escape
    if (bytes[1] == 'O') return bytes.size() < 3 ? 0 : 3;
    if (bytes[1] != '[') return 1;
    for (std::size_t at = 2; at < std::min(bytes.size(), longest_sequence); ++at)
        if (is_final(bytes[at])) return at + 1;
    return bytes.size() >= longest_sequence ? longest_sequence : 0;
}

std::optional<key_press> key_of_sequence(std::string_view bytes) {
    if (bytes.size() == 1) return key_press{key_kind::escape, {}};
    const auto* const found = std::ranges::find(sequences, bytes.substr(1), &known_sequence::bytes);
    if (found == sequences.end()) return std::nullopt;
    return key_press{found->kind, {}};
}

std::optional<key_press> key_of_byte(char c) {
    switch (c) {
        case '\r':
        case '\n': return key_press{key_kind::enter, {}};
        case '\b':
        case '\x7f': return key_press{key_kind::backspace, {}};
        default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
    return key_press{key_kind::text, std::string(1, c)};
}

/// Whether it is the begin of a character whose rest may still come.
bool may_become_utf8(std::string_view bytes) noexcept {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    if (lead < 0xc2 || lead > 0xf4) return false;
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return bytes.size() < size &&
           std::ranges::all_of(
               bytes.substr(1), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
}

}  // namespace

std::vector<key_press> key_reader::take(std::string_view bytes) {
    rest_ += bytes;
    std::string_view left = rest_;
    std::vector<key_press> keys;
    while (!left.empty()) {
        std::size_t size = 1;
        std::optional<key_press> key;
        if (left[0] == escape_byte) {
            size = sequence_size(left);
            if (size == 0) break;
            key = key_of_sequence(left.substr(0, size));
        } else if (static_cast<unsigned char>(left[0]) < 0x80) {
            key = key_of_byte(left[0]);
        } else if (const auto whole = utf8_character_size(left); whole != 0) {
            size = whole;
            // What is no printable character, such as those that turn the direction, is nothing that names have.
            const auto character = left.substr(0, size);
            if (printable(character) == character) key = key_press{key_kind::text, std::string(character)};
        } else if (may_become_utf8(left)) {
            break;
        }
        if (key) keys.push_back(std::move(*key));
        left.remove_prefix(size);
    }
    rest_ = std::string(left);
    return keys;
}

}  // namespace mote::command
