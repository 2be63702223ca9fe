#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace mote::micro::detail {

// JSON Schemas of draft 2020-12, as far as one has to know them to put them into another document.

/// The schema that the text is, as a document of its own: without `$schema` and `$id`, with its `$defs`. Nothing else
/// in it moves its references: it has no other `$id`, no anchors and no dynamic references. `problem` says what is
/// wrong when the result is null, which no schema is.
boost::json::value parse_json_schema(std::string_view text, std::string& problem);

/// What is called for each `$ref` of a schema, but for those under its own `$defs`. `in_place` is true for one that has
/// to hold for the very value that the schema is for, and not for a part of it.
using reference_visitor = std::function<void(boost::json::string& reference, bool in_place)>;
void visit_references(boost::json::value& schema, const reference_visitor& visit);

/// The name of the definition that the reference is to; false when it is to anything else than `#/$defs/NAME`.
bool read_reference(std::string_view reference, std::string& name);

}  // namespace mote::micro::detail
