#pragma once

#include <mote/micro/info.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace mote::command {

/// What happened between two looks at something: a service, one of its endpoints, or one instance of that.
struct activity {
    std::string name{};         ///< of the service or endpoint, or the id of the instance; as it came
    std::size_t instances = 0;  ///< of the service, or that offer the endpoint
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    double rate = 0;                                    ///< requests a second
    double error_rate = 0;                              ///< errors a second
    std::optional<std::chrono::nanoseconds> average{};  ///< nothing: no request ended meanwhile
    std::optional<std::chrono::nanoseconds> p50{};      ///< of the slowest instance; nothing: nobody tells
    std::optional<std::chrono::nanoseconds> p99{};
    std::optional<std::uint64_t> in_flight{};  ///< nothing: nobody tells
    std::uint64_t pending = 0;      ///< of work: in the stream, not handed out; the most that an instance told
    std::vector<double> history{};  ///< rates, the newest last; at most `traffic::most_kept`
    std::string last_error{};
};

/// What follows from the statistics that instances tell in rounds of questions. No clock and no connection.
class traffic {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::size_t most_kept = 120;       ///< rates of each series
    static constexpr std::size_t most_series = 20'000;  ///< endpoints of instances; further ones are left out
    static constexpr int rounds_until_gone = 3;         ///< that an instance does not answer

    /// The answers of a round that was begun at that time.
    void take(const std::vector<micro::service_stats>& answers, time_point asked_at);

    // By name, each with its sums.
    std::vector<activity> services() const;
    std::vector<activity> endpoints(const std::string& service) const;
    std::vector<activity> instances(const std::string& service, const std::string& endpoint) const;
    /// Of all services.
    std::size_t instance_count() const;
    /// Whether there is more than `most_series`.
    bool cut() const noexcept { return cut_; }
    std::uint64_t rounds() const noexcept { return rounds_; }

private:
    struct series {
        micro::endpoint_stats told{};
        double rate = 0;
        double error_rate = 0;
        std::uint64_t ended = 0;  // of the last interval, for the average
        std::chrono::nanoseconds spent{};
        std::deque<double> history{};
        time_point asked_at{};
        std::uint64_t round = 0;  // in which it answered last
    };
    /// Service, endpoint, instance.
    using key = std::tuple<std::string, std::string, std::string>;

    void take(const key& whose, const micro::endpoint_stats& told, time_point asked_at);
    static void add(activity& sum, const series& each);
    template <class NameOf>
    std::vector<activity> summed(NameOf name_of) const;

    std::map<key, series> all_;
    std::map<std::pair<std::string, std::string>, std::uint64_t>
        instances_;  // service and id, the round of the last answer
    std::uint64_t rounds_ = 0;
    bool cut_ = false;
};

}  // namespace mote::command
