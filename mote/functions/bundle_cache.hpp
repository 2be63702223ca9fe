#pragma once

#include <mote/functions/bundle_digest.hpp>
#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/bundle_store.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace mote::functions {

struct bundle_cache_options {
    std::filesystem::path directory{};     ///< made where it is not there; nothing else may be in it
    std::uint64_t max_bytes = 8ULL << 30;  ///< of unpacked bundles; those in use may be more
    std::size_t threads = 2;               ///< that unpack and delete
};

/// A bundle on this machine's disk. As long as somebody holds it, it stays there.
struct cached_bundle {
    bundle_digest digest{};
    std::filesystem::path root{};  ///< its files; all who run it share them: nobody may write there
    std::uint64_t bytes = 0;       ///< unpacked
    bundle_settings settings{};
};

/// The bundles that a node has unpacked: fetched once whoever asks, kept over restarts, the ones that were not asked for
/// the longest deleted when there are too many. A handle, copyable; on one executor, that of `open` and the connection.
/// Call `stop` before that ends.
class bundle_cache {
public:
    /// Takes the directory; removes from it what is no whole bundle. Throws `boost::system::system_error` when it cannot be
    /// made or written, or another cache has it (`EWOULDBLOCK`).
    static boost::asio::awaitable<bundle_cache> open(bundle_store store, bundle_cache_options opts);

    /// The bundle, downloaded, checked and unpacked if it is not there. Callers at once share one download, and what it
    /// fails with; a cancelled caller does not end it for the others. Throws `errc::bundle_not_found`, `errc::bad_bundle`,
    /// what the object store throws, `boost::system::system_error` when it cannot be written (a full disk),
    /// `asio::error::operation_aborted` after `stop`. The next call tries again.
    boost::asio::awaitable<std::shared_ptr<const cached_bundle>> fetch(bundle_digest digest) const;

    /// Bytes of all bundles that are there.
    std::uint64_t bytes() const noexcept;
    /// Deletes the bundles that nobody holds; their files go on a thread of the cache.
    void clear() const;
    /// Ends what is under way, with `asio::error::operation_aborted` for who waits for it, and waits for its end: at most
    /// for the next chunk from the server, or the next piece of a file. What is whole stays on the disk.
    boost::asio::awaitable<void> stop() const;

private:
    struct state;
    explicit bundle_cache(std::shared_ptr<state> opened);
    std::shared_ptr<state> state_;
};

}  // namespace mote::functions
