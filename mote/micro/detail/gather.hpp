#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/found_service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro::detail {

using gathered = std::vector<instance_reply<nats::message>>;

/// Where the instances of a service are asked.
struct gather_plan {
    /// One question, and the entries that its replies are for: one at a direct subject, several at a shared one.
    struct question {
        std::string subject{};
        std::vector<std::size_t> entries{};
    };
    gathered entries{};  ///< one an instance; those that cannot be asked have their error already
    std::vector<question> questions{};
};

/// Throws `errc::no_matching_version`, and `errc::not_found` when no instance at all has the endpoint.
gather_plan plan_gathering(const found_service& service, std::string_view endpoint, const version_range& version);

struct gather_bounds {
    std::chrono::steady_clock::time_point deadline{};
    std::chrono::nanoseconds stall{0};  ///< 0: off
    std::size_t max_replies = 0;        ///< 0: no bound
};

/// Questions to all instances, with an inbox of their own.
class gathering {
public:
    /// Asks at once. Throws what publishing throws.
    gathering(const nats::connection& connection, gather_plan plan, std::string_view payload,
              const nats::headers& headers);
    /// All entries, each with a reply or an error. The gathering has to live meanwhile.
    boost::asio::awaitable<gathered> replies(gather_bounds bounds);

private:
    bool take(const nats::message& reply);
    void take_nobody(const gather_plan::question& asked);
    std::size_t entry_for(const gather_plan::question& asked);
    void settle(std::size_t entry, const boost::system::system_error& failed);
    bool is_open(std::size_t entry) const { return !plan_.entries[entry].reply && !plan_.entries[entry].error; }

    gather_plan plan_;
    std::string inbox_prefix_;
    nats::subscription inbox_;
    std::size_t open_ = 0;  // entries that wait for a reply
};

}  // namespace mote::micro::detail
