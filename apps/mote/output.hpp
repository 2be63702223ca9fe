#pragma once

#include <string_view>

namespace mote::command {

/// Makes sure that standard input, output and error are open, so that no other file gets their numbers: whoever was started
/// without one fails when he uses it.
void keep_standard_descriptors() noexcept;

/// Writes data to standard output. A reader that has gone (`mote ls | head -1`) is no error; throws `failure` for any other,
/// such as a full disk.
void write_out(std::string_view text);

/// True once the reader of standard output has gone (`| head`): what would go on for ever may end, and that is no error.
bool is_reader_gone() noexcept;

/// Writes to standard error, as it is.
void write_err(std::string_view text) noexcept;

/// One line on standard error, `mote: line`; control characters in it are shown as escapes.
void say(std::string_view line);

}  // namespace mote::command
