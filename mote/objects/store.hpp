#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/objects/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::objects {

/// How a store is made.
struct store_config {
    std::string store{};  ///< letters, digits, `-` and `_`
    std::string description{};
    std::chrono::nanoseconds ttl{0};  ///< of each object; 0: for ever
    std::int64_t max_bytes = -1;      ///< of all objects together; past it a put fails; -1: no bound
    jetstream::storage_type storage = jetstream::storage_type::file;
    int replicas = 1;
    jetstream::placement placement{};
    // What follows is refused with `jetstream::errc::not_supported` where the server is too old for it.
    bool compressed = false;                        ///< from nats-server 2.10
    std::map<std::string, std::string> metadata{};  ///< from 2.10
};

/// What may be said of an object when it is put.
struct object_meta {
    std::string name{};  ///< any text of 1 to 2048 bytes of UTF-8
    std::string description{};
    std::map<std::string, std::vector<std::string>> headers{};
    std::map<std::string, std::string> metadata{};
    std::size_t chunk_size = 128 * 1024;  ///< bytes a message; 1 to the server's max_payload
};

/// Where a link points.
struct object_link {
    std::string store{};
    std::string name{};  ///< of an object there; empty: the link is to the whole store

    bool operator==(const object_link&) const = default;
};

/// What a store knows of an object.
struct object_info {
    std::string name{};
    std::string description{};
    std::map<std::string, std::vector<std::string>> headers{};
    std::map<std::string, std::string> metadata{};
    std::string store{};
    std::string nuid{};  ///< names the chunks
    std::uint64_t size = 0;
    std::uint64_t chunks = 0;
    std::size_t chunk_size = 0;                        ///< of all chunks but the last; 0: not said
    std::string digest{};                              ///< `SHA-256=<base64url>`
    std::chrono::system_clock::time_point modified{};  ///< by the server's clock; of what `put` returns, by ours
    bool deleted = false;
    std::optional<object_link> link{};  ///< of a link, which has no bytes of its own
};

/// Whether deleted objects, of which the store keeps the information for its `ttl`, are answers too.
enum class deleted_objects { hidden, shown };

/// How a store is and what it takes.
struct store_status {
    std::string store{};
    std::string description{};
    std::uint64_t bytes = 0;  ///< of chunks and informations
    std::int64_t max_bytes = -1;
    std::chrono::nanoseconds ttl{};
    std::string backing_store = "JetStream";
    jetstream::storage_type storage = jetstream::storage_type::file;
    int replicas = 1;
    bool sealed = false;
    bool compressed = false;
    std::map<std::string, std::string> metadata{};  ///< with some `_nats.` ones of the server's own
};

/// What a watcher tells.
struct watch_options {
    bool include_history = false;  ///< all informations that the stream has; official clients leave one for each object
    bool updates_only = false;     ///< nothing of what is there already; not together with the one above
    bool ignore_deletes = false;   ///< no objects that are or become deleted
};

/// Follows changes of objects, over reconnects: first what is there, then one empty result as the mark that this is all
/// (at once with `updates_only`), then every change. Move-only; one waiter at a time.
class watcher {
public:
    watcher(watcher&&) noexcept;
    watcher& operator=(watcher&&) noexcept;
    ~watcher();

    /// True once the mark was handed out.
    bool caught_up() const noexcept;
    /// The next change; nothing as the mark (once), when `timeout` passed, or after `stop`. Throws `errc::bad_info` for a
    /// change that cannot be read; the call after it goes on behind that one. Throws `errc::store_not_found` when the store
    /// is gone, `nats::errc::closed` when the connection is.
    boost::asio::awaitable<std::optional<object_info>> next(std::chrono::nanoseconds timeout);
    /// Ends it at the server too.
    boost::asio::awaitable<void> stop();

private:
    friend class store;
    struct state;
    explicit watcher(std::shared_ptr<state> opened);
    static boost::asio::awaitable<watcher> open(jetstream::context js, std::string store, watch_options opts);
    std::shared_ptr<state> state_;  // shared with a `next` under way
};

/// Reads the bytes of one object in order; checks number, size and SHA-256 digest of the chunks. What the server sends ahead
/// is bounded by flow control to about 32 MiB, whatever the object's size. Move-only; one waiter at a time.
class reader {
public:
    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    ~reader();
    const object_info& info() const noexcept;
    /// The next piece (a chunk); nothing at the end, once all is checked. Throws `errc::corrupt` when it is not what the
    /// information says, `errc::object_changed` when it was replaced or deleted meanwhile, `nats::errc::timeout` when no
    /// chunk came for three times the context's time-out. After a failure it throws the same again.
    boost::asio::awaitable<std::optional<std::string>> next();

private:
    friend class store;
    struct state;
    explicit reader(std::shared_ptr<state> opened);
    static boost::asio::awaitable<reader> open(jetstream::context js, std::string store, std::string name);
    std::shared_ptr<state> state_;  // shared with a `next` under way
};

/// Hands out the next piece of what is put, of any size; an empty piece is the end. It is called again only when the piece
/// before is on its way. What it throws ends the put.
using source = std::function<boost::asio::awaitable<std::string>()>;

