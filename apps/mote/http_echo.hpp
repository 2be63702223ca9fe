#pragma once

namespace mote::command {

/// Answers HTTP on 127.0.0.1 and the port of the variable PORT with the body it got, until SIGTERM or SIGINT: the program
/// that nodes run for the image `functions/http-echo`. Returns the exit code: 0, 1 where it cannot listen, 2 without a port.
int run_http_echo();

}  // namespace mote::command
