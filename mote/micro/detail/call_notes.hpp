#pragma once

#include <mote/micro/call_watch.hpp>
#include <mote/micro/trace_context.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro::detail {

/// What middleware knows of one call and waits for. It goes with the call wherever a handler moves it, and is made by
/// the first who needs it: most calls have none.
struct call_notes {
    struct ending {
        std::function<void(const call_end&)> function;
        std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    };

    std::vector<ending> endings;
    std::vector<std::function<void(std::string_view, const nats::headers&)>> answer_watchers;
    std::optional<trace_context> trace;
    bool streamed = false;

    /// Null when there are none, or the request was moved from.
    static call_notes* of(const request& req) noexcept;
    static const request& of(const event& seen) noexcept { return *seen.request_; }
    /// The name of the service whose handler has it.
    static const std::string& service_of(const request& req) noexcept { return req.call_.service(); }
    static const std::string& service_of(const event& seen) noexcept { return service_of(of(seen)); }
    /// Null only for a request that was moved from.
    static call_notes* make(request& req);

    // for the call
    void answered(std::string_view payload, const nats::headers* headers) noexcept;
    void answered_otherwise() noexcept { streamed = true; }  // in a stream, which answer watchers do not see
    void end(int status, bool failed) noexcept;
};

}  // namespace mote::micro::detail
