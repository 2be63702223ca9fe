#include <mote/functions/detail/limits.hpp>

#include <mote/functions/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>

namespace mote::functions::detail {
namespace {

constexpr std::uint64_t ratio_from = 32ULL << 20;  // less than that is not worth a check
constexpr std::uint64_t tar_bytes = 4096;          // of headers and padding of one entry, without its names

}  // namespace

void check_stop(const std::stop_token& stop) {
    if (stop.stop_requested()) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void check_packed(std::uint64_t packed, const bundle_limits& limits) {
    if (packed > limits.packed_bytes)
        throw_error(errc::bad_bundle, "its archive has more than " + std::to_string(limits.packed_bytes) + " bytes");
}

void check_unpacked(std::uint64_t unpacked, const bundle_limits& limits) {
    if (unpacked > limits.unpacked_bytes)
        throw_error(errc::bad_bundle, "its files have more than " + std::to_string(limits.unpacked_bytes) + " bytes");
}

void check_raw(std::uint64_t raw, std::uint64_t packed, const bundle_limits& limits) {
    const auto most = limits.unpacked_bytes + (limits.entries + 1) * (tar_bytes + 2 * limits.path_bytes);
    if (raw > most)
        throw_error(errc::bad_bundle, "more than " + std::to_string(most) + " bytes once it is decompressed");
    if (raw > ratio_from && raw / limits.ratio > packed)
        throw_error(errc::bad_bundle,
                    "a bomb? More than " + std::to_string(limits.ratio) + " times as large once it is decompressed");
}

}  // namespace mote::functions::detail
