#pragma once

#include <mote/micro/middleware.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace mote::micro {

enum class log_level { debug, info, warning, error, off };

/// Takes one line without its end. Called on any thread; lines of several threads may come at once.
using log_sink = std::function<void(log_level, std::string_view line)>;

/// One line on standard error, in one write: `2026-11-25T10:00:00.123Z WARN <line>`.
void log_to_standard_error(log_level level, std::string_view line);

/// Where lines go, and from which level on. A handle: copies share the level, which may be changed on any thread while
/// requests are served.
class logger {
public:
    explicit logger(log_sink sink = log_to_standard_error, log_level level = log_level::info);

    void set_level(log_level level) const noexcept;
    log_level level() const noexcept;
    bool wants(log_level level) const noexcept { return level != log_level::off && level >= this->level(); }
    /// Nothing below the level. What the sink throws passes through.
    void log(log_level level, std::string_view line) const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// How loud a request is, by how it ended; `off`: not at all.
struct logging_options {
    log_level answered = log_level::info;    ///< 200 to 399, and events that were handled
    log_level refused = log_level::warning;  ///< 400 to 499
    log_level failed = log_level::error;     ///< all else
};

/// One line for each request when it has ended:
///
///     endpoint=top subject=hn.top status=200 took=1.482ms in=2
///
/// `in` is the size of the payload. Payloads, headers and texts of errors are never logged. Characters of the subject
/// that are not printable ASCII become `?`.
middleware logging(logger log = logger(), logging_options opts = {});

}  // namespace mote::micro
