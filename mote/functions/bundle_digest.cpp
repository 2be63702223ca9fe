#include <mote/functions/bundle_digest.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

constexpr std::string_view algorithm = "sha256:";
constexpr std::size_t hex_digits = 64;

}  // namespace

bundle_digest bundle_digest::parse(std::string_view text) {
    auto hex = text;
    if (hex.starts_with(algorithm)) hex.remove_prefix(algorithm.size());
    const bool is_hex =
        std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (hex.size() != hex_digits || !is_hex)
        throw_error(errc::bad_name, detail::quoted(text) + ": a digest is sha256: and 64 of 0 to 9 and a to f");
    bundle_digest found;
    found.hex = hex;
    return found;
}

}  // namespace mote::functions
