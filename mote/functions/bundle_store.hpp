#pragma once

#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/bundle_digest.hpp>
#include <mote/functions/image_name.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// Object store of bundles: each content once as `sha256/<hex>`, each name as a small object `name/<image>` that says which.
inline constexpr std::string_view bundle_store_name = "mote_bundles";

struct bundle_store_options {
    bundle_limits limits{};
    int replicas = 1;  ///< of the store, where it is made
};

/// A bundle under a name.
struct stored_bundle {
    image_name name{};  ///< as it was pushed
    bundle_digest digest{};
    std::uint64_t size = 0;                            ///< packed, bytes
    std::chrono::system_clock::time_point modified{};  ///< pushed under this name
};

/// Where bundles are kept for all nodes. A light handle, copyable. Executor and thread rules of the connection.
class bundle_store {
public:
    /// Opens the store; makes it where there is none.
    static boost::asio::awaitable<bundle_store> open(jetstream::context js, bundle_store_options opts = {});

    /// Packs a directory, or a tar or tar.gz file, (on a thread of its own) and puts it under a name, in place of what
    /// the name stood for. Content that is there already is not sent again; what the name stood for stays until a `prune`.
    /// Throws `errc::bad_name` for a name with a digest or of a built-in bundle, what `pack` throws, what the object store
    /// throws; then the name stands for what it stood for.
    boost::asio::awaitable<stored_bundle> push(image_name name, std::filesystem::path from) const;

    /// What a function with this image runs, as `names_that_answer` says, else what was pushed with the registry or the tag
    /// that is not asked, when that is one bundle only; with a digest: the bundle of that digest, whatever it was pushed as.
    /// Nothing when there is none.
    boost::asio::awaitable<std::optional<stored_bundle>> find(image_name asked) const;

    /// All names, sorted.
    boost::asio::awaitable<std::vector<stored_bundle>> list() const;

    /// Takes exactly this name away; its content stays until a `prune`. Throws `errc::bundle_not_found`.
    boost::asio::awaitable<void> remove(image_name name) const;

    /// Deletes the content that no name stands for and that is not in `used` (what functions run), but for what was pushed
    /// within `spare`, whose name may be on its way; and what older pushes left that did not come to an end. Returns the
    /// bytes of the former.
    boost::asio::awaitable<std::uint64_t> prune(std::set<bundle_digest> used,
                                                std::chrono::seconds spare = std::chrono::minutes(10)) const;

    /// Writes a bundle's archive to a file, checked: bytes that are not of that digest are `errc::bad_bundle`, more than
    /// the limit, too. Throws `errc::bundle_not_found`, `boost::system::system_error` when the file cannot be
    /// written; of a failure nothing stays. `stop` ends it at the next piece with `asio::error::operation_aborted`. Returns the
    /// bytes.
    boost::asio::awaitable<std::uint64_t> download(bundle_digest digest, std::filesystem::path archive,
                                                   std::stop_token stop = {}) const;

    /// For the answer to a deployment of an image that `find` does not: the names of its path that there are, else how to push.
    boost::asio::awaitable<std::string> why_not_found(image_name asked) const;

    const bundle_limits& limits() const noexcept { return opts_.limits; }

private:
    bundle_store(objects::store store, bundle_store_options opts);
    boost::asio::awaitable<void> put_content(bundle_digest digest, std::filesystem::path archive) const;
    boost::asio::awaitable<bool> touch_content(bundle_digest digest) const;

    objects::store store_;
    bundle_store_options opts_;
};

/// For the answer to a deployment of an image that is neither built in nor pushed: what it is and how to push it.
std::string how_to_push(const image_name& asked);

}  // namespace mote::functions
