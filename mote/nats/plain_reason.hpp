#pragma once

#include <string>
#include <string_view>

namespace mote::nats {

/// What an exception says, for a person. Out of `what()` of `boost::system::system_error`, also where one is quoted in
/// another, it takes the codes, as ` [mote.nats:2]`, and a text that is there twice in a row. Everything that is shown
/// to somebody goes through it: answers over HTTP, what programs print, logs. A pure function; any thread.
std::string plain_reason(std::string_view what);

}  // namespace mote::nats
