#pragma once

#include <mote/micro/detail/make_handler.hpp>
#include <mote/micro/endpoint.hpp>
#include <mote/micro/info.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/micro/work.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mote::nats {
class connection;
}

namespace mote::micro {

namespace detail {
class service_state;
}

class service;
struct run_options;
int run(service& service, run_options opts);

/// Something that went wrong, for the log: `error` is what the caller got, `cause` what the handler threw.
struct failure {
    std::string endpoint{};  ///< its name; empty for what befalls the whole service
    std::string subject{};
    std::string error{};  ///< "<code>:<description>" of a failed call, else a text of its own
    std::string cause{};  ///< `what()` of the exception; for a person, may hold internals
};

struct service_config {
    std::string name{};     ///< letters, digits, `-` and `_`
    std::string version{};  ///< semver.org
    std::string description{};
    micro::metadata metadata{};
    micro::queue_group queue_group{};
    std::vector<micro::middleware> middleware{};  ///< around the handlers of all endpoints, outermost first
    /// Text of a JSON object that goes into an endpoint's `data` at each STATS request; empty text: none. Runs on the
    /// executor. What it throws, and what is no JSON object, goes to `on_error` and leaves `data` out.
    std::function<std::string(const endpoint_info&)> stats_handler{};
    /// Serve each endpoint also on a subject of this instance alone, which the metadata tells (`mote.direct`), so that a
    /// caller can choose an instance.
    bool direct = true;
    /// Called on the executor, once, after a service that was started has stopped and drained: because of `stop`, or
    /// because its connection was closed. Not when the service is destroyed first.
    std::function<void()> on_done{};
    /// Called on the executor for each exception of a handler that is not a service_error, for an answer that could not
    /// be sent, and for asynchronous errors: a subscription or an answer that the server refuses, a work queue that cannot be
    /// opened. Of refused answers an endpoint tells one a second and counts all; of more than 512 answers of the
    /// service within a round trip to the server only the latest. Without it one line goes to standard error.
    /// What this and `on_done` throw is dropped.
    std::function<void(const failure&)> on_error{};
};

/// A prefix for the subjects of endpoints, and a queue group for those that name none. A light handle, copyable; valid
/// as long as the service.
class endpoint_group {
public:
    /// As service::endpoint.
    template <class Handler>
    void endpoint(std::string name, Handler&& handler, endpoint_options opts) {
        add(std::move(name), detail::make_handler(std::forward<Handler>(handler)), std::move(opts));
    }
    // No default argument: a file that gives no options is not to compile how they are made and destroyed.
    template <class Handler>
    void endpoint(std::string name, Handler&& handler) {
        add(std::move(name), detail::make_handler(std::forward<Handler>(handler)));
    }
    /// As service::work.
    template <class Handler>
    void work(std::string name, work_options opts, Handler&& handler) {
        add_work(std::move(name), detail::make_handler(std::forward<Handler>(handler)), std::move(opts));
    }
    template <class Handler>
    void work(std::string name, Handler&& handler) {
        work(std::move(name), work_options(), std::forward<Handler>(handler));
    }
    /// A group inside this one. An empty prefix adds nothing to the subject.
    endpoint_group group(std::string prefix, group_options opts = {}) const;

private:
    friend class service;
    endpoint_group(std::shared_ptr<detail::service_state> state, std::string prefix, std::string queue_group,
                   std::vector<micro::middleware> middleware);
    void add(std::string&& name, detail::described_handler&& handler);
    void add(std::string&& name, detail::described_handler&& handler, endpoint_options&& opts);
    void add_work(std::string&& name, detail::described_handler&& handler, work_options&& opts);

    std::shared_ptr<detail::service_state> state_;
    std::string prefix_;
    std::string queue_group_;
    std::vector<micro::middleware> middleware_;
};

/// Whether requests reach a service now.
struct service_health {
    bool ready = false;    ///< started, connected, and no endpoint refused by the server, work queues included
    std::string reason{};  ///< why it is not
};

/// A NATS micro service (ADR-32): discoverable, observable, load-balanced.
///
///     mote::service echo{{.name = "Echo", .version = "1.0.0"}};
///     echo.endpoint("echo", [](mote::request& req) { req.respond(req.data()); });
///     return mote::run(echo);
///
/// Endpoints may be added before and after the start. All members are to be called on the executor of the connection,
/// once started; handlers run there. Destroying it stops it without waiting: handlers that are still going on may
/// answer, as long as the connection is open.
class service {
public:
    /// Throws `errc::bad_name`, `errc::bad_version`, `errc::bad_queue_group`, `errc::bad_metadata`; the text says which value
    /// of what is wrong, and why.
    explicit service(service_config config);
    service(service&&) noexcept = default;
    service& operator=(service&&) = delete;
    ~service();

