#pragma once

#include <mote/http/message.hpp>

#include <boost/system/system_error.hpp>
#include <string>

namespace mote::gateway::detail {

/// A line of text.
http::response text_answer(int status, const std::string& text);
http::response json_answer(int status, std::string body);

/// The answer for what a store threw. Throws it again when it is no answer: the peer has gone, or a fault of ours.
http::response refusal_of(const boost::system::system_error& failed);

/// 503 with `Retry-After`.
http::response unavailable(const std::string& why);

}  // namespace mote::gateway::detail
