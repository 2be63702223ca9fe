#include <apps/mote/progress_bar.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>

namespace mote::command {
namespace {

constexpr auto least_interval = std::chrono::milliseconds(50);
constexpr std::size_t widest = 40;
constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

void progress_bar::show(std::string_view what) {
    if (!reader_.interactive) return;
    write_err(std::string(erase_line) + shortened(printable(what), reader_.width - 1, reader_.ellipsis()));
    drawn_ = true;
}

void progress_bar::show(std::string_view what, std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!reader_.interactive || total == 0 || (now < next_ && done < total)) return;
    next_ = now + least_interval;
    const std::string numbers = std::to_string(done) + "/" + std::to_string(total);
    const std::size_t others = what.size() + numbers.size() + 3;
    const std::size_t width = std::min(widest, reader_.width > others ? reader_.width - others : 0);
    const std::size_t filled = std::min(width, width * done / total);
    std::string bar;
    for (std::size_t at = 0; at < width; ++at)
        bar += at < filled ? (reader_.utf8 ? "█" : "#") : (reader_.utf8 ? "░" : "-");
    show(std::string(what) + " " + bar + " " + numbers);
}

void progress_bar::clear() noexcept {
    if (drawn_) write_err(erase_line);
    drawn_ = false;
}

}  // namespace mote::command
