#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace mote::command {

/// What a child process is started with.
struct child_options {
    std::filesystem::path program{};
    std::vector<std::string> arguments{};                          ///< without the program's name
    std::vector<std::pair<std::string, std::string>> variables{};  ///< beside, or in place of, this process's
    std::filesystem::path log{};                                   ///< gets its standard output and error; replaced
    int keep_open = -1;  ///< a descriptor that it inherits, besides the usual three
};

/// A child process that ends when this process does, also when this process is killed: the kernel sends it SIGTERM then.
/// It is in a process group of its own, so that Ctrl-C reaches this process alone, which ends it in good order.
class child {
public:
    /// Throws `std::system_error`. A program that cannot be executed is a child that ended with 127 and logged why.
    child(boost::asio::any_io_executor executor, const child_options& options);
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    /// SIGTERM; SIGKILL when that was not enough. Waits for the end.
    ~child();

    pid_t pid() const noexcept;
    bool ended() const noexcept;
    /// `exit code 1`, `signal 9`; empty while it runs.
    std::string how_it_ended() const;
    /// Called on the executor when it has ended by itself; replaces what was set before.
    void when_ended(std::function<void()> handler);

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace mote::command
