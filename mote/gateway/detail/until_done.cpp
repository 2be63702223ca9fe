#include <mote/gateway/detail/until_done.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds before_again{1};
constexpr std::chrono::seconds longest_stop{5};

}  // namespace

void until_done::begin() {
    if (running_ || stopped_) return;
    running_ = true;
    ended_.reset();
    asio::co_spawn(executor_, run(shared_from_this()),
                   asio::bind_cancellation_slot(cancel_.slot(), [self = shared_from_this()](const std::exception_ptr&) {
                       self->running_ = false;
                       self->ended_.set();
                   }));
}

asio::awaitable<void> until_done::run(std::shared_ptr<until_done> self) {
    while (!self->stopped_) {
        bool failed = false;
        try {
            co_await self->work_();
        } catch (const boost::system::system_error&) {
            failed = true;
        }
        if (!failed || self->stopped_) co_return;
        asio::steady_timer pause(co_await asio::this_coro::executor, before_again);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> until_done::stop() {
    const auto self = shared_from_this();
    self->stopped_ = true;
    self->cancel_.emit(asio::cancellation_type::terminal);
    if (self->running_) co_await self->ended_.wait_for(longest_stop);
}

}  // namespace mote::gateway::detail
