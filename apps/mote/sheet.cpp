#include <apps/mote/sheet.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>

namespace mote::command {

static constexpr std::size_t label_width = 13;

void sheet::field(std::size_t indent, std::string_view label, std::string_view value) {
    if (value.empty()) return;
    const std::string name = printable(label);
    const std::size_t width = display_width(name);
    std::string start(indent, ' ');
    start += reader_.dim(name) + std::string(width < label_width ? label_width - width : 1, ' ');
    const std::size_t used = indent + std::max(width + 1, label_width);
    std::string shown = printable(value);
    if (reader_.interactive) {
        const std::size_t room = reader_.width > used + 20 ? reader_.width - used : 20;
        shown = shortened(shown, room, reader_.ellipsis());
    }
    text_ += start + shown + "\n";
}

void sheet::heading(std::size_t indent, std::string_view title) {
    text_ += std::string(indent, ' ') + reader_.bold(printable(title)) + "\n";
}

void sheet::lines(std::size_t indent, std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        text_.append(indent, ' ').append(text.substr(0, end)).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace mote::command
