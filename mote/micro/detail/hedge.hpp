#pragma once

#include <mote/nats/message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

namespace mote::micro::detail {

/// Awaits `first`, and from `delay` on also what `again` asks; the reply that comes first is returned and the other
/// question given up. When neither is answered it throws what became of the first. Each has a deadline of its own.
boost::asio::awaitable<nats::message> hedged(boost::asio::any_io_executor executor,
                                             boost::asio::awaitable<nats::message> first,
                                             std::chrono::nanoseconds delay,
                                             std::function<boost::asio::awaitable<nats::message>()> again);

}  // namespace mote::micro::detail
