#pragma once

#include <mote/micro/trace_context.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mote::micro {

/// The numbers are those of OTLP.
enum class span_kind { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

/// One finished step of a trace.
struct span {
    trace_context context{};
    std::optional<std::array<std::uint8_t, 8>> parent{};  ///< nothing: the trace begins here
    bool remote_parent = false;                           ///< the parent is of another process
    std::string name{};
    span_kind kind = span_kind::internal;
    std::chrono::system_clock::time_point started{};
    std::chrono::nanoseconds took{};
    std::vector<std::pair<std::string, std::variant<std::string, std::int64_t>>> attributes{};
    bool failed = false;
};

/// Takes finished spans. Called on the executor of the connection.
using span_sink = std::function<void(span)>;

}  // namespace mote::micro
