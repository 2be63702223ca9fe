#pragma once

#include <mote/http/exchange.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

namespace mote::gateway::detail {

/// Asks a function that is called by the name of its service, and answers what it answers, as its own path does: with its
/// status, its type, and piece by piece as it comes. It sees the path `/`. Of `headers` the login and the token to cancel by count; the
/// others are made as for a call. Throws as `micro::reply_reader::next`, for an answer that had begun too.
boost::asio::awaitable<void> answer_as_function(http::exchange& asked, nats::connection connection, std::string subject,
                                                std::string payload, nats::headers headers,
                                                std::chrono::steady_clock::time_point deadline);

}  // namespace mote::gateway::detail
