#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// A JSON object in one line, of a bounded length, that any log may hold: whatever a peer sends, there is no control
/// character in it. Names are ours: nothing in them is to be escaped.
class json_line {
public:
    /// Begins with the time, in UTC with milliseconds.
    explicit json_line(std::chrono::system_clock::time_point time);

    /// Left out when empty. At most `most` bytes of the escaped text, and `...` when that is not all.
    json_line& text(std::string_view name, std::string_view value, std::size_t most);
    json_line& number(std::string_view name, std::uint64_t value);
    /// In milliseconds with three digits behind the point.
    json_line& milliseconds(std::string_view name, std::chrono::nanoseconds value);

    /// With its line break.
    std::string finish() &&;

private:
    void name(std::string_view name);

    std::string line_;
};

}  // namespace mote::gateway::detail
