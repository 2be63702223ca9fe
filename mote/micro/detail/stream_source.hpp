#pragma once

#include <mote/nats/headers.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <coroutine>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace mote::micro::detail {

template <class U>
class stream_wait;
class executor_wait;

/// What the coroutine of a `reply_stream` shows to who runs it. It never waits by itself: what it awaits is handed out, and
/// whoever runs it awaits that in its place. So nothing ever resumes a coroutine that is gone.
struct stream_promise {
    std::string item;                                  // of the last `co_yield`, encoded
    nats::headers headers;                             // of that item; mostly none
    std::optional<boost::asio::awaitable<void>> wait;  // what it awaits now
    boost::asio::any_io_executor executor;             // where it runs
    std::exception_ptr failed;                         // why it ended

    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { failed = std::current_exception(); }

    template <class U>
    stream_wait<U> await_transform(boost::asio::awaitable<U> work) {
        return stream_wait<U>(*this, std::move(work));
    }
    executor_wait await_transform(boost::asio::this_coro::executor_t) const;
};

/// Awaits `work` for a stream's coroutine. It lies in that coroutine's frame, which outlives the wait.
template <class U>
class stream_wait {
public:
    stream_wait(stream_promise& promise, boost::asio::awaitable<U> work) : promise_(&promise), work_(std::move(work)) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) { promise_->wait.emplace(run(std::move(work_), this)); }
    U await_resume() {
        if (failed_) std::rethrow_exception(failed_);
        if constexpr (!std::is_void_v<U>) return std::move(*result_);
    }

private:
    static boost::asio::awaitable<void> run(boost::asio::awaitable<U> work, stream_wait* into) {
        try {
            if constexpr (std::is_void_v<U>) {
                co_await std::move(work);
            } else {
                U result = co_await std::move(work);
                into->result_.emplace(std::move(result));
            }
        } catch (...) {
            into->failed_ = std::current_exception();
        }
    }

    stream_promise* promise_;
    boost::asio::awaitable<U> work_;
    std::optional<std::conditional_t<std::is_void_v<U>, std::monostate, U>> result_;
    std::exception_ptr failed_;
};

class executor_wait {
public:
    explicit executor_wait(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    boost::asio::any_io_executor await_resume() noexcept { return std::move(executor_); }

private:
    boost::asio::any_io_executor executor_;
};

inline executor_wait stream_promise::await_transform(boost::asio::this_coro::executor_t) const {
    return executor_wait(executor);
}

/// Owns a suspended stream coroutine, whatever its items are. Destroying it ends the coroutine where it stands.
class stream_source {
public:
    stream_source(std::coroutine_handle<> frame, stream_promise& promise) noexcept
        : frame_(frame), promise_(&promise) {}
    stream_source(stream_source&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)), promise_(std::exchange(other.promise_, nullptr)) {}
    stream_source& operator=(stream_source&&) = delete;
    ~stream_source() {
        if (!frame_) return;
        promise_->wait.reset();  // it looks into the frame
        frame_.destroy();
    }

    void run_on(const boost::asio::any_io_executor& executor) const { promise_->executor = executor; }
    /// Runs it until it has an item, waits or ends.
    void resume() const { frame_.resume(); }
    bool waits() const noexcept { return promise_->wait.has_value(); }
    /// What is to be awaited before the next `resume`.
    boost::asio::awaitable<void> take_wait() const {
        auto work = std::move(*promise_->wait);
        promise_->wait.reset();
        return work;
    }
    bool done() const noexcept { return frame_.done(); }
    const std::string& item() const noexcept { return promise_->item; }
    const nats::headers& headers() const noexcept { return promise_->headers; }  ///< of the item
    /// Throws what ended it, if it did not end by itself.
    void rethrow() const {
        if (promise_->failed) std::rethrow_exception(promise_->failed);
    }

private:
    std::coroutine_handle<> frame_;
    stream_promise* promise_;
};

}  // namespace mote::micro::detail
