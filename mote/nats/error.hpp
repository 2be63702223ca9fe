#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace mote::nats {

/// What can go wrong in the core client. Thrown as `boost::system::system_error`; the text of `what()` adds the subject,
/// the server or the server's own words. Times are bounded everywhere, so `timeout` is the worst case of any wait.
enum class errc {
    timeout = 1,             ///< the deadline passed before the answer came
    no_responders,           ///< nobody is subscribed to the subject of a request (server status 503)
    closed,                  ///< the connection or the subscription is closed, or is closing
    disconnected,            ///< the link died while the operation waited for the server
    connect_failed,          ///< no server of the list could be reached, or none accepted the handshake
    auth_failed,             ///< the server refused the credentials
    permission_denied,       ///< the account may not publish or subscribe there
    protocol_error,          ///< the server sent something that is not the NATS protocol
    stale_connection,        ///< the server did not answer the last pings
    outbound_buffer_full,    ///< the bounded buffer towards the server is full; nothing of the message was taken
    max_payload_exceeded,    ///< headers and payload are larger than the server's `max_payload`
    bad_subject,             ///< empty, has blanks or control characters, empty tokens, or misplaced wildcards
    bad_queue_group,         ///< empty where one is needed, or has blanks or control characters
    bad_header,              ///< a header name or value that cannot be sent
    bad_url,                 ///< a server address that cannot be understood
    headers_not_supported,   ///< the server is too old for headers
    server_error,            ///< any other `-ERR` of the server; its text is in `what()`
    not_supported,           ///< asked for something that this build cannot do
    bad_context,             ///< a NATS context that does not exist or cannot be read
    handler_failed,          ///< a message handler threw; the text says what
    tls_unavailable,         ///< TLS is wanted and the server has none; it was told nothing
    bad_certificate,         ///< the server's certificate does not prove that it is the host; the text says why
    tls_failed,              ///< the TLS handshake, or the stream later, failed otherwise; the text says why
    bad_credentials,         ///< a credentials file, seed, certificate or key that cannot be read or used
    credentials_expired,     ///< the server says that the user or the account has expired
    too_many_connections,    ///< of the server, or of the account
    too_many_subscriptions,  ///< of the connection, or of the account; the newest one does not exist at the server
    moved,                   ///< the link was given up for another: `force_reconnect`, or a server that shuts down
    wrong_thread,            ///< a blocking call on the thread that it would wait for
    proxy_failed,            ///< the proxy could not be reached, or did not connect us; the text says why
    no_echo_not_supported,   ///< `options::echo` is false, and the server is too old to keep it off
};

const boost::system::error_category& nats_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// Throws `boost::system::system_error` with `code` and, when given, a detail such as the subject.
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

}  // namespace mote::nats

template <>
struct boost::system::is_error_code_enum<mote::nats::errc> : std::true_type {};
