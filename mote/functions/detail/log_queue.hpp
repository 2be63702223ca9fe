#pragma once

#include <mote/functions/log_line.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace mote::functions::detail {

/// A line on its way to the stream.
struct outgoing_line {
    std::string subject{};
    std::string payload{};
    std::uint64_t number = 0;  ///< in the order in which they are sent
    int tries = 0;
};

struct log_queue_bounds {
    std::size_t lines = 0;
    std::size_t bytes = 0;  ///< of the payloads
};

/// The lines that wait to be stored, in a bounded place that is shared fairly: each replica has an order of its own, gets
/// its turn, and at most a quarter of the place. One that is out of place loses its lines until half of its quarter is
/// free; then a line of our own says how many were lost, before the next one or when there is nothing else of it to send.
class log_queue {
public:
    explicit log_queue(log_queue_bounds bounds) noexcept;

    /// False when it is dropped.
    bool push(const log_line& line);
    /// The next one to be sent.
    std::optional<outgoing_line> pop();
    /// One that has to be sent again, before all that were not sent yet. It needs no place.
    void put_back(outgoing_line line);
    void clear() noexcept;

    /// Lines, with those that were put back and not yet those that say what was lost.
    std::size_t size() const noexcept { return lines_ + again_.size(); }
    /// Whether `pop` gives nothing.
    bool empty() const noexcept { return turns_.empty() && again_.empty(); }

private:
    struct replica {
        log_line any{};  // its function and instance; the time of the last one that was lost
        std::deque<std::string> lines{};
        std::size_t bytes = 0;
        std::uint64_t dropped = 0;  // and not said yet
        bool has_turn = false;
    };
    using replica_map = std::map<std::string, replica>;

    bool has_place(const replica& of, std::size_t size) const noexcept;
    bool recovered(const replica& of) const noexcept;
    void add(replica& to, std::string payload);
    void give_turn(replica_map::iterator to);
    static std::string lost_lines(replica& of);

    log_queue_bounds bounds_;
    log_queue_bounds share_;  // of one replica
    replica_map replicas_{};
    std::deque<replica_map::iterator> turns_{};  // each replica that has something to send, once
    std::map<std::uint64_t, outgoing_line> again_{};
    std::size_t lines_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t next_number_ = 1;
};

}  // namespace mote::functions::detail
