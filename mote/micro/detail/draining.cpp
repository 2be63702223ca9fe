#include <mote/micro/detail/draining.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

struct group {
    explicit group(const asio::any_io_executor& executor) : ended(executor) {}
    std::size_t running = 0;
    std::exception_ptr failed;
    nats::async_event ended;  // the last one

    void one_ended(const std::exception_ptr& how) {
        if (how && !failed) failed = how;
        if (--running == 0) ended.set();
    }
};

asio::awaitable<void> unless_closed(asio::awaitable<void> drain) {
    try {
        co_await std::move(drain);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::closed) throw;
    }
}

}  // namespace

asio::awaitable<void> all_drained(asio::any_io_executor executor, std::vector<asio::awaitable<void>> drains) {
    if (drains.empty()) co_return;
    const auto all = std::make_shared<group>(executor);
    all->running = drains.size();
    for (auto& drain : drains)
        asio::co_spawn(executor, unless_closed(std::move(drain)),
                       [all](const std::exception_ptr& how) { all->one_ended(how); });
    co_await all->ended.wait_until(clock::time_point::max());  // each has a deadline of its own
    if (all->failed) std::rethrow_exception(all->failed);
}

asio::awaitable<void> all_sent(nats::connection connection, clock::time_point deadline) {
    constexpr std::chrono::nanoseconds a_moment = std::chrono::milliseconds(1);
    for (bool sent = false; !sent;) {
        try {
            co_await connection.flush(std::max<std::chrono::nanoseconds>(deadline - clock::now(), a_moment));
            sent = true;
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != nats::errc::disconnected || clock::now() >= deadline) throw;
        }
    }
}

}  // namespace mote::micro::detail
