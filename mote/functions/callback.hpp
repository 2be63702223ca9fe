#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::functions {

/// How often and how long a callback is tried.
struct callback_options {
    std::uint32_t tries = 8;                                     ///< at least 1
    std::chrono::milliseconds timeout{10'000};                   ///< of one try
    std::chrono::nanoseconds min_wait{std::chrono::seconds(1)};  ///< before the second try; then doubled
    std::chrono::nanoseconds max_wait{std::chrono::minutes(1)};
};

/// Whether results may be sent there: http or https with a host, at most 2,048 characters, no blanks and no control
/// characters. Throws `errc::bad_callback` with what is wrong, never with the URL's user or password.
void check_callback_url(std::string_view url);

/// For logs: without user, password, query and fragment.
std::string printable_url(std::string_view url);

}  // namespace mote::functions
