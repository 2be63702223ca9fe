#include <apps/mote/dev/line_splitter.hpp>

#include <algorithm>

namespace mote::command {
namespace {

constexpr std::size_t longest_line = 16 * 1024;

}  // namespace

void line_splitter::take(std::string_view piece) {
    while (!piece.empty()) {
        const auto end = std::min(piece.find('\n'), piece.size());
        const auto size = std::min(end, longest_line - unfinished_.size());
        unfinished_.append(piece.substr(0, size));
        piece.remove_prefix(size);
        const bool ended = !piece.empty() && piece.front() == '\n';
        if (ended) piece.remove_prefix(1);
        if (ended || unfinished_.size() == longest_line) hand_out();
    }
}

void line_splitter::finish() {
    if (!unfinished_.empty()) hand_out();
}

void line_splitter::hand_out() {
    std::string line;
    line.swap(unfinished_);
    on_line_(line);
}

}  // namespace mote::command
