#pragma once

#include <apps/mote/loop.hpp>
#include <apps/mote/server_access.hpp>

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace mote::command {

/// Throws the `failure` for what the layers of data throw: no JetStream, names that cannot be, what is too large for a value.
/// Rethrows the rest.
[[noreturn]] void explain_data_error(const boost::system::system_error& error, const nats::connection& connection);

/// Runs `work` with JetStream of the chosen server, and returns the exit code for it.
template <class Command>
exit_code run_with_jetstream(const Command& chosen,
                             boost::asio::awaitable<exit_code> (*work)(Command, loop*, jetstream::context)) {
    struct coroutine {
        static boost::asio::awaitable<exit_code> run(loop* running, Command command,
                                                     boost::asio::awaitable<exit_code> (*then)(Command, loop*,
                                                                                               jetstream::context)) {
            const auto access = co_await open_access(command.server, running);
            const jetstream::context js(access.connection);
            try {
                co_return co_await then(std::move(command), running, js);
            } catch (const boost::system::system_error& error) {
                explain_data_error(error, access.connection);
            }
        }
    };
    loop running;
    return running.run(coroutine::run(&running, chosen, work));
}

}  // namespace mote::command
