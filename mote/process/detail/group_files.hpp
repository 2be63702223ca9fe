#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::process::detail {

/// The whole of a small file; empty when it cannot be read.
std::string read_text(const std::string& path);
/// Writes it with one call. False when the kernel refuses.
bool write_text(const std::string& path, std::string_view text) noexcept;

/// Removes the directory of a group, and before it those that its own processes made below it. False while one has a process.
bool remove_group(const std::string& directory);

/// The number that a text starts with.
std::optional<std::uint64_t> number_in(std::string_view text) noexcept;
/// The number after `key` at the start of a line.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) noexcept;

}  // namespace mote::process::detail
