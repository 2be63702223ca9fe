#include <mote/nats/async_event.hpp>

#include <mote/nats/detail/deadline.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace mote::nats {

namespace asio = boost::asio;

asio::awaitable<bool> async_event::wait_until(std::chrono::steady_clock::time_point deadline) {
    if (!set_) {
        timer_.expires_at(deadline);
        const auto [ended] = co_await timer_.async_wait(asio::as_tuple(asio::deferred));
        if (ended && !set_) throw boost::system::system_error(ended);
    }
    co_return std::exchange(set_, false);
}

asio::awaitable<bool> async_event::wait_for(std::chrono::nanoseconds timeout) {
    return wait_until(detail::deadline_after(timeout));
}

}  // namespace mote::nats
