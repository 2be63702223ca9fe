#pragma once

#include <mote/micro/endpoint.hpp>
#include <mote/micro/request.hpp>

#include <cstddef>
#include <list>
#include <optional>

namespace mote::micro::detail {

/// Who may run now, who waits in line, who is turned away. On the connection's executor only.
class admission {
public:
    enum class verdict { run, wait, reject, drop };

    explicit admission(const endpoint_options& opts)
        : max_in_flight_(opts.max_in_flight == 0 ? 1 : opts.max_in_flight),
          max_waiting_(opts.when_full == overflow::wait ? longest_line : opts.max_waiting),
          max_waiting_bytes_(opts.when_full == overflow::wait ? most_bytes : std::size_t{0} - 1),
          when_full_(opts.when_full) {}

    /// `run` takes a place, to be given back by `ended`.
    verdict ask(std::size_t bytes) noexcept {
        if (running_ < max_in_flight_ && line_.empty()) {
            ++running_;
            return verdict::run;
        }
        if (line_.size() < max_waiting_ && bytes <= max_waiting_bytes_ - waiting_bytes_) return verdict::wait;
        return when_full_ == overflow::drop ? verdict::drop : verdict::reject;
    }
    void line_up(request req) {
        waiting_bytes_ += req.data().size();
        line_.push_back(std::move(req));
    }
    void ended() noexcept { --running_; }
    /// The first in the line, when there is a place for it, which it takes.
    std::optional<request> next_in_line() {
        if (line_.empty() || running_ >= max_in_flight_) return std::nullopt;
        std::optional<request> first(std::move(line_.front()));
        line_.pop_front();
        waiting_bytes_ -= first->data().size();
        ++running_;
        return first;
    }
    /// Empties the line.
    std::list<request> give_up() noexcept {
        waiting_bytes_ = 0;
        return std::exchange(line_, {});
    }
    std::size_t waiting() const noexcept { return line_.size(); }

private:
    static constexpr std::size_t longest_line = 65536;
    static constexpr std::size_t most_bytes = 64 * 1024 * 1024;

    std::size_t max_in_flight_;
    std::size_t max_waiting_;
    std::size_t max_waiting_bytes_;
    overflow when_full_;
    std::size_t running_ = 0;
    std::size_t waiting_bytes_ = 0;
    std::list<request> line_;  // has no memory while it is empty
};

}  // namespace mote::micro::detail
