#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/kv/entry.hpp>
#include <mote/kv/error.hpp>
#include <mote/kv/key_codec.hpp>
#include <mote/kv/watcher.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::kv {

template <class T>
using result = boost::system::result<T>;

struct bucket_config {
    std::string bucket{};  ///< letters, digits, `-` and `_`
    std::string description{};
    int history = 1;                  ///< values kept for a key, 1 to 64
    std::chrono::nanoseconds ttl{0};  ///< 0: for ever
    std::int64_t max_bytes = -1;
    std::int32_t max_value_size = -1;
    jetstream::storage_type storage = jetstream::storage_type::file;
    int replicas = 1;
    jetstream::placement placement{};
    std::optional<jetstream::republish> republish{};
    /// The bucket (its name, or that of its stream) of which this one is a copy: reads are answered from here, writes go to
    /// the origin, and what was written is read here a little later. Not a mirror itself. With `api_prefix` it is one of
    /// another domain or account; servers want a name then that no bucket here has.
    std::optional<jetstream::stream_source> mirror{};
    /// Buckets whose keys and values are here too, beside what is written here; from nats-server 2.10, else
    /// `jetstream::errc::not_supported`. One with transforms may be any stream, by its whole name; without, the same keys
    /// are made of it. Not together with a mirror.
    std::vector<jetstream::stream_source> sources{};
    // What follows is refused with `jetstream::errc::not_supported` where the server is too old for it.
    bool compressed = false;                        ///< from nats-server 2.10
    std::map<std::string, std::string> metadata{};  ///< from 2.10
    /// Not 0: keys may have a TTL of their own, and what goes by the bucket's `ttl` or its own leaves a marker for this
    /// long, which watchers see as a purge. At least 1 s; from 2.11.
    std::chrono::nanoseconds limit_marker_ttl{0};
};

struct bucket_status {
    std::string bucket{};
    std::string description{};
    std::uint64_t values = 0;  ///< messages kept, markers included
    std::uint64_t bytes = 0;
    int history = 1;
    std::chrono::nanoseconds ttl{};
    std::chrono::nanoseconds limit_marker_ttl{};  ///< 0: no markers, and no TTL of a key's own
    std::int64_t max_bytes = -1;
    std::int32_t max_value_size = -1;
    int replicas = 1;
    std::string backing_store = "JetStream";
    jetstream::storage_type storage = jetstream::storage_type::file;
    bool compressed = false;
    std::map<std::string, std::string> metadata{};  ///< with some `_nats.` ones of the server's own
    jetstream::placement placement{};
    std::optional<jetstream::republish> republish{};
    std::optional<jetstream::stream_source> mirror{};
    std::vector<jetstream::stream_source> sources{};
};

/// A Key-Value bucket (ADR-8), interoperable with every other client. A light handle, copyable. Executor and thread rules
/// of the connection. Keys: letters, digits, `-/_=.`, no dot at the ends or twice in a row, else `errc::bad_key` is thrown.
/// Throws what jetstream::context does; reads of a bucket that is gone throw `errc::bucket_not_found`, writes
/// `jetstream::errc::no_stream_response`. Reads and single writes are sent at once, one request each.
/// Reads may come from a replica: there is no read-after-write promise over several servers.
class bucket {
public:
    /// Creates the bucket; opens it when it exists with the same configuration, else throws `errc::bucket_exists` with the
    /// first difference. Throws `errc::bad_bucket`, `errc::bad_config`.
    static boost::asio::awaitable<bucket> create(jetstream::context js, bucket_config config);
    /// Opens what exists. Throws `errc::bucket_not_found`, `errc::bad_bucket` for a stream that is no bucket.
    static boost::asio::awaitable<bucket> open(jetstream::context js, std::string name);
    /// Creates, or opens whatever its configuration is.
    static boost::asio::awaitable<bucket> create_or_open(jetstream::context js, bucket_config config);
    /// Changes a bucket to this configuration, as far as the server can; what it cannot change (the storage, a mirror) is
    /// its error. Throws `errc::bucket_not_found`, `errc::bad_bucket`, `errc::bad_config`.
    static boost::asio::awaitable<bucket> change(jetstream::context js, bucket_config config);
    /// Creates, or changes what exists.
    static boost::asio::awaitable<bucket> create_or_change(jetstream::context js, bucket_config config);
    /// Deletes the bucket with all that is in it. Throws `errc::bucket_not_found`.
    static boost::asio::awaitable<void> destroy(jetstream::context js, std::string name);
    /// Names of all buckets of the account but mirrors, which have no subjects to be found by.
    static boost::asio::awaitable<std::vector<std::string>> names(jetstream::context js);
    /// How each of them is.
    static boost::asio::awaitable<std::vector<bucket_status>> statuses(jetstream::context js);

