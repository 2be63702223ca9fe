#pragma once

#include <mote/objects/store.hpp>

#include <string>
#include <string_view>

namespace mote::objects::detail {

/// The JSON that is stored for an object (ADR-20; fields in the order of the official clients). `modified` is not in it:
/// everyone writes the zero time and reads the time of the message.
std::string to_json(const object_info& info);

/// Reads the same, of any client: unknown fields are skipped, missing ones are empty. Throws `errc::bad_info` that names
/// the field for what has another type. `modified` stays empty.
object_info parse_info(std::string_view text);

}  // namespace mote::objects::detail
