#pragma once

#include <string>
#include <string_view>

namespace mote::kv::detail {

/// Letters, digits, `-` and `_`; not empty.
bool is_valid_bucket(std::string_view name) noexcept;
/// Letters, digits and `-/_=.`; no dot at the ends or twice in a row.
bool is_valid_key(std::string_view key) noexcept;
/// As a key, but a whole token may be `*`, and the last one `>`.
bool is_valid_filter(std::string_view filter) noexcept;

/// These throw `errc::bad_bucket` and `errc::bad_key` with the text that is refused.
void check_bucket(std::string_view name);
void check_key(std::string_view key);
void check_filter(std::string_view filter);

std::string stream_of(std::string_view bucket);                         ///< `KV_<bucket>`
std::string_view bucket_of(std::string_view name);                      ///< without `KV_`, where it has that
std::string subject_of(std::string_view bucket, std::string_view key);  ///< `$KV.<bucket>.<key>`

}  // namespace mote::kv::detail
