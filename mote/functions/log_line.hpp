#pragma once

#include <mote/functions/name.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mote::functions {

/// One line that a replica of a function wrote.
struct log_line {
    /// More bytes than the JSON of any line that a log_writer stores.
    static constexpr std::size_t max_json = std::size_t{512} * 1024;

    function_name function{};
    std::string instance{};  ///< of the function: which replica
    std::chrono::system_clock::time_point time{};
    std::string text{};  ///< UTF-8, without the line's end

    /// The document that streams keep and OpenFaaS's API hands out, without spaces: `name`, `namespace`, `instance`,
    /// `timestamp` (RFC 3339 in UTC, with the fraction there is) and `text`. `instance` and `text` have to be UTF-8, else
    /// it throws `errc::bad_log`.
    std::string json() const;
    /// What `json` gave; members that it does not know are ignored. Throws `errc::bad_log`, saying why, for anything else
    /// and for more than max_json.
    static log_line parse(std::string_view text);

    friend bool operator==(const log_line&, const log_line&) = default;
};

}  // namespace mote::functions
