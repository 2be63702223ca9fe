#include <mote/node/detail/line_splitter.hpp>

namespace mote::node::detail {

bool line_splitter::take_line(std::string_view& bytes, std::string_view& line) {
    if (spent_) {
        kept_.clear();
        spent_ = false;
    }
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const bool ends = end != std::string_view::npos;
        const auto part = bytes.substr(0, end);
        if (skipping_) {
            bytes.remove_prefix(ends ? end + 1 : bytes.size());
            skipping_ = !ends;
            continue;
        }
        // One more than the limit may be the CR of the line's end.
        const auto room = limit_ + 1 - kept_.size();
        if (part.size() > room || (part.size() == room && !part.empty() && part.back() != '\r')) {
            kept_ += part.substr(0, room);
            bytes.remove_prefix(std::min(room, part.size()));
            cut();
            line = kept_;
            spent_ = skipping_ = true;
            return true;
        }
        if (!ends) {
            kept_ += part;
            bytes = {};
            return false;
        }
        bytes.remove_prefix(end + 1);
        line = part;
        if (!kept_.empty()) {
            kept_ += part;
            line = kept_;
            spent_ = true;
        }
        if (line.ends_with('\r')) line.remove_suffix(1);
        return true;
    }
    return false;
}

void line_splitter::cut() {
    kept_.resize(limit_);
    // Not inside of a character of UTF-8, which is at most 4 bytes; what is not UTF-8 is cut anywhere.
    constexpr auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
    std::size_t tail = 0;
    while (tail < 3 && tail < kept_.size() && continues(kept_[kept_.size() - 1 - tail])) ++tail;
    if (tail < kept_.size()) {
        const auto lead = static_cast<unsigned char>(kept_[kept_.size() - 1 - tail]);
        const std::size_t wanted = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        if (wanted > tail) kept_.resize(kept_.size() - 1 - tail);
    }
    kept_ += cut_mark;
}

}  // namespace mote::node::detail
