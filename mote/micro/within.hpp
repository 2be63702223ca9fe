#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/request.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

namespace mote::micro {

/// Makes a call part of the request that a handler works for: it waits no longer than that request's caller does,
/// belongs to the same trace, and tells for which service it is made (`Mote-Caller`, docs/protocol.md), which whoever is
/// asked counts. What the options say themselves stays: the nearer deadline counts, and headers that are there already are
/// kept.
///
///     asio::awaitable<void> handler(mote::request req) {
///         const auto opts = mote::micro::within(req);
///         const auto stock = co_await client.call("Stock", "count", req.data(), opts);
///
call_options within(const request& req, call_options opts = call_options());
call_options within(const event& seen, call_options opts = call_options());
gather_options within(const request& req, gather_options opts);
gather_options within(const event& seen, gather_options opts);
stream_options within(const request& req, stream_options opts);
stream_options within(const event& seen, stream_options opts);
/// For `micro::call`. A time-out that is not named becomes what is left.
nats::request_options within(const request& req, nats::request_options opts);
nats::request_options within(const event& seen, nats::request_options opts);

}  // namespace mote::micro
