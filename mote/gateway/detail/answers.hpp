#pragma once

#include <mote/http/exchange.hpp>
#include <mote/http/message.hpp>
#include <mote/nats/connection.hpp>

#include <boost/system/system_error.hpp>
#include <exception>
#include <stdexcept>
#include <string>

namespace mote::gateway::detail {

/// A line of text.
http::response text_answer(int status, const std::string& text);
http::response json_answer(int status, std::string body);
/// 503 with `Retry-After`.
http::response unavailable(const std::string& why);

/// An answer that had begun broke off, and not because its client had gone. Thrown further it cuts the connection, so that
/// nobody takes half of an answer for the whole.
class broken_answer : public std::runtime_error {
public:
    broken_answer(int status, const std::string& why) : std::runtime_error(why), status_(status) {}
    int status() const noexcept { return status_; }  ///< that it counts as; what was sent stays as it is

private:
    int status_;
};

/// Answers with what `failed` says, and forgets it, where nothing is sent yet: here, and not by the server behind us, since the log is to
/// know how long that answer is.
void refuse_here(http::exchange& asked, std::exception_ptr& failed);

/// 503 for what cannot be done, or was not answered in time, as the NATS server is away.
http::response server_is_away();
bool is_away(const nats::connection& connection);

/// What NATS says of a request to a service that was not answered, as HTTP says it. Throws it again when it is no answer.
http::response unanswered(const boost::system::system_error& failed, const nats::connection& connection);

}  // namespace mote::gateway::detail
