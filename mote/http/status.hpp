#pragma once

/// The status codes that this project answers with or looks for, by their names in RFC 9110.
namespace mote::http::status {

inline constexpr int ok = 200;
inline constexpr int created = 201;
inline constexpr int accepted = 202;
inline constexpr int no_content = 204;
inline constexpr int moved_permanently = 301;
inline constexpr int not_modified = 304;
inline constexpr int bad_request = 400;
inline constexpr int unauthorized = 401;
inline constexpr int forbidden = 403;
inline constexpr int not_found = 404;
inline constexpr int method_not_allowed = 405;
inline constexpr int request_timeout = 408;
inline constexpr int conflict = 409;
inline constexpr int gone = 410;
inline constexpr int content_too_large = 413;
inline constexpr int too_many_requests = 429;
/// In no RFC: whoever asked has gone. Nobody gets it; it is what a log and an audit say.
inline constexpr int caller_gone = 499;
inline constexpr int internal_server_error = 500;
inline constexpr int not_implemented = 501;
inline constexpr int bad_gateway = 502;
inline constexpr int service_unavailable = 503;
inline constexpr int gateway_timeout = 504;

}  // namespace mote::http::status
