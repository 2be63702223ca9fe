#pragma once

#include <mote/nats/async_event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

namespace hackernews {

/// A number of places that coroutines of one executor take turns with, first come, first served.
///
///     const auto place = co_await places.take(limit);   // nothing when the time is over; given back when destroyed
class slots {
public:
    class place {
    public:
        explicit place(std::shared_ptr<slots> of) : of_(std::move(of)) {}
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (of_) of_->give_back();
        }

    private:
        std::shared_ptr<slots> of_;
    };

    slots(boost::asio::any_io_executor executor, std::size_t count) : executor_(std::move(executor)), free_(count) {}

    static boost::asio::awaitable<std::optional<place>> take(std::shared_ptr<slots> of,
                                                             std::chrono::nanoseconds patience);

private:
    void give_back();

    boost::asio::any_io_executor executor_;
    std::size_t free_;
    std::deque<mote::nats::async_event*> line_;  // each in the frame of its coroutine, taken out when its turn comes
};

}  // namespace hackernews
