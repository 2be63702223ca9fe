#pragma once

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/nats/headers.hpp>

#include <string_view>

namespace mote::kv::detail {

/// What a stored message does: a value, or a marker by `KV-Operation` or, where the server removed the value itself, by
/// `Nats-Marker-Reason`.
operation operation_of(const nats::headers_view& headers);

/// These throw `errc::bad_entry` when the message is not of this bucket.
entry make_entry(std::string_view bucket, const jetstream::stored_message& stored);
entry make_entry(std::string_view bucket, const jetstream::ordered_message& delivered);

}  // namespace mote::kv::detail
