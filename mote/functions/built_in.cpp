#include <mote/functions/built_in.hpp>

#include <algorithm>
#include <array>

namespace mote::functions {
namespace {

struct known_path {
    std::string_view path;
    built_in_kind kind;
    std::string_view mode;
};

// Modes as the watchdogs name them; the classic one starts a process a request and has no name for it.
constexpr std::array known_ones{
    known_path{"functions/alpine", built_in_kind::machine_commands, "classic"},
    known_path{"functions/http-echo", built_in_kind::http_echo, "http"},
};

}  // namespace

std::optional<built_in_bundle> built_in(const image_name& image) {
    if (image.digest) return std::nullopt;
    const auto* const found = std::find_if(known_ones.begin(), known_ones.end(),
                                           [&](const known_path& each) { return each.path == image.path; });
    if (found == known_ones.end()) return std::nullopt;
    built_in_bundle bundle;
    bundle.kind = found->kind;
    bundle.path = found->path;
    bundle.settings.emplace("mode", found->mode);
    return bundle;
}

}  // namespace mote::functions
