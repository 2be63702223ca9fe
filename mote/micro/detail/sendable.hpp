#pragma once

#include <mote/nats/headers.hpp>

namespace mote::micro::detail {

/// Adds it unless nobody may send such a name: servers hand out what other clients wrote as it is.
void add_sendable(nats::headers& to, const nats::header_field& field);
/// All that may be sent.
nats::headers sendable(const nats::headers_view& received);

}  // namespace mote::micro::detail
