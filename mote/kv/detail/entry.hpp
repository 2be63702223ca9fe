#pragma once

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/kv/detail/layout.hpp>
#include <mote/nats/headers.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::kv::detail {

/// What a stored message does: a value, or a marker by `KV-Operation` or, where the server removed the value itself, by
/// `Nats-Marker-Reason`.
operation operation_of(const nats::headers_view& headers);

/// The entry of a key that was asked for. Throws `errc::bad_entry` when the message is not of `subject`.
entry make_entry(const layout& where, std::string key, std::string_view subject,
                 const jetstream::stored_message& stored);
/// Nothing when the codec of the keys does not know the key. Throws `errc::bad_entry` for a message of another bucket.
std::optional<entry> make_entry(const layout& where, const jetstream::ordered_message& delivered);

}  // namespace mote::kv::detail
