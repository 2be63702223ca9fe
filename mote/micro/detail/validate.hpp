#pragma once

#include <string_view>

namespace mote::micro::detail {

/// One or more of letters, digits, `-` and `_`.
bool is_valid_name(std::string_view text) noexcept;
/// What can stand for an instance in a subject: one token without wildcards. Implementations choose their own alphabet.
bool is_valid_id(std::string_view text) noexcept;
/// A semantic version (semver.org 2.0.0).
bool is_valid_version(std::string_view text) noexcept;
/// A queue group that every official framework takes too: no blanks or control characters, `>` only at the end.
bool is_valid_queue_group(std::string_view text) noexcept;

}  // namespace mote::micro::detail
