#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace mote::json {

enum class errc {
    syntax = 1,      ///< not JSON; the text names the byte
    bad_utf8,        ///< not UTF-8; when reading, the text names the byte
    too_deep,        ///< more levels of arrays and objects than allowed
    too_large,       ///< more bytes than `decode_options::max_size`, or in C++ than its `max_memory`
    wrong_type,      ///< another kind of value than the C++ type takes, `3.5` for an integer included
    out_of_range,    ///< a number that the C++ type has no room for
    missing_member,  ///< a required member is absent
    bad_value,       ///< the right kind, and no value of the C++ type: a name, a time, a count of elements
    no_alternative,  ///< fits none of several alternatives of a `std::variant`
    too_complex,     ///< trying the alternatives of variants would read the text too many times
    not_a_number,    ///< NaN or infinity, which JSON cannot say
    bad_raw,         ///< a `raw` whose text is not one JSON value
};

const boost::system::error_category& json_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// An error and where in the value it is. `what()` is `posts[3].score: expected an integer, got a string`; at the root
/// it is without the path and the colon.
class path_error : public boost::system::system_error {
public:
    path_error(errc code, std::string path, std::string_view text);

    /// Such as `posts[3].score`, or `scores["a b"]` for what is no identifier; empty at the root. Valid as long as a
    /// copy of this error lives.
    const std::string& path() const noexcept { return texts_->path; }
    const char* what() const noexcept override { return texts_->what.c_str(); }

private:
    struct texts {
        std::string path;
        std::string what;
    };
    std::shared_ptr<const texts> texts_;  // copies of an exception must not throw
};

/// A text that is not JSON, or not a value of the type.
class decode_error final : public path_error {
public:
    using path_error::path_error;
};

/// A value that JSON cannot say.
class encode_error final : public path_error {
public:
    using path_error::path_error;
};

}  // namespace mote::json

template <>
struct boost::system::is_error_code_enum<mote::json::errc> : std::true_type {};
