#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::gateway {

/// What can go wrong with what the gateway is started with. Thrown as `boost::system::system_error`; `what()` adds the file
/// and the line, never what is in it.
enum class errc {
    no_credentials = 1,  ///< the file or the directory is not there
    bad_credentials,  ///< a file that is empty, too large, not a file, or holds what cannot be a user, password or token
    cannot_read,      ///< the system does not let us read a file
    cannot_write,     ///< the system does not let us make a file or a directory
    bad_cors,         ///< an origin, a method or a header that cannot be one
};

const boost::system::error_category& gateway_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

}  // namespace mote::gateway

template <>
struct boost::system::is_error_code_enum<mote::gateway::errc> : std::true_type {};
