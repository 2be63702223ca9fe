#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/kv/key_codec.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::kv::detail {

/// Where a bucket keeps its keys, and as what. Handles of the bucket, and calls under way, share it.
struct layout {
    std::string bucket{};
    std::string stream{};
    std::string read_prefix{};   ///< of the subjects in its stream: `$KV.<bucket>.`, in a mirror those of its origin
    std::string write_prefix{};  ///< of what is published: the same, or behind the API prefix of another domain
    std::shared_ptr<const key_codec> codec{};  ///< none: keys are stored as they are
};

using layout_ptr = std::shared_ptr<const layout>;

/// `stream` is the configuration of the bucket's stream, for what a mirror says of its origin.
layout_ptr layout_of(const jetstream::context& js, const jetstream::stream_config& stream, std::string bucket);

/// The subject of a key in the bucket's stream, and the one to publish it to. Throw `errc::bad_key`.
std::string read_subject(const layout& where, std::string_view key);
std::string write_subject(const layout& where, std::string_view key);

/// The subjects of what `filters` find. Throws `errc::bad_key`, also for none, and for wildcards where the codec knows none.
std::vector<std::string> filter_subjects(const layout& where, const std::vector<std::string>& filters);

/// The key that is stored under a subject; nothing when the codec does not know it. Throws `errc::bad_entry` for a subject
/// of another bucket.
std::optional<std::string> key_of(const layout& where, std::string_view subject);

}  // namespace mote::kv::detail
