#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace mote::jetstream::detail {

/// What a pull consumer may claim.
struct pull_bounds {
    std::size_t max_messages = 0;
    std::size_t max_in_flight = 0;  ///< 0: no bound
    std::size_t threshold = 0;      ///< asks for more when no more than so many are on their way or wait; 0: half
    std::size_t max_bytes = 0;      ///< of what is asked for and what waits; 0: no bound
};

/// Counts the messages that a pull consumer has claimed: those that it asked for and that did not come yet, those that
/// wait here, and those that are handed out and not settled. Says how many more to ask for, so that the server is never
/// idle and nothing is claimed beyond the bounds.
///
/// With a bound of bytes it counts those as the server does. A request ends when the next message does not fit into its
/// bytes. Then asking again is of use only when there is more room than before.
class pull_demand {
public:
    /// `max_messages` bounds all three with a `max_in_flight`, the first two when that is 0 and bounds nothing.
    explicit pull_demand(const pull_bounds& bounds) noexcept : bounds_(bounds) {}

    /// How many to ask for now: all that there is room for, as soon as half of it (of the bytes, where they are bounded)
    /// is free.
    std::size_t wanted() const noexcept {
        const auto in_flight = bounds_.max_in_flight == 0 ? 0 : std::min(in_place(), bounds_.max_messages);
        const auto room = bounds_.max_messages - in_flight;
        const auto ahead = requested_ + waiting_;
        if (ahead >= room) return 0;
        if (bounds_.max_bytes != 0) return wanted_bytes() > 0 ? room - ahead : 0;
        return ahead <= (bounds_.threshold == 0 ? room / 2 : bounds_.threshold) ? room - ahead : 0;
    }
    /// How many bytes to ask for with that; 0 without a bound.
    std::size_t wanted_bytes() const noexcept {
        const auto ahead = bytes_ahead();
        return ahead <= bounds_.max_bytes / 2 && ahead < stuck_at_ ? bounds_.max_bytes - ahead : 0;
    }
    bool may_hand_out() const noexcept { return bounds_.max_in_flight == 0 || in_place() < bounds_.max_in_flight; }
    /// The next message is larger than all that it may ask for.
    bool stuck() const noexcept { return stuck_at_ == 0; }

    void asked(std::size_t count, std::size_t bytes = 0) noexcept {
        requested_ += count;
        requested_bytes_ += bytes;
        stuck_at_ = nowhere;
    }
    /// One of those that were asked for came. (A server that sends more than that does not count below none.)
    void came(std::size_t bytes = 0) noexcept {
        if (requested_ > 0) --requested_;
        requested_bytes_ -= std::min(bytes, requested_bytes_);
        // A request whose bytes are used up to the last one ends without a word, and so does one whose messages are.
        if (requested_ == 0 || (bounds_.max_bytes != 0 && requested_bytes_ == 0)) requested_ = requested_bytes_ = 0;
    }
    /// The server ended a request: so many will not come. `too_large`: for the next message did not fit.
    void ended(std::size_t count, std::size_t bytes = 0, bool too_large = false) noexcept {
        requested_ -= std::min(count, requested_);
        requested_bytes_ -= std::min(bytes, requested_bytes_);
        if (requested_ == 0) requested_bytes_ = 0;
        if (too_large && bounds_.max_bytes != 0) stuck_at_ = bytes_ahead();
    }
    void all_ended() noexcept {
        requested_ = requested_bytes_ = 0;
        stuck_at_ = nowhere;
    }
    void kept(std::size_t bytes = 0) noexcept {
        ++waiting_;
        waiting_bytes_ += bytes;
    }
    void taken(std::size_t bytes = 0) noexcept {
        --waiting_;
        waiting_bytes_ -= bytes;
    }
    void handed_out() noexcept { ++in_flight_; }
    /// One of those that are handed out has no place any more, though it is not settled.
    void set_aside() noexcept { ++aside_; }
    void settled(bool was_aside = false) noexcept {
        --in_flight_;
        if (was_aside) --aside_;
    }

    std::size_t requested() const noexcept { return requested_; }
    /// Those that are set aside, too.
    std::size_t in_flight() const noexcept { return in_flight_; }

private:
    std::size_t in_place() const noexcept { return in_flight_ - aside_; }
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    std::size_t bytes_ahead() const noexcept { return requested_bytes_ + waiting_bytes_; }

    pull_bounds bounds_;
    std::size_t requested_ = 0;
    std::size_t waiting_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t aside_ = 0;  // of those
    std::size_t requested_bytes_ = 0;
    std::size_t waiting_bytes_ = 0;
    std::size_t stuck_at_ = nowhere;  // with so many bytes ahead the next message does not fit
};

}  // namespace mote::jetstream::detail
