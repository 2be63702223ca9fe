#pragma once

#include <string>
#include <string_view>

namespace mote::test {

/// Bytes as one readable line, written as the recorded vectors are: `\r`, `\n`, `\t`, `\\` and `\xNN` for other control
/// characters. Quotes and UTF-8 stay.
std::string escaped(std::string_view bytes);

/// The reverse. Throws `std::runtime_error` on an escape that `escaped` does not write.
std::string unescaped(std::string_view line);

}  // namespace mote::test
