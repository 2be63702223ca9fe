#include <mote/micro/detail/prometheus_writer.hpp>

#include <mote/json/utf8.hpp>

namespace mote::micro::detail {
namespace {

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
    for (const char c : json::valid_utf8(value)) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') text += '\\';
        text += c;
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
