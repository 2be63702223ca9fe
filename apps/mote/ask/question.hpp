#pragma once

#include <apps/mote/ask/commands.hpp>
#include <apps/mote/ask/endpoint.hpp>
#include <apps/mote/loop.hpp>

#include <mote/nats/headers.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace mote::command {

/// All of one `mote req`, once it is clear whom it asks and with what.
struct question {
    req_command chosen{};
    server_access access{};
    asked_endpoint whom{};
    std::string body{};
    nats::headers headers{};
    loop* running = nullptr;
};

// Each prints the answers as they come and returns what the command ends with. Throws `failure` where nobody answers.

/// One request, one answer.
boost::asio::awaitable<exit_code> ask_once(question asked);
/// Many answers to one request, of anybody: `replies` of them, or until a pause.
boost::asio::awaitable<exit_code> ask_for_replies(question asked);
/// Every instance of a service.
boost::asio::awaitable<exit_code> ask_all(question asked);
/// A stream of replies (docs/protocol.md) to its end.
boost::asio::awaitable<exit_code> read_answers(question asked);
/// The same request again and again; then, or at Ctrl-C, what became of all of them.
boost::asio::awaitable<exit_code> ask_again(question asked);

}  // namespace mote::command
