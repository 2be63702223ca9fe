#pragma once

#include <apps/mote/doctor/finding.hpp>

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// The subjects that the server refused to let this login use, as its errors name them.
class refusals {
public:
    void note(const nats::connection_event& event);
    /// Whether one that begins so was refused.
    bool has(std::string_view beginning) const;

private:
    std::vector<std::string> subjects_;
};

/// What this login may: get answers, ask services, be one. Tries each of it. `refused` hears of the connection's events.
boost::asio::awaitable<std::vector<finding>> check_permissions(nats::connection connection, refusals* refused,
                                                               std::chrono::milliseconds patience);

}  // namespace mote::command
