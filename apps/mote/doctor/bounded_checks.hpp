#pragma once

#include <apps/mote/doctor/finding.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::command {

/// One question to this machine. It may block, and may throw.
struct machine_check {
    std::string name{};
    std::function<std::vector<finding>()> look{};
};

/// Runs checks at the same time, a thread each, so that none waits for another.
class bounded_checks {
public:
    explicit bounded_checks(std::vector<machine_check> checks);

    /// What they found, in their order, at most `limit` after they were started: one that has not ended by then, or that threw, is
    /// a warning that says so.
    std::vector<finding> results(std::chrono::milliseconds limit);
    /// Whether one of them has not ended. It goes on for as long as the process does.
    bool any_left() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace mote::command
