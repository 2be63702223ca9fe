#pragma once

/// The codes of errors of this module, those of HTTP. `mote/http` has them too, but is a layer above.
namespace mote::micro::detail::status {

inline constexpr int ok = 200;
inline constexpr int bad_request = 400;
inline constexpr int unauthorized = 401;
inline constexpr int forbidden = 403;
inline constexpr int content_too_large = 413;
inline constexpr int too_many_requests = 429;
/// Of a call whose caller does not wait any more; nothing is sent.
inline constexpr int caller_gone = 499;
inline constexpr int internal_server_error = 500;
inline constexpr int service_unavailable = 503;

}  // namespace mote::micro::detail::status
