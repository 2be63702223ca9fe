#pragma once

#include <tests/support/process.hpp>
#include <tests/support/unique_fd.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace mote::test {

/// A child process on a terminal of its own, as if a person had started it there. One thread at a time. It reads what the
/// child writes only inside its waits, so a test ends with one.
class pty_process {
public:
    using milliseconds = std::chrono::milliseconds;

    /// Starts `argv[0]` on a terminal of so many columns. Throws `std::system_error` when it cannot.
    explicit pty_process(std::vector<std::string> argv, process_options options = {}, unsigned short columns = 100);
    pty_process(const pty_process&) = delete;
    pty_process& operator=(const pty_process&) = delete;
    /// Ends the child as `process` does.
    ~pty_process();

    pid_t pid() const noexcept { return process_->pid(); }

    /// All that came to the terminal so far; lines end with CR LF.
    const std::string& output() const noexcept { return output_; }
    /// The same without the CRs.
    std::string text() const;
    /// False when the time is over, or when the child ended without writing it.
    bool wait_for_output(std::string_view text, milliseconds timeout = std::chrono::seconds(10));

    /// What a person types; "\x03" is Ctrl-C.
    void type(std::string_view keys);

    /// Waits for the end, with all output; nothing when the time is over.
    std::optional<exit_status> wait(milliseconds timeout = std::chrono::seconds(10));

private:
    enum class read_result { data, timeout, ended };
    read_result read_more(milliseconds timeout);

    unique_fd terminal_;  // the side of the one who looks
    std::unique_ptr<process> process_;
    std::string output_;
};

}  // namespace mote::test
