#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::node {

/// What can go wrong between the node and a function's process. Thrown as `boost::system::system_error`.
enum class errc {
    upstream_refused = 1,  ///< nobody listens at the process's port or socket; nothing of the request was sent
    upstream_timeout,      ///< no connection, or no whole answer, before the deadline
    upstream_lost,         ///< the connection broke before the whole answer was there
    bad_answer,            ///< what the process sent is not HTTP, or its head is too large; the text says what
    bad_request,  ///< a method, target, header or body that cannot be passed on; the process did not get all of it
    headers_too_large,  ///< of a request, for the environment of a process
    closed,             ///< the node has given the process up
    upstream_busy,      ///< too many requests wait for the process already
    not_supported,      ///< a function asks for what this node cannot do; the text says what
    process_ended,      ///< before it took calls; the text says how
};

const boost::system::error_category& node_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

/// What an HTTP caller is told: 400, 429, 431, 501, 502, 503 or 504; 500 for a code of another category.
int http_status(const boost::system::error_code& code) noexcept;

}  // namespace mote::node

template <>
struct boost::system::is_error_code_enum<mote::node::errc> : std::true_type {};
