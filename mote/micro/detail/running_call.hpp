#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <utility>

namespace mote::micro::detail {

/// A handler that runs, for a caller who may not wait to its end: what it waits for is cancelled, where it runs. On the
/// connection's executor.
class running_call : public std::enable_shared_from_this<running_call> {
public:
    enum class ending {
        none,       ///< by itself
        expired,    ///< the deadline has passed
        cancelled,  ///< the caller said so
    };

    running_call(const boost::asio::any_io_executor& home, boost::asio::any_io_executor there)
        : timer_(home), there_(std::move(there)) {}

    void end_at(std::chrono::steady_clock::time_point deadline) {
        timer_.expires_at(deadline);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& stopped) {
            const auto self = weak.lock();
            if (!stopped && self != nullptr) self->end(ending::expired);
        });
    }
    /// The first reason counts.
    void end(ending why) {
        if (ending_ != ending::none) return;
        ending_ = why;
        boost::asio::dispatch(there_, [signal = signal_] { signal->emit(boost::asio::cancellation_type::terminal); });
    }
    ending why() const noexcept { return ending_; }
    boost::asio::cancellation_slot slot() const noexcept { return signal_->slot(); }

private:
    boost::asio::steady_timer timer_;
    boost::asio::any_io_executor there_;
    std::shared_ptr<boost::asio::cancellation_signal> signal_ = std::make_shared<boost::asio::cancellation_signal>();
    ending ending_ = ending::none;
};

}  // namespace mote::micro::detail
