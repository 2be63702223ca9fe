#include <mote/micro/detail/hedge.hpp>

#include <mote/nats/async_event.hpp>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

/// Questions side by side.
struct race {
    explicit race(const asio::any_io_executor& executor) : changed(executor) {}

    std::optional<nats::message> won;
    std::array<std::exception_ptr, 2> failed;
    std::array<asio::cancellation_signal, 2> given_up;
    std::size_t running = 0;
    nats::async_event changed;

    bool over() const noexcept { return won || running == 0; }
    void give_up() {
        for (auto& each : given_up) each.emit(asio::cancellation_type::terminal);
    }
};

void enter(const std::shared_ptr<race>& all, std::size_t index, const asio::any_io_executor& executor,
           asio::awaitable<nats::message> asked) {
    ++all->running;
    auto ended = [all, index](const std::exception_ptr& failed, nats::message reply) {
        --all->running;
        all->failed[index] = failed;
        if (!failed && !all->won) all->won = std::move(reply);
        if (all->over()) all->changed.set();
    };
    asio::co_spawn(executor, std::move(asked),
                   asio::bind_cancellation_slot(all->given_up[index].slot(), std::move(ended)));
}

/// A question that cannot be asked takes nothing from the first, which may still be answered.
void enter_again(const std::shared_ptr<race>& all, const asio::any_io_executor& executor,
                 const std::function<asio::awaitable<nats::message>()>& again) {
    try {
        enter(all, 1, executor, again());
    } catch (const boost::system::system_error& failed) {
        all->failed[1] = std::make_exception_ptr(failed);
    }
}

}  // namespace

asio::awaitable<nats::message> hedged(asio::any_io_executor executor, asio::awaitable<nats::message> first,
                                      std::chrono::nanoseconds delay,
                                      std::function<asio::awaitable<nats::message>()> again) {
    const auto all = std::make_shared<race>(executor);
    enter(all, 0, executor, std::move(first));
    try {
        const bool in_time = co_await all->changed.wait_for(delay);
        if (!in_time && !all->over()) enter_again(all, executor, again);
        while (!all->over()) co_await all->changed.wait_until(std::chrono::steady_clock::time_point::max());
    } catch (...) {
        all->give_up();
        throw;
    }
    if (!all->won) std::rethrow_exception(all->failed[0]);
    all->give_up();
    co_return std::move(*all->won);
}

}  // namespace mote::micro::detail
