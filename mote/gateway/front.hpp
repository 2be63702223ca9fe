#pragma once

#include <mote/functions/callback_rules.hpp>
#include <mote/gateway/cors.hpp>
#include <mote/gateway/gateway.hpp>
#include <mote/gateway/log_sink.hpp>
#include <mote/http/exchange.hpp>
#include <mote/http/server.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway {

namespace detail {
class front_state;
}

/// What one listener of a front answers.
enum class offer {
    all,
    all_but_system,  ///< nothing of `area::system`: 404, for whoever asks
};

struct front_options {
    gateway_options services{};  ///< `services.timeout` is the time-out of calls of functions, too
    cors_options cors{};
    functions::callback_rules callbacks{};  ///< where results of asynchronous calls may be sent
    /// Where the files of `read_credentials` are. Empty: `/system` is open to whoever reaches the port.
    std::filesystem::path credentials{};
    bool protect_functions = false;       ///< ask for the credentials everywhere but on `/healthz`
    std::size_t max_login_failures = 30;  ///< see authorization_options; zero behind a proxy
    std::string version = "dev";
    std::string commit{};
    log_sink access_log{};                            ///< a JSON line for each request; empty: none
    log_sink audit_log{};                             ///< a JSON line for each change; empty: none
    std::function<void(std::string_view)> on_note{};  ///< what happens, a line each, for a person; never a secret
};

/// All that the one HTTP gateway answers, behind its listeners. In the order of a look at the path:
///
/// | HTTP | what answers it |
/// | --- | --- |
/// | `/healthz` | 200 while the NATS server is there, else 503 |
/// | `/system/...` | OpenFaaS's management API, see system_api |
/// | `/function/<name>[.<namespace>][/path]` | a function, see docs/protocol.md, "Functions" |
/// | `/async-function/...` | the queue of calls: `POST` keeps one, `GET` and `DELETE` of `/async-function/<call-id>` look at it and cancel it |
/// | everything else | micro services, see gateway |
///
/// It keeps nothing that is not in NATS, so that there may be many. A server without JetStream has services, but no functions:
/// they answer 503, and say why.
///
///     mote::gateway::front front(connection, opts);
///     co_await front.start();
///     mote::http::server server(executor, {.port = 8080}, front.handler());
///
/// All members on the connection's executor. At the end `stop_following`, then stop the server, which waits for the requests in
/// flight, then `stop`.
class front {
public:
    /// Throws as `authorizer` and `cors` for what cannot be used.
    front(nats::connection connection, front_options opts);
    front(const front&) = delete;
    front& operator=(const front&) = delete;
    ~front();

    /// Opens what it needs of JetStream and returns when it knows all functions. Throws `boost::system::system_error`.
    boost::asio::awaitable<void> start();
    /// Answers one request. Throws what an exchange throws.
    boost::asio::awaitable<void> handle(http::exchange& asked, offer what = offer::all);
    /// Begins to answer it without a coroutine, as most calls of functions can be, and `/healthz`; false for all others. The first
    /// handler of an `http::server_handler`, with `handle` as the other one.
    bool begin(http::exchange& asked, offer what = offer::all);
    /// Both of these for a server, which has to go before this does. `/healthz` is answered past its `max_in_flight`, too.
    http::server_handler handler(offer what = offer::all);
    /// For `http::server_options::on_refusal` of these servers: counts it and has it logged.
    void refused(const http::refused_request& request);
    /// Answers `/metrics` and `/healthz` of the listener for operators, and 404 else.
    boost::asio::awaitable<void> operate(http::exchange& asked);
    /// For the metrics: connections and requests of the listener, asked for when they are.
    void watch(std::function<std::size_t()> connections, std::function<std::size_t()> in_flight);
    /// Ends the requests that follow logs, which would go on for long; all others go on.
    void stop_following() noexcept;
    /// The same, and ends what watches NATS and what sends bodies to nodes; those that are still on their way end within
    /// seconds.
    boost::asio::awaitable<void> stop();

    std::size_t instances() const;  ///< of services, that are known now

private:
    bool answer_health(http::exchange& asked);
    bool answer_past_bound(http::exchange& asked);

    std::unique_ptr<detail::front_state> state_;
};

}  // namespace mote::gateway
