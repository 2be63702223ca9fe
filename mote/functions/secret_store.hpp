#pragma once

#include <mote/functions/name.hpp>
#include <mote/functions/sealing.hpp>
#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// A secret and the namespace it is in.
struct secret_name {
    std::string name{};
    std::string space{default_namespace};

    /// `space` empty: the default namespace. Throws `errc::bad_name`.
    static secret_name parse(std::string_view name, std::string_view space = {});
    std::string key() const { return space + '.' + name; }  ///< in the bucket

    friend auto operator<=>(const secret_name&, const secret_name&) = default;
};

/// Secrets in the bucket `mote_secrets`, sealed for a key that only nodes have: a gateway can set them, and cannot read
/// them. A light handle, copyable; executor and thread rules of the connection. Throws besides what `kv::bucket` does.
/// Names are checked (`errc::bad_name`). No value is ever in an error.
class secret_store {
public:
    static constexpr std::string_view bucket_name = "mote_secrets";
    static constexpr std::size_t max_size = std::size_t{512} * 1024;  ///< bytes of one value

    /// Opens the bucket, and makes it when it is not there.
    static boost::asio::awaitable<secret_store> open(jetstream::context js);

    // For gateways. Values are any bytes, none at all too, and are wiped once they are sealed. Those above max_size throw
    // `errc::secret_too_large`; `errc::no_sealing_key` when no node has published one.

    /// Throws `errc::secret_exists`.
    boost::asio::awaitable<void> create(secret_name name, std::string value) const;
    /// Throws `errc::secret_not_found`. Of several at once the last one counts.
    boost::asio::awaitable<void> update(secret_name name, std::string value) const;
    /// Throws `errc::secret_not_found`.
    boost::asio::awaitable<void> remove(secret_name name) const;
    /// The names of a namespace's secrets, sorted.
    boost::asio::awaitable<std::vector<std::string>> list(std::string space) const;

    // For nodes.

    /// Says what secrets are to be sealed for; the first one counts. Throws `errc::other_sealing_key` when another node
    /// has published another one: all nodes need the same key file.
    boost::asio::awaitable<void> publish_key(sealing_public_key key) const;
    /// The bytes that a secret was given; to be wiped after use. Throws `errc::secret_not_found`, and `errc::bad_seal` for
    /// one that was sealed for another key or name, or was changed.
    boost::asio::awaitable<std::string> read(secret_name name, sealing_key key) const;

private:
    explicit secret_store(kv::bucket bucket) : bucket_(std::move(bucket)) {}

    kv::bucket bucket_;
};

}  // namespace mote::functions
