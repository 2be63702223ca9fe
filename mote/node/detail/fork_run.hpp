#pragma once

#include <mote/micro/service_error.hpp>
#include <mote/node/detail/function_call.hpp>
#include <mote/node/watchdog_settings.hpp>
#include <mote/process/child.hpp>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// A line for the function's log.
using log_line = std::function<void(std::string_view)>;
/// What is known of why a process has just failed, behind how it ended; empty: nothing.
using failure_note = std::function<std::string(const process::exit_status&)>;

/// Answers a call by a process that was started for it: feeds the body, reads the output, waits for the end. The whole
/// output, which may be of `max_output` bytes, is the answer with `classic` and `serializing`; it is passed on as it comes with `streaming`. Kills the process
/// when the call's deadline has passed or who awaits this is cancelled; what the process left behind, with its output still
/// open, is not waited for. Throws `micro::service_error`.
boost::asio::awaitable<void> run_for_call(process::child process, std::shared_ptr<function_call> call,
                                          watchdog_settings settings, std::size_t max_output, log_line log,
                                          failure_note why);

/// What is answered when the call's deadline has passed.
micro::service_error too_late(run_mode mode);

/// Date and time as the watchdogs write them before a line of the log, with a blank behind.
std::string log_time();

}  // namespace mote::node::detail
