#pragma once

#include <mote/micro/detail/otlp_settings.hpp>
#include <mote/micro/middleware/tracing.hpp>

#include <span>
#include <string>

namespace mote::micro::detail {

/// The body of an OTLP export request, in the JSON encoding of protobuf with ids in hex. Bytes that are not UTF-8 become
/// `?`, as one of them would make a collector refuse all; texts are cut off after 1 KiB.
std::string otlp_json(const text_pairs& resource, std::span<const span> spans);

}  // namespace mote::micro::detail
