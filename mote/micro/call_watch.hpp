#pragma once

#include <mote/micro/request.hpp>

#include <chrono>
#include <functional>
#include <string_view>

namespace mote::micro {

/// How a call has ended.
struct call_end {
    int status = 0;  ///< 200, that of a service error, 499 when the caller had gone; 0: nothing was answered (an event)
    bool failed = false;              ///< it is counted as an error
    bool streamed = false;            ///< there were replies in a stream, which `on_answer` does not see
    std::chrono::nanoseconds took{};  ///< since `at_end`
};

/// Has `function` called once, when the call has ended: its handler has ended and it is answered and counted. So it
/// tells of requests too that a handler keeps to answer them later, for which `after` comes too early. Runs on the
/// executor of the connection; the request is gone by then, so take what is needed of it before. What it throws is
/// dropped. Does nothing for a request that was moved from.
void at_end(request& req, std::function<void(const call_end&)> function);

/// Has `function` called with each reply of the handler that is no service error, when it has been handed to the
/// connection, on the thread that answered. What it throws is dropped. Does nothing for a request that was moved from.
void on_answer(request& req, std::function<void(std::string_view payload, const nats::headers& headers)> function);

}  // namespace mote::micro
