#pragma once

#include <mote/gateway/own_paths.hpp>
#include <mote/http/exchange.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway {

namespace detail {
class service_table;
}

struct gateway_options {
    /// What can be asked beside the endpoints whose metadata has `http.route` or `http.expose` = `true`: names of services,
    /// `<service>/<endpoint>`, or `*` for all.
    std::vector<std::string> expose{};
    std::chrono::nanoseconds timeout{std::chrono::seconds(60)};  ///< of a request; `X-Timeout` may ask for less
    std::chrono::nanoseconds refresh{std::chrono::seconds(2)};   ///< how often instances are looked for
};

/// Turns HTTP into NATS and back, for every micro service on the server, whoever wrote it:
///
/// | HTTP | what it does |
/// | --- | --- |
/// | what an endpoint's metadata `http.route` says (`GET /hn/top/{n}`) | asks that endpoint |
/// | `POST /service/<service>/<endpoint>` | asks it with the body; `GET` where its metadata has `http.method` = `GET` |
/// | `GET /services` | what of that is there |
/// | `GET /openapi.json` | the same as OpenAPI 3.1 |
/// | `GET /healthz` | 200 while the NATS server is there, else 503 |
///
/// An event or work endpoint is told and answers 202: of work only when the stream has kept it. Everything about headers,
/// statuses and values in paths: docs/protocol.md, "Over HTTP". It keeps nothing, so that there may be many.
///
///     mote::gateway::gateway front(connection);
///     mote::http::server server(executor, {.port = 8080}, [&](mote::http::exchange& asked) { return front.handle(asked); });
///
/// All members are to be called on the executor of the connection. It has to live until its calls have ended.
class gateway {
public:
    /// Follows the services from now on.
    explicit gateway(nats::connection connection, gateway_options opts = gateway_options());
    gateway(const gateway&) = delete;
    gateway& operator=(const gateway&) = delete;
    ~gateway();

    /// Answers one request. Throws `http::status_error` for what is no fault of the service, and what an exchange throws.
    /// `pass_credentials`: the service gets the `Authorization` header, too; false where it was a login of whoever calls this.
    boost::asio::awaitable<void> handle(http::exchange& asked, bool pass_credentials = true);
    /// Answers `/healthz` at once; false, with nothing done, for all other requests.
    bool answer_health(http::exchange& asked) const;
    /// Returns when nothing of it goes on any more.
    boost::asio::awaitable<void> stop();
    /// What `GET /openapi.json` answers. Routes to what `taken` says of their method and path are left out, as no service gets
    /// those requests; where it is empty `is_of_gateway` says it.
    boost::asio::awaitable<std::string> openapi(own_requests taken = nullptr) const;

    std::size_t instances() const;  ///< of services, that are known now
    std::size_t routes() const;     ///< that endpoints ask for, of those
    /// Whether one of these takes such a request.
    bool has_route(std::string_view method, std::string_view path) const;
    /// Whether one of these has an endpoint of that subject, exposed or not.
    bool serves(std::string_view subject) const;

private:
    nats::connection connection_;
    gateway_options opts_;
    std::unique_ptr<detail::service_table> services_;
};

}  // namespace mote::gateway
