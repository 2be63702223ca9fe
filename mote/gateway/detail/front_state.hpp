#pragma once

#include <mote/gateway/access_log.hpp>
#include <mote/gateway/audit_log.hpp>
#include <mote/gateway/authorization.hpp>
#include <mote/gateway/detail/front_functions.hpp>
#include <mote/gateway/front.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mote::gateway::detail {

/// What the requests of a front share.
class front_state {
public:
    front_state(nats::connection given, front_options options);

    boost::asio::awaitable<void> open_functions();
    /// Answers, whoever asks.
    boost::asio::awaitable<void> answer(http::exchange& asked, verdict& by, const call_head* head);
    void log(const http::exchange& asked, const verdict& by, const call_head* head, int status,
             std::chrono::system_clock::time_point time, std::chrono::nanoseconds took);
    boost::asio::awaitable<std::string> metrics_text();

    nats::connection connection;
    front_options opts;
    class gateway services;
    class cors cross_origin;
    std::optional<authorizer> guard;
    gateway_metrics metrics{};
    std::optional<access_log> accesses;
    std::optional<audit_log> changes;
    std::unique_ptr<front_functions> functions;
    std::string no_functions;  // why there are none
    std::function<std::size_t()> connections;
    std::function<std::size_t()> in_flight;
};

}  // namespace mote::gateway::detail
