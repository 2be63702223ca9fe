#include <mote/functions/detail/bucket_mirror.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/nats/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto between_checks = std::chrono::seconds(5);
constexpr auto before_again = std::chrono::milliseconds(500);

/// When the bucket was made; empty when nobody says it in time.
asio::awaitable<std::string> created(jetstream::context js, std::string bucket) {
    std::string when;
    try {
        const auto info = co_await js.stream("KV_" + bucket);
        when = info.created;
    } catch (const boost::system::system_error& error) {
        if (error.code() == jetstream::errc::stream_not_found || error.code() == nats::errc::closed) throw;
    }
    co_return when;
}

}  // namespace

struct bucket_mirror::state {
    state(jetstream::context context, kv::bucket opened, hooks handlers)
        : js(std::move(context)),
          bucket(std::move(opened)),
          told(std::move(handlers)),
          changed(js.connection().executor()),
          ended(js.connection().executor()) {}

    jetstream::context js;
    kv::bucket bucket;
    hooks told;
    asio::cancellation_signal cancel;
    nats::async_event changed;  // caught up
    nats::async_event ended;
    bool is_caught_up = false;  // once; it stays so when it has to begin again
    bool stopped = false;
    bool running = true;
};

asio::awaitable<void> bucket_mirror::read(std::shared_ptr<state> self) {
    if (self->told.on_restart) self->told.on_restart();
    auto watcher = co_await self->bucket.watch();
    auto of = co_await created(self->js, self->bucket.name());
    auto checked = clock::now();
    bool told = false;  // that this reading is caught up
    while (!self->stopped) {
        const auto found = co_await watcher.next(between_checks);
        if (self->stopped) break;
        // A bucket that was deleted and made again counts from 1 again: its consumer would wait for what is behind the last
        // entry of the old one.
        if (clock::now() - checked >= between_checks) {
            const auto now = co_await created(self->js, self->bucket.name());
            if (!of.empty() && !now.empty() && now != of)
                kv::throw_error(kv::errc::bucket_not_found, "it is another one now");
            if (of.empty()) of = now;
            checked = clock::now();
        }
        if (self->stopped) break;
        if (found) {
            self->told.on_entry(*found);
        } else if (!told && watcher.caught_up()) {
            told = true;
            self->is_caught_up = true;
            if (self->told.on_caught_up) self->told.on_caught_up();
            self->changed.set();
        }
    }
    co_await watcher.stop();
}

asio::awaitable<void> bucket_mirror::follow(std::shared_ptr<state> self) {
    while (!self->stopped) {
        std::string trouble;
        try {
            co_await read(self);
        } catch (const boost::system::system_error& error) {
            if (self->stopped || error.code() == nats::errc::closed) co_return;
            trouble = error.what();
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        if (self->stopped) co_return;
        if (self->told.on_trouble) self->told.on_trouble(trouble);
        asio::steady_timer pause(co_await asio::this_coro::executor, before_again);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

bucket_mirror::bucket_mirror(jetstream::context js, kv::bucket bucket, hooks told)
    : state_(std::make_shared<state>(std::move(js), std::move(bucket), std::move(told))) {
    asio::co_spawn(state_->js.connection().executor(), follow(state_),
                   asio::bind_cancellation_slot(state_->cancel.slot(), [self = state_](const std::exception_ptr&) {
                       self->running = false;
                       self->ended.set();
                   }));
}

bucket_mirror::~bucket_mirror() {
    state_->stopped = true;
    state_->told = hooks();
    state_->cancel.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> bucket_mirror::caught_up(std::chrono::nanoseconds timeout) {
    const auto self = state_;
    if (self->is_caught_up) co_return;
    const bool came = co_await self->changed.wait_for(timeout);
    if (!came && !self->is_caught_up) nats::throw_error(nats::errc::timeout, "reading bucket " + self->bucket.name());
}

asio::awaitable<void> bucket_mirror::stop() {
    const auto self = state_;
    self->stopped = true;
    self->cancel.emit(asio::cancellation_type::terminal);
    if (self->running) co_await self->ended.wait_for(std::chrono::seconds(5));
}

}  // namespace mote::functions::detail