    /// Adds an endpoint; its subject is the name unless the options say otherwise. The handler's signature chooses:
    /// `void(request&)` runs inline, `awaitable<void>(request)` as a coroutine of its own; with `event` in place of
    /// `request` the endpoint only consumes. Throws `errc::bad_name`, `bad_subject`, `bad_queue_group`, `bad_metadata`,
    /// `bad_handler`, `bad_middleware`, `stopped`. Of endpoints with one name `remove`, and who asks this instance by a name,
    /// mean the first. The server knows of one that is added after the start once the connection is flushed.
    template <class Handler>
    void endpoint(std::string name, Handler&& handler, endpoint_options opts) {
        add(std::move(name), detail::make_handler(std::forward<Handler>(handler)), std::move(opts));
    }
    // As above: nothing of the options is compiled where none are given.
    template <class Handler>
    void endpoint(std::string name, Handler&& handler) {
        add(std::move(name), detail::make_handler(std::forward<Handler>(handler)));
    }
    /// Adds a work endpoint: a JetStream work queue that loses nothing, at least once. What is published to the subject is
    /// kept until the handler (`void(event&)`, `awaitable<void>(event)`, `void(In)` or `awaitable<void>(In)`) has ended.
    /// When it throws, the message is tried again after a wait; `retry_later` and `give_up` say so. After the last try it
    /// goes to the dead letters (stream `mote_dead`). Throws as `endpoint`, and `errc::queue_taken`. What JetStream refuses is
    /// told (`on_error`, `last_error`, `health`) and tried again, after 1 s to 30 s, until it can be opened or the service stops;
    /// where the service runs already, options that nobody could take are told once.
    ///
    ///     service.work("process", {.subject = "orders.process", .max_in_flight = 16}, [](mote::event& order) { ... });
    template <class Handler>
    void work(std::string name, work_options opts, Handler&& handler) {
        add_work(std::move(name), detail::make_handler(std::forward<Handler>(handler)), std::move(opts));
    }
    template <class Handler>
    void work(std::string name, Handler&& handler) {
        work(std::move(name), work_options(), std::forward<Handler>(handler));
    }
    /// Endpoints with a common prefix.
    endpoint_group group(std::string prefix, group_options opts = {}) const;
    /// Takes one endpoint away while the others serve: no more requests come, and when awaited it waits until those in
    /// flight have ended. Throws `errc::unknown_endpoint`, and `errc::drain_timeout` when some were still in flight at the
    /// deadline; it is gone even then, and a stop waits for what is still in flight.
    boost::asio::awaitable<void> remove(std::string endpoint,
                                        std::chrono::nanoseconds timeout = std::chrono::seconds(30));

    /// Subscribes everything, opens the queues of work endpoints and returns when the server knows it. An endpoint that the
    /// server refuses stops none of the others. Throws nats errors, and jetstream `errc::bad_config` for a work endpoint
    /// whose options nobody could take, after which it may be tried again, and `errc::stopped` when it was started before.
    boost::asio::awaitable<void> start(nats::connection connection);
    /// Stops taking requests, waits until those in flight are answered and sent, leaves discovery, calls `on_done`.
    /// Throws `errc::drain_timeout` when requests were still in flight at the deadline, or their answers could not be
    /// sent; it has stopped even then. While the server is away there is nothing to wait for but calls in flight. A
    /// second call waits for the first. A handler may spawn it but not await it: it would wait for itself.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds timeout = std::chrono::seconds(30));

    const std::string& id() const noexcept;
    service_info info() const;
    service_stats stats() const;
    /// Zeroes the counters and sets `started` to now. Calls that are going on stay counted as requests.
    void reset();
    service_health health() const;
    /// True once it has stopped: after `stop`, or because its connection was closed.
    bool stopped() const noexcept;

private:
    friend int run(service& service, run_options opts);
    void add(std::string&& name, detail::described_handler&& handler);
    void add(std::string&& name, detail::described_handler&& handler, endpoint_options&& opts);
    void add_work(std::string&& name, detail::described_handler&& handler, work_options&& opts);
    std::shared_ptr<detail::service_state> state_;
};

}  // namespace mote::micro
