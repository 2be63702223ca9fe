#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mote::gateway::detail {

/// The part of an address that tells peers apart: all of IPv4 (also within IPv6), the first 64 bits of IPv6, and whatever
/// else the text is.
std::string peer_key(std::string_view address);

/// How often each peer failed within a minute from its first failure on.
class failure_table {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds window{60};

    /// `most` failures are allowed, zero: any number. At most `max_peers`, at least one, are counted: past it the one that
    /// began first is forgotten.
    failure_table(std::size_t most, std::size_t max_peers);

    /// How long the peer has to wait, rounded up; zero: it need not.
    std::chrono::seconds wait_of(std::string_view peer, clock::time_point now) const;
    void failed(std::string_view peer, clock::time_point now);
    std::size_t size() const noexcept { return counts_.size(); }

private:
    struct count {
        clock::time_point began;
        std::size_t failures = 0;
    };

    void make_room(clock::time_point now);

    std::size_t most_;
    std::size_t max_peers_;
    std::unordered_map<std::string, count> counts_;
};

}  // namespace mote::gateway::detail
