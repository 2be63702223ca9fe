#pragma once

#include <mote/micro/middleware.hpp>
#include <mote/micro/span.hpp>
#include <mote/micro/trace_context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mote::micro {

/// Makes a span of each request and gives it to `sink` when the request has ended. The caller's `traceparent` is its
/// parent; without one a new trace begins. `trace_of(request)` is the span's context. A trace whose caller does not
/// record it (the sampled flag is 0) is handed on but makes no spans. docs/protocol.md says what a span holds. Throws
/// std::invalid_argument for an empty sink.
middleware tracing(std::string service_name, span_sink sink);

/// Sends spans to an OpenTelemetry collector, by OTLP over HTTP in JSON, where the environment says so:
/// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (the whole URL) or `OTEL_EXPORTER_OTLP_ENDPOINT` (with `/v1/traces` added);
/// also `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, `OTEL_SERVICE_NAME`,
/// `OTEL_RESOURCE_ATTRIBUTES`. `OTEL_SDK_DISABLED=true` and an `OTEL_TRACES_EXPORTER` other than `otlp` turn it off.
///
/// Never waits and never throws where requests are served: up to 2048 spans wait, more are dropped and counted. They
/// leave after 5 s, or as soon as there are 512. A handle; what does not say `any thread` is for the executor.
class trace_exporter {
public:
    /// Nothing when the environment names no collector, and, with one line on standard error that says why, for one that
    /// cannot be used: a URL that is neither `http://` nor `https://`, the protocol `grpc`.
    static std::optional<trace_exporter> from_environment(boost::asio::any_io_executor executor,
                                                          std::string service_name);

    /// `tracing` with this exporter; any thread.
    micro::middleware middleware() const;
    /// What takes spans to this exporter, for `client_options::spans`; any thread.
    span_sink sink() const;
    /// Sends what waits now, without trying again where that fails; returns when it is done, or after `timeout`. For
    /// the end of a program: after the service has stopped. On the executor.
    boost::asio::awaitable<void> flush(std::chrono::nanoseconds timeout = std::chrono::seconds(2)) const;
    /// How many spans were lost: there was no place, or the collector did not take them. Any thread.
    std::uint64_t dropped() const noexcept;

private:
    struct state;
    explicit trace_exporter(std::shared_ptr<state> made) : state_(std::move(made)) {}
    std::shared_ptr<state> state_;
};

/// `tracing` with an exporter of the environment, without a way to flush it; nothing as `trace_exporter` says.
std::optional<middleware> tracing_from_environment(boost::asio::any_io_executor executor, std::string service_name);

}  // namespace mote::micro
