#include <mote/micro/middleware/logging.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/micro/info.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>

namespace mote::micro {
namespace {

constexpr std::size_t longest_subject = 256;

log_level level_of(int status, const logging_options& opts) {
    if (status == 0 || (status >= 200 && status < 400)) return opts.answered;
    return status >= 400 && status < 500 ? opts.refused : opts.failed;
}

std::string printable(std::string_view text) {
    std::string shown(text.substr(0, longest_subject));
    for (char& c : shown)
        if (c <= ' ' || c > '~') c = '?';
    if (text.size() > longest_subject) shown += "...";
    return shown;
}

std::string milliseconds(std::chrono::nanoseconds took) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3fms", std::chrono::duration<double, std::milli>(took).count());
    return text.data();
}

}  // namespace

struct logger::state {
    state(log_sink to, log_level from) : sink(std::move(to)), level(from) {}
    log_sink sink;
    std::atomic<log_level> level;
};

logger::logger(log_sink sink, log_level level) : state_(std::make_shared<state>(std::move(sink), level)) {}

void logger::set_level(log_level level) const noexcept { state_->level.store(level, std::memory_order_relaxed); }

log_level logger::level() const noexcept { return state_->level.load(std::memory_order_relaxed); }

void logger::log(log_level level, std::string_view line) const {
    if (wants(level) && state_->sink) state_->sink(level, line);
}

void log_to_standard_error(log_level level, std::string_view line) {
    constexpr std::array names{"DEBUG", "INFO", "WARN", "ERROR", "OFF"};
    using std::chrono::milliseconds;
    const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    auto text = detail::utc_text(now) + ' ' + names[static_cast<std::size_t>(level)] + ' ';
    text.append(line) += '\n';
    // A log that cannot be written is nobody's failure.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

middleware logging(logger log, logging_options opts) {
    return before([log = std::move(log), opts](request& req) {
        if (log.level() == log_level::off) return;
        auto line = "endpoint=" + req.endpoint().name + " subject=" + printable(req.subject());
        at_end(req, [log, opts, line = std::move(line), in = req.data().size()](const call_end& ended) {
            const auto level = level_of(ended.status, opts);
            if (!log.wants(level)) return;
            log.log(level, line + " status=" + std::to_string(ended.status) + " took=" + milliseconds(ended.took) +
                               " in=" + std::to_string(in));
        });
    });
}

}  // namespace mote::micro
