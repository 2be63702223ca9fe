#include <apps/mote/ask/json_check.hpp>

#include <apps/mote/text.hpp>

#include <boost/json/stream_parser.hpp>

#include <algorithm>

namespace mote::command {
namespace {

/// The character that is there, fit for a terminal.
std::string shown_at(std::string_view text, std::size_t at) {
    const auto size = std::max<std::size_t>(1, utf8_character_size(text.substr(at)));
    return "`" + printable(text.substr(at, size)) + "`";
}

bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

json_mistake mistake_at(std::string_view text, std::size_t at, std::string reason) {
    const std::string_view before = text.substr(0, at);
    const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is the first line's
    json_mistake found;
    found.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
    found.column = 1 + static_cast<std::size_t>(std::ranges::count_if(before.substr(line_begin), begins_character));
    found.reason = std::move(reason);
    return found;
}

}  // namespace

std::optional<json_mistake> find_json_mistake(std::string_view text) {
    boost::json::stream_parser parser;
    boost::system::error_code failed;
    const std::size_t read = parser.write_some(text, failed);
    if (failed && read < text.size()) return mistake_at(text, read, "unexpected " + shown_at(text, read));
    if (failed) return mistake_at(text, text.size(), failed.message());
    const auto rest = text.find_first_not_of(" \t\r\n", read);
    if (rest != std::string_view::npos) return mistake_at(text, rest, "something behind the end of the value");
    parser.finish(failed);
    if (failed) return mistake_at(text, text.size(), text.empty() ? "it is empty" : "it ends too early");
    return std::nullopt;
}

std::string described(const json_mistake& mistake) {
    return "line " + std::to_string(mistake.line) + ", column " + std::to_string(mistake.column) + ": " +
           mistake.reason;
}

}  // namespace mote::command
