#pragma once

#include <mote/process/child.hpp>
#include <mote/process/detail/latch.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>

namespace mote::process::detail {

/// What a `child` and those that wait for its end share. How it is started and signalled, the derived classes know.
class running : public std::enable_shared_from_this<running> {
public:
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    virtual ~running() = default;

    static child make_child(std::shared_ptr<running> state) noexcept { return child(std::move(state)); }
    static boost::asio::awaitable<exit_status> wait(std::shared_ptr<running> self);
    static boost::asio::awaitable<exit_status> stop(std::shared_ptr<running> self, std::chrono::milliseconds grace);

    /// To the whole group; nothing when it has ended.
    void signal(int number) noexcept {
        if (!status_) send(number);
    }

    /// The child's object is gone: kills, closes the pipes.
    void abandon() noexcept;

    const std::optional<exit_status>& status() const noexcept { return status_; }
    pid_t pid() const noexcept { return pid_; }

    boost::asio::posix::stream_descriptor input, output, error;

protected:
    explicit running(const boost::asio::any_io_executor& executor)
        : input(executor), output(executor), error(executor), ended_(executor) {}

    /// It has ended; wakes those that wait. Only the first call counts.
    void finish(exit_status status) noexcept;

    virtual void send(int number) noexcept = 0;

    void set_pid(pid_t pid) noexcept { pid_ = pid; }

private:
    pid_t pid_ = -1;
    std::optional<exit_status> status_;
    latch ended_;
};

}  // namespace mote::process::detail
