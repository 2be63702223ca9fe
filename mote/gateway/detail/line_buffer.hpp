#pragma once

#include <mote/gateway/log_sink.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

struct line_buffer_options {
    std::chrono::milliseconds delay{1000};  // until lines are offered, and offered again
    std::size_t flush_at = 0;               // bytes that wait, to offer them at once
    std::size_t max_waiting = 0;            // bytes, past which lines are dropped
};

/// Lines on their way to a sink, many at a time. What the sink does not take waits, up to a bound; then lines are dropped and
/// counted, and a line says so once there is room again. To be held by a shared pointer; on the executor's thread only.
class line_buffer : public std::enable_shared_from_this<line_buffer> {
public:
    line_buffer(const boost::asio::any_io_executor& executor, log_sink sink, line_buffer_options opts);

    void add(std::string_view line);
    /// Offers all that waits.
    void flush();
    /// Offers it a last time; no timer any more.
    void close();

    std::uint64_t dropped() const noexcept { return dropped_; }
    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    void offer();
    void arm();
    /// False when there is no room for it.
    bool tell_dropped();

    boost::asio::steady_timer timer_;
    log_sink sink_;
    line_buffer_options opts_;
    std::string waiting_;
    std::uint64_t dropped_ = 0;
    std::uint64_t told_dropped_ = 0;
    bool stuck_ = false;  // the sink did not take all; it is asked again by the timer only
    bool armed_ = false;
};

}  // namespace mote::gateway::detail
