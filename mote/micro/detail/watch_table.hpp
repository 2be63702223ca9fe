#pragma once

#include <mote/micro/info.hpp>
#include <mote/micro/watch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mote::micro::detail {

/// What a watch knows of instances, and what of that is news. No clock and no connection: rounds are numbers.
class watch_table {
public:
    using sink = std::function<void(service_event)>;

    watch_table(std::size_t max_instances, int missed_rounds) : max_(max_instances), missed_rounds_(missed_rounds) {}

    /// Begins a round: those that left too many unanswered are gone.
    void begin_round(const sink& tell);
    /// The time that passed was not theirs: the server was away.
    void forgive();

    /// An instance answered to PING. True when its INFO is needed: it is new, or says something else than before.
    bool take_ping(const service_info& answered);
    void take_info(service_info answered, const sink& tell);

    std::vector<service_info> instances() const;
    std::size_t ignored() const noexcept { return ignored_; }

private:
    struct instance {
        service_info info{};
        bool told = false;  // INFO has come, and it has appeared
        std::uint64_t last_answer = 0;
    };
    instance* find_or_add(const service_info& answered);

    std::size_t max_;
    int missed_rounds_;
    std::uint64_t round_ = 0;
    std::size_t ignored_ = 0;
    std::map<std::string, instance> instances_;  // by name and id
};

/// Events that wait for a reader, at most one an instance.
class pending_events {
public:
    void add(service_event event);
    bool empty() const noexcept { return order_.empty(); }
    service_event take();

private:
    std::map<std::string, std::pair<std::uint64_t, service_event>> events_;  // by name and id
    std::map<std::uint64_t, std::string> order_;
    std::uint64_t last_ = 0;
};

}  // namespace mote::micro::detail
