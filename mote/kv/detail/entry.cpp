#include <mote/kv/detail/entry.hpp>

namespace mote::kv::detail {
namespace {

/// The part of a subject behind `$KV.<bucket>.`.
std::string_view key_of(std::string_view bucket, std::string_view subject) {
    constexpr std::string_view prefix = "$KV.";
    const bool ours = subject.size() > prefix.size() + bucket.size() + 1 && subject.starts_with(prefix) &&
                      subject.substr(prefix.size()).starts_with(bucket) &&
                      subject[prefix.size() + bucket.size()] == '.';
    if (!ours) throw_error(errc::bad_entry, subject);
    return subject.substr(prefix.size() + bucket.size() + 1);
}

entry make(std::string_view bucket, std::string_view subject, const nats::message& message) {
    entry made;
    made.bucket = bucket;
    made.key = key_of(bucket, subject);
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

entry make_entry(std::string_view bucket, const jetstream::stored_message& stored) {
    entry made = make(bucket, stored.subject, stored.message);
    made.revision = stored.sequence;
    made.created = stored.time;
    return made;
}

entry make_entry(std::string_view bucket, const jetstream::ordered_message& delivered) {
    entry made = make(bucket, delivered.message.subject(), delivered.message);
    made.revision = delivered.stream_sequence;
    made.created = delivered.time;
    made.delta = delivered.pending;
    return made;
}

}  // namespace mote::kv::detail
