#pragma once

#include <mote/functions/bundle_digest.hpp>

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// What `image` of a function names: `[registry[:port]/]path[:tag][@sha256:<hex>]`. The first part is a registry when it
/// has a `.` or a `:` or is `localhost`, as everywhere.
struct image_name {
    std::string registry{};  ///< host in lower case, and port; empty: any
    std::string path{};      ///< parts of a to z and digits, between them `.`, `_`, `__` or `-`s; parts joined by `/`
    std::string tag{};       ///< letters, digits, `_`, `.` and `-`, at most 128; empty: not said
    std::optional<bundle_digest> digest{};

    /// Strict: at most 255 bytes without tag and digest. Throws `errc::bad_name` with the text and what is wrong with it.
    static image_name parse(std::string_view text);

    std::string text() const;

    friend auto operator<=>(const image_name&, const image_name&) = default;
};

/// Under which names a bundle may have been pushed to be what a function asks for, best first; none has a digest. A pushed
/// name answers for all of a part that it leaves open:
/// - asked `r.example/a/b:1`: `r.example/a/b:1`, `a/b:1`, `r.example/a/b`, `a/b`;
/// - asked `a/b:1`: `a/b:1`, `a/b`;
/// - asked `a/b`: `a/b`, `a/b:latest`; asked `a/b:latest`: the other way round.
/// So a bundle pushed for one registry is not found for another, and a tag that was pushed is never found by another one.
std::vector<image_name> names_that_answer(const image_name& asked);

/// Whether a pushed name is what is asked for but for the registry or the tag, which were pushed and not asked: asked `a/b`,
/// `r.example/a/b:1` is.
bool says_more_than(const image_name& pushed, const image_name& asked);

}  // namespace mote::functions
