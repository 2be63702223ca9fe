#include <fuzz/target.hpp>

#include <mote/kv/detail/entry.hpp>
#include <mote/kv/detail/layout.hpp>
#include <mote/kv/detail/names.hpp>
#include <mote/kv/error.hpp>
#include <mote/nats/base64url.hpp>
#include <mote/nats/subject.hpp>

#include <string>
#include <string_view>

/// First line: a bucket. Second line: a key, a stored key, a filter and a subject. Below them: a header block.
namespace mote::fuzz {
namespace {

namespace detail = kv::detail;

detail::layout layout_of(std::string_view bucket) {
    detail::layout made;
    made.bucket = bucket;
    made.read_prefix = detail::subject_of(bucket, "");
    made.write_prefix = made.read_prefix;
    return made;
}

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
    require(detail::write_subject(layout_of(bucket), key) == subject, "another subject");
    const auto entry = detail::make_entry(layout_of(bucket), delivered(subject, headers));
    require(entry && entry->bucket == bucket && entry->key == key && entry->value == "value" && entry->revision == 7,
            "another entry");
}

void check_subject(std::string_view bucket, std::string_view subject, std::string_view headers) {
    try {
        const auto entry = detail::make_entry(layout_of(bucket), delivered(subject, headers));
        require(entry.has_value(), "no entry, without a codec");
        require(detail::subject_of(entry->bucket, entry->key) == subject, "an entry of another subject");
        require(!entry->key.empty(), "an entry without a key");
        require(entry->operation == detail::operation_of(nats::headers_view(headers)), "another operation");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == kv::errc::bad_entry, "refused for another reason");
    }
}

/// Whatever a codec takes comes back, and what it gives back is stored as it was.
void check_codec(const std::shared_ptr<const kv::key_codec>& codec, std::string_view key) {
    auto where = layout_of("b");
    where.codec = codec;
    try {
        const auto subject = detail::write_subject(where, key);
        require(nats::is_valid_publish_subject(subject), "a key that cannot be published to");
        require(detail::key_of(where, subject) == std::string(key), "another key comes back");
        if (key.find_first_of("*>") == std::string_view::npos)
            require(detail::filter_subjects(where, {std::string(key)}).front() == subject, "a filter of another key");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == kv::errc::bad_key, "refused for another reason");
    }
    try {
        const auto filter = detail::filter_subjects(where, {std::string(key)}).front();
        require(nats::is_valid_subscribe_subject(filter), "a filter that cannot be subscribed to");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == kv::errc::bad_key, "refused for another reason");
    }
    if (!detail::is_valid_key(key)) return;
    const auto decoded = codec->decode(key);
    if (decoded) require(codec->encode(*decoded) == key, "two stored keys are the same one");
}

void check_base64url(std::string_view text) {
    require(nats::decode_base64url(nats::encode_base64url(text)) == std::string(text), "bytes are not as they were");
    const auto bytes = nats::decode_base64url(text);
    if (bytes) require(nats::encode_base64url(*bytes) == text, "two texts are the same bytes");
}

}  // namespace

int kv_entry(const std::uint8_t* data, std::size_t size) {
    auto headers = text_of(data, size);
    const auto bucket = take_line(headers);
    const auto key = take_line(headers);
    check_names(bucket, key, headers);
    check_subject(bucket, key, headers);
    for (const auto& codec : {kv::base64_token_codec(), kv::base64_key_codec(), kv::path_codec()})
        check_codec(codec, key);
    check_base64url(key);
    return 0;
}

}  // namespace mote::fuzz
