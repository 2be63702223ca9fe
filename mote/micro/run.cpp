#include <mote/micro/run.hpp>

#include <mote/micro/detail/report_rate.hpp>
#include <mote/micro/detail/service_state.hpp>
#include <mote/micro/middleware/tracing.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>
#include <mote/nats/plain_reason.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mote::micro {
namespace {

namespace asio = boost::asio;

constexpr int exit_error = 1;
constexpr int exit_cannot_connect = 3;
constexpr int exit_not_allowed = 4;
constexpr int exit_interrupted = 130;

/// How long the end waits for a server that is away, for what is not sent yet.
constexpr std::chrono::milliseconds away_timeout{2000};

int exit_code_of(const boost::system::error_code& failed) {
    if (failed == nats::errc::auth_failed || failed == nats::errc::credentials_expired ||
        failed == nats::errc::permission_denied)
        return exit_not_allowed;
    if (failed == nats::errc::connect_failed || failed == nats::errc::timeout || failed == nats::errc::disconnected)
        return exit_cannot_connect;
    return exit_error;
}

/// Why to end: a signal, or a connection that is closed for good.
struct end_of_service {
    explicit end_of_service(const asio::any_io_executor& executor) : came(executor) {}
    nats::async_event came;
    boost::system::error_code closed;
};

/// SIGINT and SIGTERM: the first asks to end, the second ends.
class stop_signals {
public:
    explicit stop_signals(asio::io_context& io) : io_(&io), set_(io, SIGINT, SIGTERM) {}

    void listen() {
        set_.async_wait([this](const boost::system::error_code& cancelled, int) {
            if (cancelled) return;
            if (std::exchange(seen_, true)) std::_Exit(exit_interrupted);
            if (serving_ == nullptr) return io_->stop();  // nothing is in flight
            serving_->came.set();
            listen();
        });
    }
    void now_serving(std::shared_ptr<end_of_service> ending) { serving_ = std::move(ending); }
    bool interrupted_the_connect() const { return seen_ && serving_ == nullptr; }

private:
    asio::io_context* io_;
    asio::signal_set set_;
    std::shared_ptr<end_of_service> serving_;
    bool seen_ = false;
};

/// For a program that does not look at the events of the connection: a line for each error that nobody else tells.
class error_lines {
public:
    error_lines(std::string name, std::weak_ptr<const detail::service_state> state)
        : name_(std::move(name)), state_(std::move(state)) {}

    void tell(const nats::connection_event& event) {
        if (event.kind == nats::event_kind::connected) connected_ = true;
        // A first connect that fails is thrown.
        if (event.kind != nats::event_kind::error || !connected_) return;
        const auto state = state_.lock();
        if (state != nullptr && state->tells_of(event)) return;
        if (const auto more = rate_.pass()) {
            const auto line = event.error.message() + (event.detail.empty() ? "" : ": " + event.detail) + *more;
            std::fprintf(stderr, "%s: %s\n", name_.c_str(), nats::plain_reason(line).c_str());
        }
    }

private:
    std::string name_;
    std::weak_ptr<const detail::service_state> state_;
    detail::report_rate rate_{5};
    bool connected_ = false;
};

nats::options connection_options(const run_options& opts, const std::string& name,
                                 const std::shared_ptr<detail::service_state>& state,
                                 const std::shared_ptr<end_of_service>& ending) {
    auto options = opts.connection != nullptr ? *opts.connection : nats::options_from_environment();
    if (options.name.empty()) options.name = name;
    auto also = std::move(options.on_event);
    if (!also)
        also = [lines = error_lines(name, state)](const nats::connection_event& event) mutable { lines.tell(event); };
    options.on_event = [ending, also = std::move(also)](const nats::connection_event& event) {
        also(event);
        if (event.kind != nats::event_kind::closed || !event.error) return;
        ending->closed = event.error;
        ending->came.set();
    };
    return options;
}

asio::awaitable<void> serve(service* service, std::shared_ptr<detail::service_state> state, run_options opts,
                            stop_signals* signals) {
    const auto ending = std::make_shared<end_of_service>(co_await asio::this_coro::executor);
    auto connection_opts = connection_options(opts, service->info().name, state, ending);
    const auto connection = co_await nats::connection::connect(std::move(connection_opts));
    const auto traces = trace_exporter::from_environment(connection.executor(), service->info().name);
    if (traces) state->put_outermost(traces->middleware());
    signals->now_serving(ending);  // requests may come before `start` returns
    co_await service->start(connection);
    co_await ending->came.wait_until(std::chrono::steady_clock::time_point::max());
    co_await service->stop(opts.drain_timeout);
    if (traces) co_await traces->flush();
    if (ending->closed) throw boost::system::system_error(ending->closed, "the connection is closed");
    const bool away = connection.status() == nats::connection_status::reconnecting;
    co_await connection.drain(away ? std::min(opts.drain_timeout, away_timeout) : opts.drain_timeout);
}

int explain(const std::string& name, const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), nats::plain_reason(error.what()).c_str());
        return exit_code_of(error.code());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), nats::plain_reason(error.what()).c_str());
    }
    return exit_error;
}

/// What callbacks throw ends neither the loop nor the service.
void serve_on(asio::io_context& io, const std::string& name) {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& thrown) {
            std::fprintf(stderr, "%s: a callback threw: %s\n", name.c_str(), nats::plain_reason(thrown.what()).c_str());
        } catch (...) {
            std::fprintf(stderr, "%s: a callback threw what is no std::exception\n", name.c_str());
        }
    }
}

/// A loop that calls on other threads may still end on: it neither runs nor goes any more.
void keep_for_good(std::unique_ptr<asio::io_context> loop) {
    static std::mutex mutex;
    static auto* const kept = new std::vector<std::unique_ptr<asio::io_context>>;
    const std::lock_guard lock(mutex);
    kept->push_back(std::move(loop));
}

}  // namespace

int run(service& service) { return run(service, run_options()); }

int run(service& service, run_options opts) {
    auto io = std::make_unique<asio::io_context>(1);
    stop_signals signals(*io);
    signals.listen();
    std::exception_ptr failure;
    asio::co_spawn(*io, serve(&service, service.state_, std::move(opts), &signals),
                   [&, loop = io.get()](std::exception_ptr failed) {
                       failure = std::move(failed);
                       loop->stop();
                   });
    serve_on(*io, service.info().name);
    service.state_->abandon();  // nothing of it may know this loop any more
    if (!service.state_->idle()) keep_for_good(std::move(io));
    if (signals.interrupted_the_connect()) return exit_interrupted;
    return failure == nullptr ? 0 : explain(service.info().name, failure);
}

}  // namespace mote::micro
