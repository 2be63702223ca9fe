#include <mote/gateway/access_log.hpp>

#include <mote/gateway/detail/json_line.hpp>
#include <mote/gateway/detail/line_buffer.hpp>

#include <utility>

namespace mote::gateway {
namespace {

// Together with the names and the numbers less than `max_access_line`.
constexpr std::size_t max_path = 1536;
constexpr std::size_t max_agent = 512;
constexpr std::size_t max_field = 256;
constexpr std::size_t max_short = 64;
static_assert(max_path + max_agent + 4 * max_field + 2 * max_short + 512 < max_access_line);

}  // namespace

std::string access_line(const access_record& of) {
    detail::json_line line(of.time);
    line.text("peer", of.peer, max_short)
        .text("method", of.method, max_short)
        .text("path", of.path.substr(0, of.path.find('?')), max_path)
        .number("status", static_cast<std::uint64_t>(of.status < 0 ? 0 : of.status))
        .number("bytes_in", of.bytes_in)
        .number("bytes_out", of.bytes_out)
        .milliseconds("duration_ms", of.duration)
        .text("call_id", of.call_id, max_field)
        .text("function", of.function, max_field)
        .text("user_agent", of.user_agent, max_agent)
        .text("user", of.user, max_field)
        .text("reason", of.reason, max_field);
    return std::move(line).finish();
}

access_log::access_log(const boost::asio::any_io_executor& executor, log_sink sink, access_log_options opts) {
    detail::line_buffer_options how;
    how.delay = opts.delay;
    how.flush_at = opts.flush_at;
    how.max_waiting = opts.max_waiting;
    lines_ = std::make_shared<detail::line_buffer>(executor, std::move(sink), how);
}

access_log::~access_log() { lines_->close(); }

void access_log::add(const access_record& one) { lines_->add(access_line(one)); }
void access_log::flush() { lines_->flush(); }
std::uint64_t access_log::dropped() const noexcept { return lines_->dropped(); }
std::size_t access_log::waiting() const noexcept { return lines_->waiting(); }

}  // namespace mote::gateway
