#pragma once

#include <mote/process/child.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

namespace mote::process {

namespace detail {
class spawn_client;
}

/// Starts many short processes inside one sandbox that is set up once.
///
///     command server{.program = "/run/spawn", .arguments = {"spawn-server"}};   // calls run_spawn_server(0)
///     box.read_only.emplace_back("/proc/self/exe", "/run/spawn");
///     auto spawn = spawner::start(executor, in_sandbox(server, box));
///     child one = co_await spawn.run(command{.program = "cat", ...});
///
/// A `child` from it is as any other, but that its pid is the sandbox's. When the server ends, all that it started are
/// killed: they have ended by SIGKILL, and calls of `run` that wait throw. One executor, one thread.
class spawner {
public:
    /// Starts the server: a command, in a sandbox or not, whose program calls `run_spawn_server(0)`. Its stdin is ours;
    /// `output` and `error` may not be pipes. Throws as `child::start`. Its group's limits are those of all it starts.
    /// It is killed when a command waits to be started and it says nothing for `patience`: what it starts may stop it.
    static spawner start(boost::asio::any_io_executor executor, command server,
                         std::chrono::milliseconds patience = std::chrono::seconds(30));
    spawner(spawner&&) noexcept = default;
    spawner& operator=(spawner&& other) noexcept;
    /// Kills the server and all that it started.
    ~spawner();

    /// Starts a command there: its paths, its PATH and its directory (empty: the server's) are the sandbox's. `inherit` is
    /// the server's stream (for stdin: /dev/null); `group`, `descriptors` and `plan` must be empty. Throws as `child::start`, and
    /// `errc::cannot_start` when the server ended or 10,000 calls wait, `errc::no_answer` when it is not started by `until`.
    /// What is started after that, or after a cancellation, is killed.
    boost::asio::awaitable<child> run(
        command what, std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());

    bool running() const noexcept;          ///< false once the server has ended
    bool silent() const noexcept;           ///< it was killed as it said nothing
    std::size_t children() const noexcept;  ///< started and not yet ended
    boost::asio::awaitable<void> ended();   ///< waits for the server's end; cancellable
    pid_t pid() const noexcept;             ///< of the server, or of the sandbox around it

private:
    explicit spawner(std::shared_ptr<detail::spawn_client> client) noexcept;
    std::shared_ptr<detail::spawn_client> client_;
};

/// The server's side, for a program that a `spawner` starts: serves until the other side of the socket `fd` is closed, then
/// kills what it started. Returns the exit code for main. Call it first thing in main: one thread, no other children.
int run_spawn_server(int fd);

}  // namespace mote::process
