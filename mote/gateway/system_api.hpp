#pragma once

#include <mote/functions/bundle_store.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/log_store.hpp>
#include <mote/functions/node_table.hpp>
#include <mote/functions/secret_store.hpp>
#include <mote/gateway/audit_log.hpp>
#include <mote/gateway/authorization.hpp>
#include <mote/http/exchange.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mote::gateway {

namespace detail {
class system_state;
}

/// What a system_api stands on. The tables have to outlive it.
struct system_parts {
    nats::connection connection;
    functions::function_store store;
    const functions::function_table& functions;
    const functions::node_table& nodes;
    functions::secret_store secrets;
    functions::log_store logs;
    functions::bundle_store bundles;
    /// Told of each change and each try of one. It must not throw.
    std::function<void(const audit_record&)> audit{};
    /// Answered calls of a function, for `invocationCount`: this, or what the nodes have counted since they started, if that is
    /// more. Empty: that alone.
    std::function<std::uint64_t(const functions::function_name&)> invocations{};
};

struct system_options {
    std::string version = "dev";                                 ///< `release` in `GET /system/info`
    std::string commit{};                                        ///< `sha` there
    std::size_t max_log_readers = 256;                           ///< logs that are read at once; past it: 429
    std::chrono::nanoseconds max_follow{std::chrono::hours(1)};  ///< how long a log is followed
};

/// OpenFaaS's management API, `/system/...`, for what is not a call of a function: what is deployed, how many replicas of it,
/// secrets, namespaces, logs. It answers whoever asks: see authorizer.
///
/// | path | methods |
/// | --- | --- |
/// | `/system/functions` | GET, POST, PUT, DELETE |
/// | `/system/function/{name}` | GET |
/// | `/system/function/{name}/pause`, `/resume` | PUT, POST: refuse all calls of it, and take them again (ours) |
/// | `/system/scale-function/{name}` | POST |
/// | `/system/alert` | POST |
/// | `/system/secrets` | GET, POST, PUT, DELETE |
/// | `/system/logs` | GET |
/// | `/system/namespaces` | GET |
/// | `/system/namespace[s]/{name}` | GET, POST, PUT, DELETE; `POST /system/namespace/` with the name in the body |
/// | `/system/info`, `/system/telemetry` | GET |
///
/// Bodies and answers are those of OpenFaaS; see mote/gateway/README.md for what is ours. A number of replicas outside of what
/// the labels allow becomes the nearest that they do; 0 is always allowed. A refusal is a line of text that names the field.
/// When the NATS server is away or its disk is full: 503 with `Retry-After`, and nothing has changed.
///
/// It keeps nothing, so that there may be many. All members are to be called on the executor of the connection; calls have
/// to end before it does.
class system_api {
public:
    explicit system_api(system_parts parts, system_options opts = system_options());
    system_api(const system_api&) = delete;
    system_api& operator=(const system_api&) = delete;
    ~system_api();

    /// Answers a request whose path is one of its own, and then returns true; false leaves it untouched. `by`: who asks, for
    /// the audit. Throws what an exchange throws.
    boost::asio::awaitable<bool> handle(http::exchange& asked, verdict by);
    /// Ends the logs that are being followed, so that their requests end.
    void stop() noexcept;

private:
    std::unique_ptr<detail::system_state> state_;
};

}  // namespace mote::gateway
