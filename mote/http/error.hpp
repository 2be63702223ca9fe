#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::http {

/// What can go wrong with an HTTP request. Thrown as `boost::system::system_error`; `what()` adds the host of the URL and
/// libcurl's own words, never a user name or a password. A status of 400 or more is not an error: it is a response.
enum class errc {
    timeout = 1,        ///< no connection, or no whole response, within the time of one try
    connect_failed,     ///< nobody listens there, or the network says no
    resolve_failed,     ///< the host name has no address
    tls_failed,         ///< no TLS handshake, or a certificate that cannot be trusted
    proxy_failed,       ///< the proxy cannot be used or refused
    connection_lost,    ///< the connection broke before the whole response was there
    bad_response,       ///< what came is not HTTP
    bad_redirect,       ///< to a scheme that is not followed, or more redirects than are followed
    too_large,          ///< the body is larger than `max_body`, or the headers are larger than 256 KiB
    bad_url,            ///< a URL that cannot be understood, or that is neither http nor https
    bad_request,        ///< a method or a header that cannot be sent
    waiting_line_full,  ///< `max_waiting` requests wait already; nothing of this one was sent
    closed,             ///< the client was stopped or destroyed
    transfer_failed,    ///< anything else; libcurl's text is in `what()`
    address_refused,    ///< `request::may_connect` said no to every address of the host
    no_libcurl,  ///< libcurl.so.4, loaded by the first request where the project was built so, is not there or too old
};

const boost::system::error_category& http_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// Throws `boost::system::system_error` with `code` and a detail such as the host.
[[noreturn]] void throw_error(errc code, std::string_view detail);

}  // namespace mote::http

template <>
struct boost::system::is_error_code_enum<mote::http::errc> : std::true_type {};