    const std::string& name() const noexcept;
    /// The same bucket, of which the keys are stored as `codec` says. Keys there that it does not know are not seen.
    bucket with_codec(std::shared_ptr<const key_codec> codec) const;

    /// The newest value; nothing when the key is absent or deleted.
    boost::asio::awaitable<std::optional<entry>> get(std::string key) const;
    /// The value that the key got by revision `at`; nothing when that is not kept, a marker, or another key's.
    boost::asio::awaitable<std::optional<entry>> get(std::string key, revision at) const;
    /// Sets the value; returns its revision. `key` and `value` may end with the call.
    boost::asio::awaitable<revision> put(std::string_view key, std::string_view value) const;
    /// Sets the value only when the key is absent or deleted; else the error is `errc::key_exists`. With a `ttl` (at least
    /// 1 s) it goes after that; the bucket must have a limit_marker_ttl, else `jetstream::errc::message_ttl_disabled` is
    /// thrown. (In a bucket with a history of more than 1 the server makes the ttl that of the limit markers, if shorter.)
    boost::asio::awaitable<result<revision>> create(std::string key, std::string value,
                                                    std::chrono::nanoseconds ttl = {}) const;
    /// Sets the value only when `expected` is the newest revision; else the error is `errc::wrong_revision`.
    boost::asio::awaitable<result<revision>> update(std::string key, std::string value, revision expected) const;
    /// Marks the key as deleted; its history stays. Deleting an absent key is no error.
    boost::asio::awaitable<void> del(std::string key) const;
    /// The same only when `expected` is the newest revision; else the error is `errc::wrong_revision`.
    boost::asio::awaitable<result<revision>> del(std::string key, revision expected) const;
    /// Deletes the key with its history; what stays is a marker, with a `ttl` only so long (as for `create`).
    boost::asio::awaitable<void> purge(std::string key, std::chrono::nanoseconds ttl = {}) const;
    /// The same only when `expected` is the newest revision; else the error is `errc::wrong_revision`.
    boost::asio::awaitable<result<revision>> purge(std::string key, revision expected,
                                                   std::chrono::nanoseconds ttl = {}) const;
    /// Removes what is left of deleted keys: their history, and the markers that are older than `older_than` (0: all).
    /// Returns how many messages went. Values that are put meanwhile stay. In a mirror only its own copies go.
    boost::asio::awaitable<std::uint64_t> purge_deletes(
        std::chrono::nanoseconds older_than = std::chrono::minutes(30)) const;

    // A filter may have wildcards: `*` for a token, `>` for all that follow. Several filters must not overlap (the server
    // says so, `jetstream::errc::bad_request`) and need nats-server 2.10, else `jetstream::errc::not_supported` is thrown.

    /// Keys that have a value, in no order.
    boost::asio::awaitable<std::vector<std::string>> keys(std::string filter = ">") const;
    boost::asio::awaitable<std::vector<std::string>> keys(std::vector<std::string> filters) const;
    boost::asio::awaitable<key_lister> list_keys(std::string filter = ">") const;
    boost::asio::awaitable<key_lister> list_keys(std::vector<std::string> filters) const;
    /// All kept values of a key, oldest first, markers included.
    boost::asio::awaitable<std::vector<entry>> history(std::string key) const;
    /// Throws `errc::bad_config` for options that contradict each other.
    boost::asio::awaitable<watcher> watch(std::string filter = ">", watch_options opts = watch_options()) const;
    boost::asio::awaitable<watcher> watch(std::vector<std::string> filters, watch_options opts = watch_options()) const;
    boost::asio::awaitable<bucket_status> status() const;

private:
    bucket(jetstream::context js, std::shared_ptr<const detail::layout> where);
    jetstream::context js_;
    std::shared_ptr<const detail::layout> layout_;
};

}  // namespace mote::kv
