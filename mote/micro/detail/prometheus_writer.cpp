#include <mote/micro/detail/prometheus_writer.hpp>

#include <algorithm>
#include <array>

namespace mote::micro::detail {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Bytes of the UTF-8 sequence that `text` begins with, which is not empty; 0 when it is none.
std::size_t sequence_length(std::string_view text) {
    struct form {
        unsigned char first, last;  // of the first byte
        unsigned char least, most;  // of the second one
        std::size_t length;
    };
    static constexpr std::array forms{form{0xc2, 0xdf, 0x80, 0xbf, 2}, form{0xe0, 0xe0, 0xa0, 0xbf, 3},
                                      form{0xe1, 0xec, 0x80, 0xbf, 3}, form{0xed, 0xed, 0x80, 0x9f, 3},
                                      form{0xee, 0xef, 0x80, 0xbf, 3}, form{0xf0, 0xf0, 0x90, 0xbf, 4},
                                      form{0xf1, 0xf3, 0x80, 0xbf, 4}, form{0xf4, 0xf4, 0x80, 0x8f, 4}};
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(0) < 0x80) return 1;
    const auto* const found = std::find_if(
        forms.begin(), forms.end(), [&](const form& each) { return each.first <= byte(0) && byte(0) <= each.last; });
    if (found == forms.end() || text.size() < found->length) return 0;
    if (byte(1) < found->least || byte(1) > found->most) return 0;
    for (std::size_t at = 2; at < found->length; ++at)
        if (byte(at) < 0x80 || byte(at) > 0xbf) return 0;
    return found->length;
}

/// Nanoseconds as seconds, without trailing zeros.
std::string seconds_of(std::chrono::nanoseconds time) {
    constexpr std::int64_t second = 1'000'000'000;
    const bool negative = time.count() < 0;  // what others send may be anything
    const auto whole = time.count() / second;
    const auto part = time.count() % second;
    std::string text = (negative ? "-" : "") + std::to_string(whole < 0 ? -whole : whole);
    if (part == 0) return text;
    auto digits = std::to_string(part < 0 ? -part : part);
    digits.insert(0, 9 - digits.size(), '0');
    digits.erase(digits.find_last_not_of('0') + 1);
    return text + "." + digits;
}

}  // namespace

std::string label(std::string_view name, std::string_view value) {
    std::string text(name);
    text += "=\"";
    while (!value.empty()) {
        const auto length = sequence_length(value);
        const auto character = value.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0)
            text += replacement;
        else if (character == "\n")
            text += "\\n";
        else if (character == "\\" || character == "\"")
            text.append("\\").append(character);
        else
            text += character;
        value.remove_prefix(character.size());
    }
    return text + "\"";
}

void prometheus_writer::begin(sample_kind kind, std::string_view name, std::string_view help) {
    name_ = name;
    heading_ = "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ +
               (kind == sample_kind::counter ? " counter\n" : " gauge\n");
}

void prometheus_writer::add(std::string_view labels, std::uint64_t value) { add_text(labels, std::to_string(value)); }

void prometheus_writer::add(std::string_view labels, std::chrono::nanoseconds value) {
    add_text(labels, seconds_of(value));
}

void prometheus_writer::add_text(std::string_view labels, std::string_view value) {
    text_ += heading_;
    heading_.clear();
    text_.append(name_).append("{").append(labels).append("} ").append(value).append("\n");
}

}  // namespace mote::micro::detail
