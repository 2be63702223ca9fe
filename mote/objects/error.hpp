#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::objects {

/// What can go wrong in the Object Store. Thrown as `boost::system::system_error`; errors of the layers below pass through.
enum class errc {
    bad_store = 1,     ///< a store name that is not of letters, digits, `-` and `_`
    bad_name,          ///< an object name that is empty, longer than 2048 bytes or not UTF-8
    bad_config,        ///< a configuration or a description of an object that is refused before it is sent
    store_not_found,   ///< no such store on the server
    store_exists,      ///< with another configuration
    object_not_found,  ///< no object of that name, or it is deleted
    corrupt,           ///< the chunks do not have the number, the size or the digest that the object's information says
    is_link,           ///< a link that points to a link, or is to: links are followed for one step
    bad_info,          ///< a stored object information that cannot be read; the text names the field
    object_changed,    ///< the object was replaced or deleted while it was read or renamed
    object_deleted,    ///< a deleted object is neither linked to nor its information updated
    object_exists,     ///< the name that an object or a link is to have is another object's
    is_store_link,     ///< the object is a link to a whole store, which has no bytes to read
};

/// The category of `errc`.
const boost::system::error_category& objects_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
/// Throws `boost::system::system_error` with `code` and, when given, a detail such as the object's name.
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

}  // namespace mote::objects

template <>
struct boost::system::is_error_code_enum<mote::objects::errc> : std::true_type {};
