#pragma once

#include <mote/gateway/detail/answers.hpp>

#include <boost/system/system_error.hpp>

namespace mote::gateway::detail {

/// The answer for what a store threw. Throws it again when it is no answer: the peer has gone, or a fault of ours.
http::response refusal_of(const boost::system::system_error& failed);

}  // namespace mote::gateway::detail
