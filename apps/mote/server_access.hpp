#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/loop.hpp>

#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace mote::command {

/// Which server a command asks, and how long it waits: what the command line says, else the environment.
struct server_choice {
    nats::environment_overrides overrides{};
    std::optional<std::chrono::nanoseconds> timeout{};  ///< --timeout, else NATS_TIMEOUT, else 5 s
    bool stays = false;       ///< for a command that serves: it reconnects, and a refused permission does not end it
    bool reconnects = false;  ///< for one that only looks, but for long
};

/// A connection, and how long each answer is waited for.
struct server_access {
    nats::connection connection{};
    std::chrono::nanoseconds timeout{};
};

/// Connects. Throws `failure` that says which server, why not, and what to do. A permission that the server refuses later ends
/// `running`, as what waits for an answer would wait in vain.
boost::asio::awaitable<server_access> open_access(server_choice chosen, loop* running);

/// The options that it connects with, but for the events. `name` is the connection's, unless --connection-name says another.
/// Throws `failure`.
nats::options connect_options(const server_choice& chosen, std::chrono::nanoseconds timeout, std::string_view name);
/// What is said of an error of connecting: which server, who named it, why not, and what to do.
failure connect_failure(const boost::system::system_error& error, const server_choice& chosen);

/// Runs `work` on a connection, and returns the exit code for it.
template <class Command>
exit_code run_with_access(const Command& chosen, boost::asio::awaitable<exit_code> (*work)(Command, server_access)) {
    struct coroutine {
        static boost::asio::awaitable<exit_code> run(loop* running, Command command,
                                                     boost::asio::awaitable<exit_code> (*then)(Command,
                                                                                               server_access)) {
            auto access = co_await open_access(command.server, running);
            co_return co_await then(std::move(command), std::move(access));
        }
    };
    loop running;
    return running.run(coroutine::run(&running, chosen, work));
}

}  // namespace mote::command
