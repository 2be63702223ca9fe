#pragma once

#include <mote/functions/bundle_archive.hpp>

#include <cstdint>
#include <stop_token>

/// The bounds of a bundle, the same for packing and unpacking.
namespace mote::functions::detail {

/// Throws `asio::error::operation_aborted`.
void check_stop(const std::stop_token& stop);
/// Each throws `errc::bad_bundle` with the limit.
void check_packed(std::uint64_t packed, const bundle_limits& limits);
void check_unpacked(std::uint64_t unpacked, const bundle_limits& limits);
/// `raw`: bytes of the tar, of which `packed` ones are the compressed form.
void check_raw(std::uint64_t raw, std::uint64_t packed, const bundle_limits& limits);

}  // namespace mote::functions::detail
