#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace mote::testing::detail {

/// How a child runs, besides its arguments.
struct process_options {
    std::map<std::string, std::string> env;  // added to this process's environment, or replacing what is there
    std::vector<std::string> unset;          // names taken out of it
    std::filesystem::path cwd;               // empty: this process's
    std::string input;                       // all that stdin gives before its end
    int terminal = -1;  // becomes its controlling terminal, its stdin, stdout and stderr: see pty.hpp
};

/// How a child ended.
struct exit_status {
    int code = 0;    // the exit code, or 128 + signal as a shell says it
    int signal = 0;  // the signal that ended it, or 0
    bool operator==(const exit_status&) const = default;
};

/// A child process with its stdout and stderr collected, so that it never blocks on them. It cannot outlive this object,
/// nor this process: the kernel kills it when the thread that keeps it is gone. Nothing but stdin, stdout and stderr is
/// inherited. All functions may be called from any thread.
class process {
public:
    /// Starts `argv[0]` (looked up as `find_program` does when it has no slash). Throws `std::system_error` when it cannot.
    explicit process(std::vector<std::string> argv, process_options options = {});
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    /// Ends the child as `terminate` does.
    ~process();

    pid_t pid() const noexcept;
    bool running() const;

    /// What the child wrote so far: stdout and stderr in the order of arrival, or one of them.
    std::string output() const;
    std::string out() const;
    std::string err() const;

    /// Waits until `output()` contains `text`. False when the time is over, or when the child ended without writing it.
    bool wait_for_output(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

    /// Waits for the end; nothing when the time is over. All that the child wrote is in `output()` by then.
    std::optional<exit_status> wait(std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

    /// Sends a signal; does nothing when the child has ended.
    void kill(int signal) const;

    /// SIGTERM, then SIGKILL when that was not enough within `grace`.
    exit_status terminate(std::chrono::milliseconds grace = std::chrono::seconds(5)) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// What a program that ran to its end left behind.
struct run_result {
    int exit_code = 0;  // as `exit_status::code`
    std::string out;
    std::string err;
    bool timed_out = false;  // it was killed because the time was over
};

/// Runs a program to its end, or kills it when the time is over.
run_result run(std::vector<std::string> argv, process_options options = {},
               std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace mote::testing::detail
