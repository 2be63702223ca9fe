#pragma once

#include <mote/gateway/detail/exposed_endpoint.hpp>
#include <mote/gateway/detail/route.hpp>

#include <mote/http/exchange.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/message.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

// HTTP to NATS and back, as docs/protocol.md says it ("Over HTTP").

/// The headers of the NATS request: those of HTTP but for what is about the connection or would speak for NATS or for us,
/// plus `Http-Method`, `Http-Path`, `Http-Query`, `Http-Host`. Those `without` are left out, too, in upper or lower case.
/// `path`: what the other side sees.
nats::headers request_headers(const http::exchange& asked, std::string_view path,
                              std::span<const std::string_view> without = {});

/// The payload of a request without a body: what path and query say, in the form that the endpoint's metadata asks for.
/// Throws `http::status_error` 400 for a query that is none, or a value that is not of the schema's type.
std::string payload_of(const exposed_endpoint& endpoint, const route_values& path, std::string_view query);

/// `X-Timeout: 1.5s`, `500ms`, `2m`; nothing when it is absent. Throws `http::status_error` 400 for what is no duration.
std::optional<std::chrono::nanoseconds> asked_timeout(const http::exchange& asked);

/// The status of HTTP for a service error: its own from 400 to 599, else 500.
int status_of_error(int code);
/// The status of a reply: `Http-Status`, else that of a service error (500 for one that HTTP does not know), else 200. Throws
/// `std::invalid_argument` for an `Http-Status` that is not from 200 to 599.
int status_of(const nats::message_view& reply);

/// A response that looks at the reply and at `type`: good as long as these.
struct answer_view {
    int status = 0;
    std::vector<http::header_view> headers{};
    std::string_view body{};  // of an error without a body its text
};
/// `type` is the media type of a reply that does not say its own, empty for none. Throws as `status_of`.
answer_view view_of(const nats::message_view& reply, std::string_view type);
/// The same that owns what it says.
http::response response_of(const nats::message& reply, std::string_view type);

}  // namespace mote::gateway::detail
