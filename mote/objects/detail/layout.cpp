#include <mote/objects/detail/layout.hpp>

#include <mote/objects/detail/base64url.hpp>
#include <mote/objects/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace mote::objects::detail {
namespace {

constexpr std::string_view stream_prefix = "OBJ_";
constexpr std::size_t max_stream_name = 255;  // of the server
// A subject with the name's Base64, in a direct get that also names the stream, stays under the server's control line of 4 KiB.
constexpr std::size_t max_name = 2048;

constexpr bool is_store_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// One well-formed sequence of UTF-8 by its first byte (Unicode, table 3-7).
struct sequence_form {
    unsigned char first, last;             // range of the first byte
    unsigned char second_min, second_max;  // the second byte's range; the others are 80..BF
    std::size_t length;
};

constexpr std::array<sequence_form, 9> sequence_forms{{
    {0x00, 0x7f, 0, 0, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
}};

bool is_sequence(std::string_view text, const sequence_form& form) noexcept {
    if (text.size() < form.length) return false;
    for (std::size_t i = 1; i < form.length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto least = i == 1 ? form.second_min : std::uint8_t{0x80};
        const auto most = i == 1 ? form.second_max : std::uint8_t{0xbf};
        if (byte < least || byte > most) return false;
    }
    return true;
}

}  // namespace

void check_store(std::string_view store) {
    if (store.empty() || !std::all_of(store.begin(), store.end(), is_store_character))
        throw_error(errc::bad_store, quoted(store));
    if (stream_prefix.size() + store.size() > max_stream_name)
        throw_error(errc::bad_store, std::to_string(store.size()) + " bytes");
}

void check_name(std::string_view name) {
    if (name.empty()) throw_error(errc::bad_name, "empty");
    if (name.size() > max_name)
        throw_error(errc::bad_name, std::to_string(name.size()) + " bytes are more than " + std::to_string(max_name));
    if (!is_utf8(name)) throw_error(errc::bad_name, "not UTF-8");
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const auto form =
            std::find_if(sequence_forms.begin(), sequence_forms.end(),
                         [first](const sequence_form& each) { return first >= each.first && first <= each.last; });
        if (form == sequence_forms.end() || !is_sequence(text, *form)) return false;
        text.remove_prefix(form->length);
    }
    return true;
}

bool is_subject_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c != '\x7f' && c != '.' && c != '*' && c != '>';
    });
}

std::string stream_name(std::string_view store) { return std::string(stream_prefix).append(store); }

std::string all_chunks(std::string_view store) { return chunks_of(store, ">"); }

std::string chunks_of(std::string_view store, std::string_view nuid) {
    return std::string("$O.").append(store).append(".C.").append(nuid);
}

std::string all_infos(std::string_view store) { return std::string("$O.").append(store).append(".M.>"); }

std::string info_of(std::string_view store, std::string_view name) {
    return std::string("$O.").append(store).append(".M.").append(encode_base64url(name));
}

}  // namespace mote::objects::detail
