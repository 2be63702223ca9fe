#include <mote/kv/detail/entry.hpp>

#include <utility>

namespace mote::kv::detail {
namespace {

entry make(const layout& where, std::string key, const nats::message& message) {
    entry made;
    made.bucket = where.bucket;
    made.key = std::move(key);
    made.value = message.payload();
    made.operation = operation_of(message.headers());
    return made;
}

}  // namespace

operation operation_of(const nats::headers_view& headers) {
    std::string_view said;
    std::string_view reason;
    for (const auto& field : headers) {
        if (field.name == "KV-Operation") said = field.value;
        if (field.name == "Nats-Marker-Reason") reason = field.value;
    }
    if (said == "DEL") return operation::del;
    if (said == "PURGE") return operation::purge;
    if (!said.empty()) return operation::put;
    if (reason == "MaxAge" || reason == "Purge") return operation::purge;
    return reason == "Remove" ? operation::del : operation::put;
}

entry make_entry(const layout& where, std::string key, std::string_view subject,
                 const jetstream::stored_message& stored) {
    if (stored.subject != subject) throw_error(errc::bad_entry, stored.subject);
    entry made = make(where, std::move(key), stored.message);
    made.revision = stored.sequence;
    made.created = stored.time;
    return made;
}

std::optional<entry> make_entry(const layout& where, const jetstream::ordered_message& delivered) {
    auto key = key_of(where, delivered.message.subject());
    if (!key) return std::nullopt;
    entry made = make(where, std::move(*key), delivered.message);
    made.revision = delivered.stream_sequence;
    made.created = delivered.time;
    made.delta = delivered.pending;
    return made;
}

}  // namespace mote::kv::detail
