#pragma once

#include <apps/mote/ask/commands.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace mote::command {

/// Whom the words of a command line mean.
struct asked_endpoint {
    std::string subject{};
    std::string service{};  ///< empty: the words are a subject, and nothing more is known
    std::string endpoint{};
    bool streams = false;               ///< answers with many messages (docs/protocol.md, "Streaming replies")
    bool takes_json = false;            ///< its body has to be JSON
    std::string schema{};               ///< JSON Schema of the body; empty: it tells none
    std::optional<std::string> data{};  ///< what stood behind; nothing: no words were left

    /// `Orders get`, or the subject.
    std::string name() const { return service.empty() ? subject : service + " " + endpoint; }
};

/// Looks the service up where the words may mean one: the first instance that answers says what there is. Throws `failure`
/// for a service or an endpoint that is not there.
boost::asio::awaitable<asked_endpoint> find_endpoint(asked_words words, server_access access);

/// Throws the `failure` for a request that got no answer: nobody listens, no answer in time, or what else it was.
[[noreturn]] void throw_no_answer(const std::string& subject, const server_access& access,
                                  const boost::system::system_error& error);

}  // namespace mote::command
