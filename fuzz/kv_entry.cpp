#include <fuzz/target.hpp>

#include <mote/kv/detail/entry.hpp>
#include <mote/kv/detail/names.hpp>
#include <mote/kv/error.hpp>
#include <mote/nats/subject.hpp>

#include <string>
#include <string_view>

/// First line: a bucket. Second line: a key and a subject. Below them: a header block.
namespace mote::fuzz {
namespace {

namespace detail = kv::detail;

jetstream::ordered_message delivered(std::string_view subject, std::string_view headers) {
    jetstream::ordered_message made;
    made.message = nats::message(nats::message_view{subject, "", nats::headers_view(headers), "value"});
    made.stream_sequence = 7;
    return made;
}

void check_names(std::string_view bucket, std::string_view key, std::string_view headers) {
    if (detail::is_valid_key(key)) require(detail::is_valid_filter(key), "a key that is no filter");
    if (!detail::is_valid_bucket(bucket)) return;
    const auto subject = detail::subject_of(bucket, key);
    if (detail::is_valid_filter(key))
        require(nats::is_valid_subscribe_subject(subject), "a filter that cannot be subscribed to");
    if (!detail::is_valid_key(key)) return;
    require(nats::is_valid_publish_subject(subject), "a key that cannot be published to");
    const auto entry = detail::make_entry(bucket, delivered(subject, headers));
    require(entry.bucket == bucket && entry.key == key && entry.value == "value" && entry.revision == 7,
            "another entry");
}

void check_subject(std::string_view bucket, std::string_view subject, std::string_view headers) {
    try {
        const auto entry = detail::make_entry(bucket, delivered(subject, headers));
        require(detail::subject_of(entry.bucket, entry.key) == subject, "an entry of another subject");
        require(!entry.key.empty(), "an entry without a key");
        require(entry.operation == detail::operation_of(nats::headers_view(headers)), "another operation");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == kv::errc::bad_entry, "refused for another reason");
    }
}

}  // namespace

int kv_entry(const std::uint8_t* data, std::size_t size) {
    auto headers = text_of(data, size);
    const auto bucket = take_line(headers);
    const auto key = take_line(headers);
    check_names(bucket, key, headers);
    check_subject(bucket, key, headers);
    return 0;
}

}  // namespace mote::fuzz
