#pragma once

#include <mote/process/detail/running.hpp>
#include <mote/process/detail/start.hpp>

namespace mote::process::detail {

/// A child of this process, reaped when its pidfd says that it is dead.
class local_process final : public running {
public:
    /// `sandboxed`: the process is bubblewrap, which signals would end before the program inside hears of them.
    local_process(const boost::asio::any_io_executor& executor, bool sandboxed)
        : running(executor), pidfd_(executor), sandboxed_(sandboxed) {}
    /// The loop is gone: kills and reaps, which takes as long as the kernel needs for the kill.
    ~local_process() override;

    /// Keeps it from now on. When that fails, it is killed and gone, and this throws `errc::cannot_start`.
    void adopt(started process);

private:
    void send(int number) noexcept override;
    void reap() noexcept;
    void kill_all() noexcept;
    void kill_and_reap() noexcept;
    bool signal_inside(int number) const noexcept;

    boost::asio::posix::stream_descriptor pidfd_;
    bool sandboxed_;
};

}  // namespace mote::process::detail
