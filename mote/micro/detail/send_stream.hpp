#pragma once

#include <mote/micro/detail/stream_source.hpp>
#include <mote/micro/request.hpp>

#include <boost/asio/awaitable.hpp>

namespace mote::micro {
struct stream_context;
}

namespace mote::micro::detail {

/// What a handler may know of its request, which does not live as long.
stream_context context_of(const request& req);
/// Runs a handler's coroutine to its end and answers the request with its items, as far as the caller takes them.
boost::asio::awaitable<void> send_stream(stream_source source, request req);

}  // namespace mote::micro::detail
