#pragma once

#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/image_name.hpp>

#include <optional>
#include <string_view>

namespace mote::functions {

/// What a node can run without a bundle.
enum class built_in_kind {
    machine_commands,  ///< `functions/alpine`: `fprocess` from the machine's own PATH, one process a request (classic)
    http_echo,         ///< `functions/http-echo`: answers with the request's body; the node's own program
};

/// A function that needs no bundle.
struct built_in_bundle {
    built_in_kind kind = built_in_kind::machine_commands;
    std::string_view path{};     ///< `functions/alpine`
    bundle_settings settings{};  ///< what `function.env` of a bundle would say
};

/// Nothing when the image is none, or says a digest. Registry and tag may be any. Nothing can be pushed under these names,
/// so it does not matter whether this or the store is asked first.
std::optional<built_in_bundle> built_in(const image_name& image);

}  // namespace mote::functions
