#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

namespace mote::process::detail {

/// Something that happens once, and those that wait for it. One executor, one thread.
class latch {
public:
    explicit latch(const boost::asio::any_io_executor& executor) : never_(executor) {
        never_.expires_at(boost::asio::steady_timer::time_point::max());
    }

    bool is_open() const noexcept { return open_; }

    void open() noexcept {
        if (open_) return;
        open_ = true;
        never_.cancel();
    }

    /// Throws `operation_aborted` when cancelled before. The caller keeps the latch alive.
    boost::asio::awaitable<void> wait() {
        while (!open_) {
            co_await never_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
            // The opening and the caller's cancellation look the same but for this.
            if (!open_) throw boost::system::system_error(boost::asio::error::operation_aborted);
        }
    }

private:
    bool open_ = false;
    boost::asio::steady_timer never_;
};

}  // namespace mote::process::detail
