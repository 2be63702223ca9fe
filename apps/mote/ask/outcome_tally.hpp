#pragma once

#include <apps/mote/ask/latency_record.hpp>
#include <apps/mote/exit_code.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace mote::command {

/// What became of many requests. A value.
class outcome_tally {
public:
    /// An answer; `status` is 0, or that of the service error which it is.
    void answered(std::chrono::nanoseconds took, int status);
    void timed_out() { ++errors_["timeout"]; }
    void nobody_there() { ++errors_["no responders"]; }

    /// Those that ended, in whatever way.
    std::uint64_t requests() const noexcept;
    std::uint64_t errors() const noexcept;
    const latency_record& times() const noexcept { return times_; }  ///< of the answers, errors among them
    /// By the code of a service error, `timeout` and `no responders`.
    const std::map<std::string, std::uint64_t>& errors_by_code() const noexcept { return errors_; }

    /// ok, or what the worst error is worth: a service error, else a timeout, else nobody there.
    exit_code code() const noexcept;

private:
    latency_record times_;
    std::map<std::string, std::uint64_t> errors_;
};

/// `2 404, 1 timeout`; empty without errors.
std::string errors_text(const outcome_tally& tally);
/// `min 1ms  avg 1.2ms  p50 1.1ms  p90 1.5ms  p99 2ms  p99.9 3ms  max 4ms`; empty without an answer.
std::string times_text(const latency_record& times);
/// requests, errors, errors_by_code and the times in nanoseconds.
boost::json::object tally_json(const outcome_tally& tally);

}  // namespace mote::command
