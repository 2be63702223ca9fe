#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

namespace mote::functions::detail {

/// How many callbacks of a function may be made at once. On the executor.
class callback_places : public std::enable_shared_from_this<callback_places> {
public:
    callback_places(boost::asio::any_io_executor executor, std::size_t count)
        : executor_(std::move(executor)), free_(count) {}

    /// One of them, given back when it is destroyed. Null when it was moved from, and when there was none.
    class place {
    public:
        place() = default;
        explicit place(std::shared_ptr<callback_places> of) noexcept : of_(std::move(of)) {}
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (of_ != nullptr) of_->give_back();
        }
        explicit operator bool() const noexcept { return of_ != nullptr; }

    private:
        std::shared_ptr<callback_places> of_;
    };

    /// Waits until one is free, in turn with others that wait; none when there was none for so long.
    static boost::asio::awaitable<place> take(std::shared_ptr<callback_places> self, std::chrono::nanoseconds patience);

private:
    struct waiting;
    void give_back() noexcept;

    boost::asio::any_io_executor executor_;
    std::size_t free_;
    std::deque<std::shared_ptr<waiting>> line_;
};

}  // namespace mote::functions::detail
