#pragma once

#include <mote/http/message.hpp>

#include <boost/system/system_error.hpp>
#include <string>

namespace mote::gateway::detail {

/// A line of text.
http::response text_answer(int status, const std::string& text);
http::response json_answer(int status, std::string body);
/// 503 with `Retry-After`.
http::response unavailable(const std::string& why);

/// What NATS says of a request to a service that was not answered, as HTTP says it. Throws it again when it is no answer.
http::response unanswered(const boost::system::system_error& failed);

}  // namespace mote::gateway::detail
