#pragma once

#include <mote/micro/request.hpp>
#include <mote/nats/headers.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::micro {

inline constexpr std::string_view traceparent_header = "traceparent";
inline constexpr std::string_view tracestate_header = "tracestate";

/// Where in a distributed trace something happens (W3C Trace Context; docs/protocol.md, "Trace context").
///
///     asio::awaitable<void> handler(mote::request req) {
///         mote::micro::call_options opts;
///         if (const auto trace = mote::micro::trace_of(req)) mote::micro::inject(opts.headers, *trace);
///         ...                                           // calls with opts belong to the same trace
///
/// A plain value.
struct trace_context {
    std::array<std::uint8_t, 16> trace_id{};  ///< of the whole trace; not all zero
    std::array<std::uint8_t, 8> span_id{};    ///< of the one step in it that this is; not all zero
    bool sampled = false;                     ///< somebody records this trace
    bool random_id = false;                   ///< the low 7 bytes of `trace_id` are random (level 2)
    std::string state{};                      ///< a valid `tracestate`, handed on as it came; mostly empty

    bool operator==(const trace_context&) const = default;

    /// Reads `traceparent`, strictly for version 00; of a higher version its first four fields, as the standard says.
    /// Nothing for one that is not valid. A `tracestate` that is not valid is left out alone.
    static std::optional<trace_context> parse(std::string_view traceparent, std::string_view tracestate = {});
    /// A new trace, with ids of the system's random source.
    static trace_context root(bool sampled = true);
    /// A new step in the same trace.
    trace_context child() const;

    /// As version 00: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`.
    std::string traceparent() const;
    std::string trace_id_hex() const;
    std::string span_id_hex() const;
};

/// What headers carry. Names are compared without their case here, as many write `Traceparent`. Several `tracestate` are
/// put together; nothing when there are several `traceparent`.
std::optional<trace_context> trace_in(const nats::headers_view& headers);
std::optional<trace_context> trace_in(const nats::headers& headers);
/// Sets the headers, in place of those that are there.
void inject(nats::headers& headers, const trace_context& trace);

/// The trace that a handler works for: its own span where there is the middleware `tracing`, else what the caller sent.
std::optional<trace_context> trace_of(const request& req);
std::optional<trace_context> trace_of(const event& seen);

}  // namespace mote::micro
