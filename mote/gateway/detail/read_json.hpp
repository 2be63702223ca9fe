#pragma once

#include <mote/http/exchange.hpp>
#include <mote/http/status.hpp>
#include <mote/json/decode.hpp>

#include <string_view>

namespace mote::gateway::detail {

/// The value that a body is; throws `http::status_error` 400 with the field that is wrong in it.
template <class T>
T read_json(std::string_view body) {
    if (body.empty()) throw http::status_error(http::status::bad_request, "the body is empty: expected JSON");
    try {
        return json::decode<T>(body);
    } catch (const json::decode_error& failed) {
        throw http::status_error(http::status::bad_request, failed.what());
    }
}

}  // namespace mote::gateway::detail
