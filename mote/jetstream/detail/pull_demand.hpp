#pragma once

#include <algorithm>
#include <cstddef>

namespace mote::jetstream::detail {

/// Counts the messages that a pull consumer has claimed: those that it asked for and that did not come yet, those that
/// wait here, and those that are handed out and not settled. Says how many more to ask for, so that the server is never
/// idle and nothing is claimed beyond the bounds.
class pull_demand {
public:
    /// `max_messages` bounds all three with a `max_in_flight`, the first two when that is 0 and bounds nothing.
    pull_demand(std::size_t max_messages, std::size_t max_in_flight) noexcept
        : max_messages_(max_messages), max_in_flight_(max_in_flight) {}

    /// How many to ask for now: all that there is room for, as soon as half of it is free.
    std::size_t wanted() const noexcept {
        const auto room = max_messages_ - (max_in_flight_ == 0 ? 0 : std::min(in_flight_, max_messages_));
        const auto ahead = requested_ + waiting_;
        return ahead <= room / 2 ? room - ahead : 0;
    }
    bool may_hand_out() const noexcept { return max_in_flight_ == 0 || in_flight_ < max_in_flight_; }

    void asked(std::size_t count) noexcept { requested_ += count; }
    /// One of those that were asked for came. (A server that sends more than that does not count below none.)
    void came() noexcept {
        if (requested_ > 0) --requested_;
    }
    /// The server ended requests: so many will not come.
    void ended(std::size_t count) noexcept { requested_ -= std::min(count, requested_); }
    void all_ended() noexcept { requested_ = 0; }
    void kept() noexcept { ++waiting_; }
    void taken() noexcept { --waiting_; }
    void handed_out() noexcept { ++in_flight_; }
    void settled() noexcept { --in_flight_; }

    std::size_t requested() const noexcept { return requested_; }
    std::size_t in_flight() const noexcept { return in_flight_; }

private:
    std::size_t max_messages_;
    std::size_t max_in_flight_;
    std::size_t requested_ = 0;
    std::size_t waiting_ = 0;
    std::size_t in_flight_ = 0;
};

}  // namespace mote::jetstream::detail