/// An Object Store (ADR-20), interoperable with every other client. A light handle, copyable. Executor and thread rules of
/// the connection. A store that is sealed refuses changes with `jetstream::errc::stream_sealed`.
class store {
public:
    /// Creates the store; opens it when it exists with the same configuration, else throws `errc::store_exists` with the
    /// first difference. Throws `errc::bad_store`, `errc::bad_config`.
    static boost::asio::awaitable<store> create(jetstream::context js, store_config config);
    /// Opens what exists. Throws `errc::store_not_found`, `errc::bad_store`.
    static boost::asio::awaitable<store> open(jetstream::context js, std::string name);
    /// Creates, or opens whatever its configuration is.
    static boost::asio::awaitable<store> create_or_open(jetstream::context js, store_config config);
    /// Changes a store to this configuration, as far as the server can; what it cannot change (the storage) is its error, and
    /// what is sealed stays so. Throws `errc::store_not_found`, `errc::bad_store`, `errc::bad_config`.
    static boost::asio::awaitable<store> change(jetstream::context js, store_config config);
    /// Creates, or changes what exists.
    static boost::asio::awaitable<store> create_or_change(jetstream::context js, store_config config);
    /// Deletes a store with all its objects. Throws `errc::store_not_found`, `errc::bad_store`.
    static boost::asio::awaitable<void> destroy(jetstream::context js, std::string name);
    /// Names of all stores of the account.
    static boost::asio::awaitable<std::vector<std::string>> names(jetstream::context js);
    /// How each of them is.
    static boost::asio::awaitable<std::vector<store_status>> statuses(jetstream::context js);

    const std::string& name() const noexcept { return name_; }

    /// Stores an object; an older one of the name, or a link, is replaced and its chunks are purged, only after the new one
    /// is whole. When something fails, or it is cancelled, the partial chunks are purged and the older object stays; while
    /// the server is away the purge is tried for twice the context's time-out. At most 32 chunks or 4 MiB are on their way at once.
    /// Throws `errc::bad_name`, `errc::bad_config`, what `source` throws, and what publishing throws; only when the text
    /// says `is stored` the failure came after.
    boost::asio::awaitable<object_info> put(object_meta meta, source from) const;
    boost::asio::awaitable<object_info> put(std::string name, std::string bytes) const;

    /// Opens an object for reading; of a link, the object that it points to, in another store too, and `reader::info` is
    /// that one's. Throws `errc::object_not_found` (also where a link points to nothing, `errc::store_not_found` where its
    /// store is gone), `errc::is_store_link`, `errc::is_link` for a link to a link, `errc::bad_info`, `errc::corrupt`.
    boost::asio::awaitable<reader> get(std::string name) const;
    /// The whole object at once. Throws what `get` and `reader::next` throw.
    boost::asio::awaitable<std::string> get_bytes(std::string name) const;
    /// Of a link its own, which says where it points. Nothing when there is no such object, or it is deleted and hidden.
    /// Throws `errc::bad_info`.
    boost::asio::awaitable<std::optional<object_info>> info(std::string name,
                                                            deleted_objects which = deleted_objects::hidden) const;
    /// All objects and links, those changed last at the end. Throws `errc::bad_info`.
    boost::asio::awaitable<std::vector<object_info>> list(deleted_objects which = deleted_objects::hidden) const;

    /// Makes `name` a link to an object of this or another store of the account, which must be there: throws
    /// `errc::object_not_found`, `errc::object_deleted`, `errc::store_not_found`, and `errc::is_link` for a link to a link. A
    /// link of that name is replaced, an object is not: `errc::object_exists`. Throws `errc::bad_name`, `errc::bad_store`.
    boost::asio::awaitable<object_info> link_to(std::string name, object_link target) const;
    /// The same, to the object of an information that a store gave.
    boost::asio::awaitable<object_info> link_to(std::string name, const object_info& target) const;
    /// Makes `name` a link to a whole store, as a folder is; it is not read through. Throws as `link_to`.
    boost::asio::awaitable<object_info> link_to_store(std::string name, std::string target) const;
    /// Deletes an object, or a link. Throws `errc::object_not_found`.
    boost::asio::awaitable<void> del(std::string name) const;
    /// Purges chunks that no object names, where the last of them is older than `older_than`: younger ones may be of a put that is
    /// under way. A put leaves them when its process dies, or when the server cannot purge them, as on a full disk. Returns
    /// how many messages went. Takes a request for each object, and two for each put that left something. Throws
    /// `errc::store_not_found`, and `errc::bad_info` before anything went.
    boost::asio::awaitable<std::uint64_t> purge_orphans(std::chrono::nanoseconds older_than) const;
    /// Replaces what is said of an object or a link: description, headers, metadata and, when `meta.name` is another one, its
    /// name. Its chunks stay as they are, whatever `meta.chunk_size`. Links to its old name do not follow. Throws `errc::object_not_found`, `errc::object_deleted`,
    /// `errc::object_exists` for a name that is taken, `errc::object_changed` when a renamed one was replaced or deleted
    /// meanwhile, `errc::bad_name`, `errc::bad_config`.
    boost::asio::awaitable<object_info> update_meta(std::string name, object_meta meta) const;
    /// Throws `errc::store_not_found`, `errc::bad_config` for options that contradict each other.
    boost::asio::awaitable<watcher> watch(watch_options opts = {}) const;
    /// Makes the store read-only, for ever. Throws `errc::store_not_found`.
    boost::asio::awaitable<void> seal() const;
    /// Throws `errc::store_not_found`.
    boost::asio::awaitable<store_status> status() const;

private:
    store(jetstream::context js, std::string name);
    jetstream::context js_;
    std::string name_;
};

}  // namespace mote::objects
