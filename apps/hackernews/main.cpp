// The service HackerNews as a program: connects, serves until SIGINT or SIGTERM, finishes what it has received, ends.

#include <apps/hackernews/command_line.hpp>
#include <apps/hackernews/service.hpp>

#include <mote/jetstream/error.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

namespace asio = boost::asio;
namespace nats = mote::nats;

constexpr int ok = 0, failed = 1, wrong_use = 2, cannot_connect = 3, not_allowed = 4, interrupted = 130;
// Hundreds of ids may wait, each for a slow API that is asked several times.
constexpr auto drain_timeout = std::chrono::minutes(5);

void say(const std::string& line) { std::cerr << "hackernews: " + line + "\n"; }

int exit_code_of(const boost::system::error_code& error) {
    if (error == nats::errc::connect_failed || error == nats::errc::timeout || error == nats::errc::disconnected)
        return cannot_connect;
    if (error == nats::errc::bad_url || error == nats::errc::bad_context) return wrong_use;
    if (error == nats::errc::auth_failed || error == nats::errc::credentials_expired ||
        error == nats::errc::permission_denied)
        return not_allowed;
    return failed;
}

void report(const nats::connection_event& event) {
    const std::string reason = event.error ? ": " + event.error.message() : std::string();
    if (event.kind == nats::event_kind::disconnected) say("lost " + event.server + reason + "; reconnecting");
    if (event.kind == nats::event_kind::reconnected) say("connected again to " + event.server);
    if (event.kind == nats::event_kind::error) say(event.server + reason + " " + event.detail);
}

asio::awaitable<void> serve(hackernews::command_line chosen) {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    nats::options options = nats::options_from_environment(chosen.server);
    options.name = "HackerNews";
    bool closed = false;
    options.on_event = [&signals, &closed](const nats::connection_event& event) {
        report(event);
        if (event.kind == nats::event_kind::closed) {
            closed = true;
            signals.cancel();
        }
    };
    const auto connection = co_await nats::connection::connect(options);
    const auto service = co_await hackernews::service::start(connection, chosen.service);
    say("serving as " + service->id() + " on " + connection.connected_server() + ", reading " + chosen.service.api);

    co_await signals.async_wait(asio::as_tuple(asio::deferred));
    if (closed) nats::throw_error(nats::errc::closed, "the connection to " + connection.connected_server());
    signals.async_wait([](const boost::system::error_code& error, int) {
        if (!error) std::_Exit(interrupted);
    });
    if (const auto left = service->counted().in_progress(); left != 0)
        say("finishing " + std::to_string(left) + " items");
    co_await service->stop(drain_timeout);
    co_await connection.drain();
}

/// As `co_spawn` tells how `serve` ended.
int exit_code_of(const std::exception_ptr& failure) {
    if (!failure) return ok;
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        const bool no_jetstream = error.code() == mote::jetstream::errc::not_enabled;
        say(nats::plain_reason(error.what()) +
            std::string(no_jetstream ? " (start nats-server with --jetstream)" : ""));
        return exit_code_of(error.code());
    } catch (const std::exception& error) {
        say(nats::plain_reason(error.what()));
        return failed;
    }
}

}  // namespace

int main(int argc, char** argv) {
    int exit_code = ok;
    const auto chosen = hackernews::parse_command_line(argc, argv, exit_code);
    if (!chosen) return exit_code;
    std::signal(SIGPIPE, SIG_IGN);  // a server that hangs up is an error of the write, not the end
    asio::io_context context(1);
    asio::co_spawn(context, serve(*chosen), [&](const std::exception_ptr& failure) {
        exit_code = exit_code_of(failure);
        context.stop();
    });
    context.run();
    return exit_code;
}
