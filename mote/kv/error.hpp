#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::kv {

enum class errc {
    bad_bucket = 1,  ///< a bucket name that is not of letters, digits, `-` and `_`
    bad_key,         ///< a key that cannot be a subject; see class bucket
    bad_config,      ///< a history outside 1..64, a negative time, options that contradict each other
    bucket_not_found,
    bucket_exists,  ///< with another configuration
    key_exists,
    wrong_revision,
    bad_entry,  ///< a stored message that is not an entry
};

const boost::system::error_category& kv_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

}  // namespace mote::kv

template <>
struct boost::system::is_error_code_enum<mote::kv::errc> : std::true_type {};
