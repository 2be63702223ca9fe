#include <apps/mote/shown_bytes.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>

namespace mote::command {

std::string fit_for_terminal(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto size = std::min(text.find_first_of("\n\t"), text.size());
        shown += printable(text.substr(0, size));
        if (size < text.size()) shown += text[size];
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return shown;
}

void write_bytes(std::string_view bytes, bool raw, const terminal& reader) {
    if (raw) return write_out(bytes);
    std::string shown = reader.interactive ? fit_for_terminal(bytes) : std::string(bytes);
    if (!shown.empty() && !shown.ends_with('\n')) shown += '\n';
    write_out(shown);
}

}  // namespace mote::command
