#pragma once

#include <mote/testing/detail/process.hpp>
#include <mote/testing/detail/unique_fd.hpp>

#include <string>
#include <sys/types.h>
#include <vector>

namespace mote::testing::detail {

/// A child that runs, and our ends of its pipes. `process` is what tests use.
struct started_child {
    pid_t pid = -1;
    unique_fd pidfd;  // readable when it has ended
    unique_fd out;    // non-blocking
    unique_fd err;    // non-blocking
};

/// Forks and executes. The child gets SIGKILL when the calling thread ends. Throws `std::system_error` when the program
/// cannot be executed.
started_child start_child(const std::vector<std::string>& argv, const process_options& options);

}  // namespace mote::testing::detail
