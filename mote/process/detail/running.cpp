#include <mote/process/detail/running.hpp>

#include <boost/asio/steady_timer.hpp>
#include <csignal>

namespace mote::process::detail {

namespace asio = boost::asio;

void running::finish(exit_status status) noexcept {
    if (status_) return;
    status_ = status;
    ended_.open();
}

void running::abandon() noexcept {
    signal(SIGKILL);
    boost::system::error_code ignored;
    for (auto* end : {&input, &output, &error}) end->close(ignored);
}

asio::awaitable<exit_status> running::wait(std::shared_ptr<running> self) {
    co_await self->ended_.wait();
    co_return *self->status_;
}

asio::awaitable<exit_status> running::stop(std::shared_ptr<running> self, std::chrono::milliseconds grace) {
    self->signal(SIGTERM);
    // Kills when the time is over, also when this coroutine is cancelled meanwhile.
    asio::steady_timer over(self->input.get_executor(), grace);
    over.async_wait([self](boost::system::error_code failed) {
        if (!failed) self->signal(SIGKILL);
    });
    co_return co_await wait(self);
}

}  // namespace mote::process::detail
