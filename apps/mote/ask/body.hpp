#pragma once

#include <apps/mote/ask/body_flags.hpp>
#include <apps/mote/ask/endpoint.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace mote::command {

/// What is sent: from the words, flags, a file or standard input, of which only one may be given; empty when there is none.
/// Where the endpoint takes JSON it is looked at, unless the command line says not to. Throws `failure`: usage for what
/// contradicts itself, flags that do not fit and a text that is no JSON, with the place.
boost::asio::awaitable<std::string> body_of(asked_words words, asked_endpoint endpoint);

/// The flags of an endpoint. Throws `failure` (usage) when it has none.
body_flags flags_of(const asked_words& words, const asked_endpoint& endpoint);

}  // namespace mote::command
