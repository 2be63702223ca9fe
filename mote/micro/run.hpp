#pragma once

#include <mote/micro/service.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace mote::nats {
struct options;
}

namespace mote::micro {

struct run_options {
    /// Where and how to connect. Empty: `NATS_URL` and the other `NATS_*` variables, then the selected NATS context,
    /// then nats://127.0.0.1:4222, as the `nats` command chooses.
    std::shared_ptr<const nats::options> connection{};
    std::chrono::milliseconds drain_timeout{30000};
};

/// Connects, serves until SIGINT or SIGTERM, drains, and returns the exit code: 0, 1 for an error, 3 when no server
/// could be reached (or the last one is gone and did not come back), 4 when it refused the credentials, 130 for a
/// signal before it served. Errors are one line on standard error. A second signal ends the process at once (130).
/// With `OTEL_EXPORTER_OTLP_ENDPOINT` set each request is traced, as by `trace_exporter` around all other middleware.
/// What a callback throws into the loop is one line on standard error, and the service goes on. Where the options of the
/// connection have no `on_event`, its errors are lines on standard error, too, at most five a second.
/// When the drain takes too long, handlers on other threads may still be at work behind it: what they answer goes nowhere.
int run(service& service, run_options opts);
/// The same with the options as they are by default.
int run(service& service);

}  // namespace mote::micro
