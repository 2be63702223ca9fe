#pragma once

#include <mote/functions/async_call.hpp>

#include <string>

namespace mote::gateway::detail {

/// What is known of an asynchronous call, as `GET /async-function/<call-id>` says it. The body is there as `body`, where it
/// is UTF-8, else as `bodyBase64`; neither where it was too large to be kept.
std::string call_json(const std::string& call_id, const functions::call_record& record);

}  // namespace mote::gateway::detail
