#pragma once

#include <mote/micro/service.hpp>
#include <mote/nats/connection.hpp>

#include <chrono>
#include <memory>

namespace mote::test {

// The twins of the services whose bytes were recorded of nats.go: the same names, subjects, metadata and handlers.

/// 31 endpoints, one for each thing that a handler can do. `slow_for` is how long the endpoint `slow` takes.
std::unique_ptr<micro::service> conformance_service(
    const nats::connection& connection, std::chrono::milliseconds slow_for = std::chrono::milliseconds(100));
/// No endpoints, no description, no metadata.
std::unique_ptr<micro::service> minimal_service(const nats::connection& connection);
/// A queue group for all, and an endpoint that is there twice.
std::unique_ptr<micro::service> cfg_service(const nats::connection& connection);

}  // namespace mote::test
