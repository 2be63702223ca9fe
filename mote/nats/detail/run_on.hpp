#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace mote::nats::detail {

/// Brings what a coroutine came to back to the executor of who awaits it. (co_spawn with use_awaitable would do; but its
/// thread still holds the other loop's executor when that loop may already have gone, with all that it waited for.)
template <class Handler>
class way_back {
public:
    explicit way_back(Handler handler)
        : handler_(std::move(handler)),
          executor_(boost::asio::get_associated_executor(handler_)),
          work_(executor_),
          left_(std::make_shared<std::atomic<bool>>(false)) {}

    template <class... Results>
    void operator()(Results... results) {
        const auto left = left_;
        boost::asio::post(
            executor_, [handler = std::move(handler_), left, held = std::make_tuple(std::move(results)...)]() mutable {
                left->wait(false);  // a moment: until the other thread has nothing of this loop any more
                std::apply(std::move(handler), std::move(held));
            });
        work_.reset();
        left->store(true);
        left->notify_one();
    }

private:
    Handler handler_;
    boost::asio::associated_executor_t<Handler> executor_;
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
    std::shared_ptr<std::atomic<bool>> left_;
};

/// What cancels work on another loop. It is used there alone: whoever awaits the work posts its wish.
using shared_signal = std::shared_ptr<boost::asio::cancellation_signal>;

/// Lets who awaits `handler` cancel what runs on `there`; null where nobody can. (co_spawn would keep its own half of it in
/// the slot of the caller, who may go on and use the slot again while the other thread is still about to cancel.)
template <class Handler>
shared_signal cancelled_by(const Handler& handler, const boost::asio::any_io_executor& there) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected()) return nullptr;
    auto signal = std::make_shared<boost::asio::cancellation_signal>();
    slot.assign([signal, there](boost::asio::cancellation_type type) {
        boost::asio::post(there, [signal, type] { signal->emit(type); });
    });
    return signal;
}

/// The end of the work, with what cancels it before. It has no executor of its own, and is not wrapped to have one or a slot:
/// else co_spawn cancels by one dispatch more, of a raw pointer.
template <class Handler>
class end_of_work {
public:
    using cancellation_slot_type = boost::asio::cancellation_slot;

    end_of_work(Handler handler, shared_signal signal) : back_(std::move(handler)), signal_(std::move(signal)) {}

    cancellation_slot_type get_cancellation_slot() const noexcept {
        return signal_ == nullptr ? cancellation_slot_type() : signal_->slot();
    }
    template <class... Results>
    void operator()(Results... results) {
        back_(std::move(results)...);
    }

private:
    way_back<Handler> back_;
    shared_signal signal_;
};

template <class T>
struct outcome {
    using signature = void(std::exception_ptr, T);
};
template <>
struct outcome<void> {
    using signature = void(std::exception_ptr);
};

/// Runs `work` on `executor`; whoever awaits it goes on where it was, and cancels it when it is cancelled. Its loop has to
/// run until then.
template <class T>
boost::asio::awaitable<T> run_on(boost::asio::any_io_executor executor, boost::asio::awaitable<T> work) {
    auto begin = [](auto handler, boost::asio::any_io_executor there, boost::asio::awaitable<T> what) {
        auto signal = cancelled_by(handler, there);
        boost::asio::co_spawn(there, std::move(what), end_of_work(std::move(handler), std::move(signal)));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, typename outcome<T>::signature>(
        begin, boost::asio::use_awaitable, std::move(executor), std::move(work));
}

}  // namespace mote::nats::detail
