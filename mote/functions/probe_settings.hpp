#pragma once

#include <mote/functions/description.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::functions {

/// How a node asks a process that listens for HTTP how it is: what the annotations `com.openfaas.<which>.http.*` say, where
/// `which` is `health` (while it runs) or `ready` (before it gets calls). Times are whole seconds or durations, at most an hour.
struct probe_settings {
    std::string path{};                        ///< `path`: what is asked, by GET; empty: nothing is
    std::chrono::nanoseconds initial_delay{};  ///< `initialDelaySeconds`: first asked so long after its start
    std::chrono::nanoseconds period{
        std::chrono::seconds(10)};  ///< `periodSeconds`: between an answer and the next question
    std::chrono::nanoseconds timeout{std::chrono::seconds(1)};  ///< `timeoutSeconds`: for the whole answer
    std::uint32_t failures = 3;  ///< `failureThreshold`: so many in a row, 1 to 1,000, and it is ill

    /// Throws `errc::bad_setting` with the annotation, its value and what is wrong.
    static probe_settings of(const text_map& annotations, std::string_view which);
    static probe_settings of(const description& what, std::string_view which);
};

}  // namespace mote::functions
