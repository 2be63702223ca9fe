#pragma once

#include <mote/micro/middleware.hpp>

#include <boost/asio/awaitable.hpp>
#include <variant>

namespace mote::micro::detail {

/// What runs the handler of a request that owns its message, with the middleware around it. Not started yet.
boost::asio::awaitable<void> run_call(const chain& way, request req);

}  // namespace mote::micro::detail
