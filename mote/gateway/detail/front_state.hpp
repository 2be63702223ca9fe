#pragma once

#include <mote/gateway/access_log.hpp>
#include <mote/gateway/audit_log.hpp>
#include <mote/gateway/authorization.hpp>
#include <mote/gateway/detail/call_head.hpp>
#include <mote/gateway/detail/front_functions.hpp>
#include <mote/gateway/detail/function_path.hpp>
#include <mote/gateway/detail/until_done.hpp>
#include <mote/gateway/detail/whole_call.hpp>
#include <mote/gateway/front.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mote::gateway::detail {

/// One request of a front.
struct front_request {
    explicit front_request(http::exchange& with) : asked(with), peer(with.peer()) {
        if (is_call(asked.path())) head.emplace(asked, time, began);
    }

    http::exchange& asked;
    const std::string& peer;
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::optional<call_head> head{};  // of a call of a function
    verdict by{};
};

/// Whether a client wants to change to WebSockets (RFC 6455, 4.1). A gateway that passed it over would have the function answer
/// what its client cannot use.
bool is_websocket(const http::exchange& asked);

/// What the requests of a front share.
class front_state {
public:
    front_state(nats::connection given, front_options options);

    /// Where the server has no JetStream it is looked for after each reconnect: the server may have been started again with it.
    boost::asio::awaitable<void> open_functions();
    /// Before what answers is stopped.
    boost::asio::awaitable<void> stop_opening();
    /// The answer of a preflight, where other origins may ask and this is one. Logs it.
    bool answer_preflight(front_request& request);
    /// Lets pages of those origins see whatever is answered.
    void open_to_origins(http::exchange& asked) const;
    /// Answers, whoever asks. What throws before it waits throws at once.
    boost::asio::awaitable<void> answer(front_request& request);
    /// `status`: what was answered; zero for a peer that had gone.
    void log(const front_request& request, int status);
    /// What the listener refused.
    void log(const http::refused_request& refused);
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

private:
    boost::asio::awaitable<void> open_stores();
    void look_for_jetstream();
    boost::asio::awaitable<void> answer_other(front_request& request);
    void audit_refusal(const front_request& request, int status);

    std::shared_ptr<until_done> opening_;  // null: there was JetStream from the start
    nats::event_watch reconnects_{};
};

/// One call of a function that needs no coroutine.
class front_call final : public whole_call {
public:
    front_call(front_state& state, http::exchange& asked) : whole_call(asked), state_(state), request_(asked) {
        request_.by.allowed = true;
    }

    const call_head& head() const noexcept override { return *request_.head; }

private:
    void ended(int status) noexcept override { state_.log(request_, status); }

    front_state& state_;
    front_request request_;
};

}  // namespace mote::gateway::detail
