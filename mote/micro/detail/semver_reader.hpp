#pragma once

#include <mote/micro/semver.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// A version that may leave out parts, as ranges have them: `1`, `1.2`, `1.x`, `*`, `1.2.3-rc.1+build`.
struct partial_version {
    int given = 0;  // numbers before the first that is left out or a wildcard: 0 to 3
    semver value{};
};

/// Reads the whole text. `problem` says what is wrong when there is no result. A pre-release and a build need all
/// three numbers.
std::optional<partial_version> read_partial_version(std::string_view text, std::string& problem);

}  // namespace mote::micro::detail
