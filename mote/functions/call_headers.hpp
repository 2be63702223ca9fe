#pragma once

#include <mote/micro/cancel.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// What a call of a function is made of on the wire (docs/protocol.md, "Functions").
namespace mote::functions::call_headers {

// Of the request: what HTTP says beside its headers and body.
inline constexpr std::string_view method = "Http-Method";
inline constexpr std::string_view path = "Http-Path";  ///< below the function; `/` where it is left out
inline constexpr std::string_view query = "Http-Query";
inline constexpr std::string_view host = "Http-Host";
/// A body that is not in the request: the subject of a stream (docs/protocol.md, "Streaming replies") with its pieces.
inline constexpr std::string_view body_subject = "Mote-Body-Subject";
inline constexpr std::string_view body_length = "Mote-Body-Length";  ///< of that, in bytes, where it is known
inline constexpr std::string_view call_id = "X-Call-Id";
inline constexpr std::string_view start_time = "X-Start-Time";  ///< nanoseconds since 1970
/// What its caller waits for, as `nats::parse_duration` reads it.
inline constexpr std::string_view timeout = "X-Timeout";
/// What ends this one call, see `cancel_prefix`; without it that is its id, which a caller may give to many.
inline constexpr std::string_view cancel_token = micro::cancel_token_header;

// Of the answer, or of the first item of one that is a stream.
inline constexpr std::string_view status = "Http-Status";

/// Whoever publishes to this with a call's `cancel_token` behind it ends that call, wherever it runs.
inline constexpr std::string_view cancel_prefix = micro::cancel_prefix;

/// Whether a header, of the request or of the answer, is the other side's: one of HTTP, and not of NATS, of the call or about
/// a connection.
bool is_passed_on(std::string_view name) noexcept;
/// What `X-Duration-Seconds` says: seconds with six digits behind the point.
std::string duration_text(std::chrono::nanoseconds time);
/// Whether a text may be the id of a call: 1 to 64 letters, digits, `-` and `_`.
bool is_call_id(std::string_view text) noexcept;

}  // namespace mote::functions::call_headers
