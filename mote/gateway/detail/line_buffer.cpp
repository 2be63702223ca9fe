#include <mote/gateway/detail/line_buffer.hpp>

#include <mote/gateway/detail/json_line.hpp>

#include <algorithm>
#include <boost/system/error_code.hpp>
#include <utility>

namespace mote::gateway::detail {

line_buffer::line_buffer(const boost::asio::any_io_executor& executor, log_sink sink, line_buffer_options opts)
    : timer_(executor), sink_(std::move(sink)), opts_(opts) {}

void line_buffer::add(std::string_view line) {
    if (!tell_dropped() || waiting_.size() + line.size() > opts_.max_waiting) {
        ++dropped_;
        return;
    }
    waiting_ += line;
    if (waiting_.size() >= opts_.flush_at && !stuck_)
        offer();
    else
        arm();
}

void line_buffer::flush() {
    if (!waiting_.empty()) offer();
}

void line_buffer::close() {
    flush();
    timer_.cancel();
}

bool line_buffer::tell_dropped() {
    if (dropped_ == told_dropped_) return true;
    auto told = json_line(std::chrono::system_clock::now());
    told.number("dropped", dropped_ - told_dropped_);
    const auto line = std::move(told).finish();
    if (waiting_.size() + line.size() > opts_.max_waiting) return false;
    waiting_ += line;
    told_dropped_ = dropped_;
    return true;
}

void line_buffer::offer() {
    const auto taken = std::min(sink_(waiting_), waiting_.size());
    waiting_.erase(0, taken);
    stuck_ = !waiting_.empty();
    if (!stuck_ && dropped_ != told_dropped_) tell_dropped();
    if (!waiting_.empty()) arm();
}

void line_buffer::arm() {
    if (std::exchange(armed_, true)) return;
    timer_.expires_after(opts_.delay);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
        const auto self = weak.lock();
        if (!self || cancelled) return;
        self->armed_ = false;
        self->flush();
    });
}

}  // namespace mote::gateway::detail
