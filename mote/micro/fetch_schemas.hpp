#pragma once

#include <mote/micro/info.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace mote::micro {

struct fetched_schemas {
    std::vector<service_info> services{};
    std::vector<std::string> warnings{};  ///< one line for each schema that could not be got, and why
};

/// The services with all schemas in their metadata: what `mote.request.schema.ref` and `mote.response.schema.ref` name
/// is asked, and takes their place. Only subjects under `mote.schema.` are asked, as metadata is anybody's word, and a
/// request elsewhere could do anything. What nobody answers within `timeout`, for all of them together, is left out, and
/// its `ref` too; so is what is too much: 64 MiB of schemas in all. Nothing is checked: `openapi` does that.
/// Throws `nats::errc::closed` of the connection, on whose executor it belongs.
boost::asio::awaitable<fetched_schemas> fetch_schemas(nats::connection connection, std::vector<service_info> services,
                                                      std::chrono::nanoseconds timeout = std::chrono::seconds(5));

}  // namespace mote::micro
