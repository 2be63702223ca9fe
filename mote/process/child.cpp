#include <mote/process/child.hpp>

#include <mote/process/detail/local_process.hpp>
#include <mote/process/detail/pipes.hpp>

#include <utility>

namespace mote::process {

child child::start(boost::asio::any_io_executor executor, const command& what) try {
    detail::ignore_broken_pipes();
    detail::check_command(what);
    detail::pipes pipes(what);
    const auto state = std::make_shared<detail::local_process>(executor, what.plan != nullptr);
    pipes.give_ours(*state);
    state->adopt(detail::start_process(what, pipes.theirs()));
    return child(state);
} catch (const boost::system::system_error& failed) {
    // Asio's own, when the loop cannot have one more descriptor.
    if (failed.code().category() == process_category()) throw;
    throw_error(errc::cannot_start, failed.what());
}

child::child(std::shared_ptr<detail::running> state) noexcept : state_(std::move(state)) {}

child& child::operator=(child&& other) noexcept {
    if (this == &other) return *this;
    if (state_) state_->abandon();
    state_ = std::move(other.state_);
    return *this;
}

child::~child() {
    if (state_) state_->abandon();
}

pid_t child::pid() const noexcept { return state_->pid(); }

boost::asio::posix::stream_descriptor& child::input() noexcept { return state_->input; }
boost::asio::posix::stream_descriptor& child::output() noexcept { return state_->output; }
boost::asio::posix::stream_descriptor& child::error() noexcept { return state_->error; }

const std::optional<exit_status>& child::status() const noexcept { return state_->status(); }

boost::asio::awaitable<exit_status> child::wait() { return detail::running::wait(state_); }

void child::signal(int number) noexcept { state_->signal(number); }

boost::asio::awaitable<exit_status> child::stop(std::chrono::milliseconds grace) {
    return detail::running::stop(state_, grace);
}

}  // namespace mote::process
