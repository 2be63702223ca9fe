#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::kv {

/// How keys are stored, for keys that cannot be stored as they are: see bucket::with_codec. All who use a bucket have to
/// agree on it. Called on the connection's executor; it must not block.
class key_codec {
public:
    virtual ~key_codec() = default;

    /// The key as it is stored, which has to be a valid one (class bucket). Throws `errc::bad_key` for a key that `decode`
    /// would not bring back.
    virtual std::string encode(std::string_view key) const = 0;
    /// The key that `encode` makes into `stored`; nothing for what it does not make.
    virtual std::optional<std::string> decode(std::string_view stored) const = 0;
    /// The filter of stored keys that finds the keys of `filter`, with wildcards (`*`, `>`) in it; nothing when the codec
    /// cannot say: then filters are whole keys, or `>` for all.
    virtual std::optional<std::string> encode_filter(std::string_view filter) const;

protected:
    key_codec() = default;
    key_codec(const key_codec&) = default;
    key_codec& operator=(const key_codec&) = default;
};

/// Each token between dots in Base64 for URLs, without padding: a token may have any bytes but dots, none may be empty.
/// Filters have their wildcards, so a token of a filter that is `*`, or a last one `>`, is no key's. As orbit.go's `Base64Codec`.
std::shared_ptr<const key_codec> base64_token_codec();

/// The whole key in Base64 for URLs, without padding, as one token: any bytes, dots too, but at least one. No wildcards.
std::shared_ptr<const key_codec> base64_key_codec();

/// Paths: `a/b` is stored as `a.b`, `/a/b` as `_root_.a.b`, and `/` as `_root_`. What does not come back is refused: dots, a
/// slash at the end, two in a row, a first part `_root_`. Filters have wildcards: `/a/*`, `/a/>`. As orbit.go's `PathCodec`,
/// which takes such keys, and gives others back.
std::shared_ptr<const key_codec> path_codec();

}  // namespace mote::kv
