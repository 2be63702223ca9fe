#pragma once

#include <mote/micro/detail/send_stream.hpp>
#include <mote/micro/request.hpp>
#include <mote/micro/stream.hpp>

#include <boost/asio/awaitable.hpp>
#include <utility>

namespace mote::micro {

/// Answers a request with a stream of replies, for a handler `awaitable<void>(request)` that knows only at run time whether
/// it answers once or with many messages. The endpoint's metadata should say `mote.reply` = `stream`.
///
///     if (large) co_await mote::micro::answer_stream(std::move(req), pieces(std::move(file)));
///     else req.respond(text);
///
/// Returns when the stream has ended, in whatever way; what the stream's coroutine throws is its end (see reply_stream).
/// Nothing must have been responded before. To be awaited in a handler of an endpoint only.
template <class T>
boost::asio::awaitable<void> answer_stream(request req, reply_stream<T> items) {
    return detail::send_stream(std::move(items).release(), std::move(req));
}

}  // namespace mote::micro
