#pragma once

#include <mote/gateway/detail/call_head.hpp>
#include <mote/http/exchange.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>

namespace mote::gateway::detail {

/// Sends on an answer that came all at once. Throws `std::invalid_argument`, and has sent nothing, for headers that HTTP does not have.
void send_whole(http::exchange& asked, const call_head& head, const nats::message_view& reply);

/// Sends on what a function answers, of which `first` is the first item: whole where it is all, else piece by piece as it
/// comes. Items without an HTTP status are those of a micro service that streams: each becomes a line. Throws what the reader
/// throws, after which the response is not whole, and `std::invalid_argument` before anything is sent for headers that HTTP
/// does not have.
boost::asio::awaitable<void> send_reply(http::exchange& asked, const call_head& head, micro::reply_reader& items,
                                        nats::message first);

}  // namespace mote::gateway::detail
