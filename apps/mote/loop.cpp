#include <apps/mote/loop.hpp>

#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <utility>

namespace mote::command {

namespace asio = boost::asio;

// Of an exact type: g++ 12 breaks a coroutine whose condition awaits with a temporary.
static constexpr std::chrono::nanoseconds a_while = std::chrono::hours(24);

loop::loop() : signals_(context_, SIGINT, SIGTERM, SIGHUP), interruption_(context_.get_executor()) {}

exit_code loop::run(asio::awaitable<exit_code> work) {
    watch_signals();
    asio::co_spawn(context_, std::move(work), [this](const std::exception_ptr& failed, exit_code code) {
        if (ended_) return;
        end(failed ? explain(failed) : code);
    });
    context_.run();
    return code_;
}

asio::awaitable<void> loop::interrupted() {
    awaited_ = true;
    bool told = false;
    while (!told) told = co_await interruption_.wait_for(a_while);
}

void loop::on_interrupt(std::function<void()> then) {
    awaited_ = true;
    at_interrupt_ = std::move(then);
}

void loop::fail(const std::exception_ptr& cause) {
    if (!ended_) end(explain(cause));
}

void loop::watch_signals() {
    signals_.async_wait([this](const boost::system::error_code& failed, int) {
        if (failed) return;
        if (!std::exchange(awaited_, false)) return end(exit_code::interrupted);
        interruption_.set();
        watch_signals();
        if (at_interrupt_) std::exchange(at_interrupt_, nullptr)();
    });
}

void loop::end(exit_code code) {
    ended_ = true;
    code_ = code;
    context_.stop();
}

}  // namespace mote::command
