#pragma once

#include <mote/process/command.hpp>
#include <mote/process/error.hpp>
#include <mote/process/exit_status.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <sys/types.h>

namespace mote::process {

namespace detail {
class running;
}

/// A child process, in a session and a process group of its own.
///
///     command echo{.program = "cat", .input = stream::pipe, .output = stream::pipe};
///     auto cat = child::start(executor, echo);
///     co_await asio::async_write(cat.input(), asio::buffer("hello"sv));
///     cat.input().close();
///     ... async_read_some of cat.output() until asio::error::eof ...
///     const exit_status status = co_await cat.wait();
///
/// When the process ends, what is left of its group is killed at once, so that nothing holds its pipes open. It cannot
/// outlive its parent: the kernel kills it when the thread that started it ends, however that ends. A process that made a
/// group of its own escapes both, but not a sandbox nor `control_group::kill_all`.
///
/// One executor, one thread: start, use and destroy it on `executor`'s, whose thread must live as long as the child. The
/// process must not ignore SIGCHLD, nor reap children that are not its own; SIGPIPE becomes ignored at the first start.
class child {
public:
    /// Starts it. The loop stands for the time of a fork and an exec. Throws `errc::bad_command`, `errc::program_not_found`
    /// or `errc::cannot_start` (the text has the step and the reason); then nothing of it is left.
    static child start(boost::asio::any_io_executor executor, const command& what);
    child(child&&) noexcept = default;
    child& operator=(child&& other) noexcept;
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    /// Kills the whole group with SIGKILL and closes the pipes; the loop reaps it when it is dead, or the destructor of
    /// the loop does.
    ~child();

    /// As this process sees it; of a `spawner`'s child: as its sandbox sees it.
    pid_t pid() const noexcept;

    /// This side's ends of the pipes, non-blocking. Only for a `stream::pipe` of the command. They may be closed, and stay
    /// where they are when the child is moved.
    boost::asio::posix::stream_descriptor& input() noexcept;
    boost::asio::posix::stream_descriptor& output() noexcept;
    boost::asio::posix::stream_descriptor& error() noexcept;

    /// Its end, or nothing while it runs.
    const std::optional<exit_status>& status() const noexcept;

    /// Waits for its end; any number of waiters. The pipes may hold more to read by then. Cancellable. Destroying the child
    /// kills it, so it ends the waiters too.
    boost::asio::awaitable<exit_status> wait();

    /// Sends a signal to its whole group (in a sandbox: to all in the group of the program); nothing when it has ended.
    void signal(int number) noexcept;

    /// SIGTERM to the group, and SIGKILL when it has not ended within `grace`. Returns how it ended.
    boost::asio::awaitable<exit_status> stop(std::chrono::milliseconds grace);

private:
    friend class detail::running;
    explicit child(std::shared_ptr<detail::running> state) noexcept;
    std::shared_ptr<detail::running> state_;
};

}  // namespace mote::process
