#pragma once

#include <mote/micro/discovery.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// What became of the questions to one instance, from the first that it answered on.
struct pinged {
    micro::service_info service{};
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::chrono::nanoseconds least{}, most{}, sum{};

    std::chrono::nanoseconds mean() const {
        return received == 0 ? std::chrono::nanoseconds(0) : sum / static_cast<std::int64_t>(received);
    }
};

/// Rounds of questions to all instances, and their answers.
class ping_tally {
public:
    void add_round(const std::vector<micro::ping_reply>& replies);

    /// By name and id.
    const std::map<std::pair<std::string, std::string>, pinged>& instances() const noexcept { return instances_; }
    /// `round 2: 3 instances, rtt min/avg/max 1ms/1.5ms/2ms`
    const std::string& last_round() const noexcept { return last_round_; }
    /// `3 instances, rtt min/avg/max 1ms/1.5ms/2ms`, of several rounds with what was lost.
    std::string summary(bool one_round) const;

private:
    std::uint64_t rounds_ = 0;
    std::map<std::pair<std::string, std::string>, pinged> instances_;
    std::string last_round_;
};

/// Like `0%`, `12.5%`.
std::string loss_text(std::uint64_t sent, std::uint64_t received);

}  // namespace mote::command
