#pragma once

#include <apps/mote/look/commands.hpp>
#include <apps/mote/look/traffic.hpp>
#include <apps/mote/server_access.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/nats/async_event.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace mote::command {

/// Rounds of questions to services, and what follows from the answers. Rounds that go on when the command ends have what they
/// use: it is shared with them. On the connection's executor.
struct watch_rounds {
    watch_rounds(watch_command asked, server_access opened)
        : chosen(std::move(asked)), access(std::move(opened)), changed(access.connection.executor()) {}

    watch_command chosen;
    server_access access;
    traffic seen;
    bool away = false;            ///< the server is, since the last look
    std::string trouble;          ///< why the last round came to nothing; empty: it did not
    bool held = false;            ///< answers are not taken in
    bool lines = false;           ///< they are printed, and end with their reader
    std::exception_ptr failed{};  ///< what ended the rounds
    nats::async_event changed;    ///< one of the above did, or the terminal
};

/// One round. Throws as `explain_silence` when nobody was there yet and `must_be_there`.
boost::asio::awaitable<void> look_once(std::shared_ptr<watch_rounds> rounds, bool must_be_there);

/// Waits until it is time, and the server is there. False when nobody reads the lines any more. Throws nats `errc::closed`.
boost::asio::awaitable<bool> wait_for_round(std::shared_ptr<watch_rounds> rounds,
                                            std::chrono::steady_clock::time_point next);

/// Rounds for ever, each an interval after the one before. While the server is away it waits. What ends them is `failed`.
boost::asio::awaitable<void> look_again_and_again(std::shared_ptr<watch_rounds> rounds);

/// `mote watch` on a whole terminal. 0 by q.
boost::asio::awaitable<exit_code> watch_on_screen(std::shared_ptr<watch_rounds> rounds);

}  // namespace mote::command
