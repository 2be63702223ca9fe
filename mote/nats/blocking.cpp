#include <mote/nats/blocking.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

namespace mote::nats {

namespace asio = boost::asio;

namespace detail {
namespace {

/// How long the end waits for what still runs on the loop.
constexpr std::chrono::seconds last_work_wait{2};

}  // namespace

/// A loop and the thread that runs it. The thread shares the loop, so that the last owner may go on that very thread.
struct blocking_loop {
    std::shared_ptr<asio::io_context> context = std::make_shared<asio::io_context>(1);
    asio::executor_work_guard<asio::io_context::executor_type> work{context->get_executor()};
    std::promise<void> over;
    std::future<void> ended = over.get_future();
    std::thread thread;

    blocking_loop() {
        thread = std::thread([running = context, done = std::move(over)]() mutable {
            running->run();
            done.set_value();
        });
    }
    blocking_loop(const blocking_loop&) = delete;
    blocking_loop& operator=(const blocking_loop&) = delete;
    ~blocking_loop() {
        work.reset();
        if (thread.get_id() == std::this_thread::get_id()) {
            thread.detach();
            return;
        }
        if (ended.wait_for(last_work_wait) != std::future_status::ready) context->stop();
        thread.join();
    }
};

}  // namespace detail

blocking_connection::blocking_connection(options opts) : loop_(std::make_shared<detail::blocking_loop>()) {
    async_ =
        asio::co_spawn(loop_->context->get_executor(), connection::connect(std::move(opts)), asio::use_future).get();
}

blocking_connection::blocking_connection(blocking_connection&&) noexcept = default;

blocking_connection& blocking_connection::operator=(blocking_connection&& other) noexcept {
    if (this == &other) return *this;
    async_.close();
    async_ = std::exchange(other.async_, connection());
    loop_ = std::move(other.loop_);
    return *this;
}

blocking_connection::~blocking_connection() { async_.close(); }

void blocking_connection::require_other_thread() const {
    if (async_.on_executor()) throw_error(errc::wrong_thread, "a blocking call in a handler or an event");
}

message blocking_connection::request(std::string_view subject, std::string_view payload,
                                     const request_options& opts) const {
    return run([&] { return async_.request(subject, payload, opts); });
}

std::vector<message> blocking_connection::request_many(std::string_view subject, std::string_view payload,
                                                       const request_many_options& opts) const {
    return run([&] { return async_.request_many(subject, payload, opts); });
}

void blocking_connection::room(std::chrono::nanoseconds timeout) const {
    run([&] { return async_.room(timeout); });
}

void blocking_connection::flush(std::chrono::nanoseconds timeout) const {
    run([&] { return async_.flush(timeout); });
}

void blocking_connection::drain(std::chrono::nanoseconds timeout) const {
    run([&] { return async_.drain(timeout); });
}

// ---- subscriptions

/// The subscription itself is touched on the loop's thread only.
struct blocking_subscription::state {
    std::shared_ptr<detail::blocking_loop> loop;
    subscription sub;

    state(std::shared_ptr<detail::blocking_loop> of, subscription made) : loop(std::move(of)), sub(std::move(made)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        asio::post(*loop->context, [ending = std::move(sub)] {});
    }

    /// Runs `work` on the loop, and waits for it.
    template <class T>
    T run(asio::awaitable<T> work) const {
        const auto executor = loop->context->get_executor();
        if (executor.running_in_this_thread()) throw_error(errc::wrong_thread, "a blocking call in a handler");
        return asio::co_spawn(executor, std::move(work), asio::use_future).get();
    }
};

namespace {

asio::awaitable<subscription> subscribed(connection nc, std::string subject, message_handler handler,
                                         subscribe_options opts) {
    auto made = nc.subscribe(subject, std::move(handler), std::move(opts));
    co_await nc.flush();
    co_return made;
}

asio::awaitable<subscription_stats> stats_of(const subscription& sub) { co_return sub.stats(); }

asio::awaitable<void> drained(subscription& sub, std::chrono::nanoseconds timeout) { co_await sub.drain(timeout); }

asio::awaitable<void> ended(subscription& sub, std::uint64_t max) {
    sub.unsubscribe(max);
    co_return;
}

}  // namespace

blocking_subscription blocking_connection::subscribe(std::string_view subject, subscribe_options opts) const {
    return subscribe(subject, message_handler(), std::move(opts));
}

blocking_subscription blocking_connection::subscribe(std::string_view subject, message_handler handler,
                                                     subscribe_options opts) const {
    auto made = run([&] { return subscribed(async_, std::string(subject), std::move(handler), std::move(opts)); });
    return blocking_subscription(std::make_unique<blocking_subscription::state>(loop_, std::move(made)));
}

blocking_subscription::blocking_subscription(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
blocking_subscription::blocking_subscription(blocking_subscription&&) noexcept = default;
blocking_subscription& blocking_subscription::operator=(blocking_subscription&&) noexcept = default;
blocking_subscription::~blocking_subscription() = default;

std::optional<message> blocking_subscription::next(std::chrono::nanoseconds timeout) {
    return state_->run(state_->sub.next(timeout));
}

void blocking_subscription::unsubscribe(std::uint64_t max) { state_->run(ended(state_->sub, max)); }

void blocking_subscription::drain(std::chrono::nanoseconds timeout) { state_->run(drained(state_->sub, timeout)); }

subscription_stats blocking_subscription::stats() const { return state_->run(stats_of(state_->sub)); }

}  // namespace mote::nats
