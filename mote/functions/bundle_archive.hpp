#pragma once

#include <mote/functions/bundle_digest.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace mote::functions {

/// How large a bundle may be. All bounds hold while it is packed, and while it is read: nothing past them is written.
struct bundle_limits {
    std::uint64_t packed_bytes = 512ULL << 20;     ///< of the compressed archive
    std::uint64_t unpacked_bytes = 2048ULL << 20;  ///< of all its files together
    std::size_t entries = 50'000;                  ///< files, directories and links
    std::size_t path_bytes = 1024;                 ///< of one entry's path; a part of it has at most 255
    std::size_t depth = 64;                        ///< parts of one path
    std::uint64_t ratio = 250;                     ///< unpacked to packed bytes, once 32 MiB are unpacked
};

/// What was packed or unpacked.
struct bundle_size {
    std::uint64_t packed_bytes = 0;
    std::uint64_t unpacked_bytes = 0;  ///< of files; of an unpacked one with hard links each once
    std::size_t entries = 0;
};

struct packed_bundle {
    bundle_digest digest{};
    bundle_size size{};
};

/// Writes a directory, or a tar or tar.gz file, as a bundle: one tar.gz in `archive`, which is made or replaced only when it
/// is whole. The same content gives the same bytes: entries are sorted, owners and times are dropped, of modes only the
/// owner's executable bit is kept. Links are kept when they stay inside; hard links become files.
/// Throws `errc::bad_bundle` with the file and why: a link that leaves, a device, fifo or socket, a name that `unpack`
/// would refuse, a `function.env` that `load_settings` refuses, nothing in it, past a limit, changed while it was read, not an
/// archive; `boost::system::system_error` with
/// the file when it cannot be read or written. Blocks: not for the thread of an event loop. `stop` ends it early with
/// `asio::error::operation_aborted`.
packed_bundle pack(const std::filesystem::path& from, const std::filesystem::path& archive,
                   const bundle_limits& limits = {}, std::stop_token stop = {});

/// Unpacks a tar or tar.gz that nobody vouches for into the directory `into`, which must not be there and comes to be only
/// once all of it is whole; of a bundle that is refused nothing stays. Everything belongs to the caller's user, files have
/// the mode 0755 or 0644 and directories 0755.
/// Throws `errc::bad_bundle` with the entry and why: an absolute path, `..`, a link (symbolic, hard, over others) that leaves
/// the bundle or goes in circles, an entry through or over another one, a device, fifo or socket, a name with control
/// characters or not in UTF-8, nothing in it, past a limit, damaged, not an archive; `boost::system::system_error` with
/// the entry when it cannot be read or written (a full disk), or `into` is there. Blocks, and `stop`, as above.
bundle_size unpack(const std::filesystem::path& archive, const std::filesystem::path& into,
                   const bundle_limits& limits = {}, std::stop_token stop = {});

}  // namespace mote::functions
