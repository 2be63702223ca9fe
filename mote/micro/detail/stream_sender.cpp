#include <mote/micro/detail/stream_sender.hpp>

#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/send_stream.hpp>
#include <mote/micro/detail/sendable.hpp>
#include <mote/micro/detail/stream_control.hpp>
#include <mote/micro/detail/stream_wire.hpp>
#include <mote/micro/stream.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

// After so much the server has to have taken what was sent before more is: it bounds what waits in the connection's
// buffer, and gives the loop to others.
constexpr std::size_t most_unflushed_items = 256;
constexpr std::size_t most_unflushed_bytes = 1024 * 1024;

/// Runs the coroutine to its next item or to its end, or less far when it is cancelled while it waits.
asio::awaitable<void> advance(const stream_source* source) {
    source->resume();
    while (source->waits()) {
        co_await source->take_wait();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        source->resume();
    }
}

}  // namespace

stream_context context_of(const request& req) {
    stream_context context;
    context.subject = req.subject();
    context.headers = sendable(req.headers());
    context.deadline = req.deadline();
    return context;
}

asio::awaitable<void> send_stream(stream_source source, request req) {
    return stream_sender::send(std::move(source), std::move(req));
}

/// Only an endpoint calls handlers that stream.
stream_sender::stream_sender(std::shared_ptr<call_record> record)
    : record_(std::move(record)),
      endpoint_(static_cast<endpoint_state*>(record_->endpoint)),
      connection_(endpoint_->connection()),
      changed_(connection_.executor()),
      deadline_(connection_.executor()) {}

asio::awaitable<void> stream_sender::send(stream_source source, request req) {
    // Nobody would see the items, and nobody could end an endless stream.
    if (!req.wants_reply()) co_return req.respond({});
    const auto self = std::make_shared<stream_sender>(req.call_.share());
    const auto home = self->connection_.executor();
    const auto here = co_await asio::this_coro::executor;
    asio::any_io_executor elsewhere;
    if (here != home) elsewhere = asio::make_strand(here);
    source.run_on(here);
    auto running = asio::co_spawn(home, drive(self, std::move(source), elsewhere),
                                  asio::bind_cancellation_slot(self->stop_.slot(), asio::use_awaitable));
    // Who cancels the handler ends the stream, which has a signal of its own.
    const auto state = co_await asio::this_coro::cancellation_state;
    auto cancelled = state.slot();
    if (cancelled.is_connected())
        cancelled.assign([home, weak = std::weak_ptr(self)](asio::cancellation_type) {
            asio::dispatch(home, [weak] {
                if (const auto sender = weak.lock()) sender->on_cancelled();
            });
        });
    co_await std::move(running);
    if (cancelled.is_connected()) cancelled.clear();
    // The deadline, which has also cancelled this coroutine, is dealt with.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
}

asio::awaitable<void> stream_sender::drive(std::shared_ptr<stream_sender> self, stream_source source,
                                           asio::any_io_executor elsewhere) {
    std::exception_ptr failed;
    try {
        self->begin();
        co_await run(self.get(), &source, std::move(elsewhere));
    } catch (...) {
        failed = std::current_exception();
    }
    self->end(failed);
}

void stream_sender::begin() {
    if (const auto window = window_in(record_->message->headers)) {
        control_ = endpoint_->streams();
        control_subject_ = control_->add(shared_from_this());
        credits_ = *window;
    }
    if (!record_->deadline) return;
    // Later than the endpoint's own timer, so that it finds this call still going on and does not count it, too.
    deadline_.expires_at(*record_->deadline + std::chrono::milliseconds(1));
    deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self != nullptr) self->stop(ending::given_up);
    });
}

asio::awaitable<void> stream_sender::run(stream_sender* self, const stream_source* source,
                                         asio::any_io_executor elsewhere) {
    static const std::string nothing;
    for (;;) {
        if (self->control_ != nullptr && self->credits_ == 0) co_await self->wait_for_credit();
        if (self->sent_much()) co_await self->flush();
        if (self->stopped()) co_return;
        if (elsewhere)
            co_await self->advance_elsewhere(source, elsewhere);
        else
            co_await advance(source);  // its frame comes from Asio's recycled ones
        if (self->stopped()) co_return;
        if (source->done()) break;
        if (!source->headers().empty() || self->has_own_headers_) {
            self->headers_ = source->headers();
            self->has_own_headers_ = !source->headers().empty();
        }
        self->headers_.set(stream_item_header, std::to_string(self->sent_ + 1));
        const auto& control = self->sent_ == 0 ? self->control_subject_ : nothing;
        while (!self->stopped() && !self->try_send(control, source->item())) co_await self->flush();
        if (self->stopped()) co_return;
        ++self->sent_;
        if (self->control_ != nullptr) --self->credits_;
    }
    source->rethrow();
    self->headers_ = nats::headers();
    self->headers_.set(stream_end_header, std::to_string(self->sent_));
    while (!self->stopped() && !self->try_send(nothing, nothing)) co_await self->flush();
}

/// A step of the coroutine on another executor, with a signal that is emitted there and not here.
asio::awaitable<void> stream_sender::advance_elsewhere(const stream_source* source, asio::any_io_executor elsewhere) {
    stop_elsewhere_ = std::make_shared<asio::cancellation_signal>();
    elsewhere_ = elsewhere;
    auto step = asio::co_spawn(elsewhere, advance(source),
                               asio::bind_cancellation_slot(stop_elsewhere_->slot(), asio::use_awaitable));
    co_await std::move(step);
    stop_elsewhere_.reset();
}

asio::awaitable<void> stream_sender::wait_for_credit() {
    const auto until = clock::now() + endpoint_->reader_timeout();
    while (!stopped() && credits_ == 0) {
        const bool came = co_await changed_.wait_until(until);
        if (!came) stop(ending::given_up);
    }
}

/// Waits until the server has taken what was sent, over a reconnect if need be.
asio::awaitable<void> stream_sender::flush() {
    const auto until = clock::now() + endpoint_->reader_timeout();
    while (!stopped()) {
        boost::system::error_code failed;
        const auto left = std::max<std::chrono::nanoseconds>(until - clock::now(), std::chrono::milliseconds(1));
        try {
            co_await connection_.flush(left);
        } catch (const boost::system::system_error& thrown) {
            failed = thrown.code();
        }
        if (!failed) break;
        if (failed != nats::errc::disconnected || clock::now() >= until) stop(ending::given_up);
    }
    unflushed_items_ = unflushed_bytes_ = 0;
}

bool stream_sender::sent_much() const noexcept {
    return unflushed_items_ >= most_unflushed_items || unflushed_bytes_ >= most_unflushed_bytes;
}

/// False when the connection's buffer is full.
bool stream_sender::try_send(std::string_view control, std::string_view payload) {
    try {
        endpoint_->respond_in_stream(*record_, control, payload, headers_);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::outbound_buffer_full) return false;
        if (failed.code() != nats::errc::closed) throw;
        stop(ending::given_up);
        return true;
    }
    if (record_->notes != nullptr) record_->notes->answered_otherwise();
    ++unflushed_items_;
    unflushed_bytes_ += payload.size();
    return true;
}

void stream_sender::grant(std::uint64_t items) noexcept {
    credits_ = std::min(credits_ + items, largest_window);
    changed_.set();
}

void stream_sender::stop(ending why) noexcept {
    if (stopped()) return;
    ending_ = why;
    changed_.set();
    stop_.emit(asio::cancellation_type::terminal);
    if (stop_elsewhere_ != nullptr)
        asio::post(elsewhere_, [signal = stop_elsewhere_] { signal->emit(asio::cancellation_type::terminal); });
}

/// At the deadline that is the endpoint's timer, after which this one's own ends the stream.
void stream_sender::on_cancelled() noexcept {
    if (!record_->deadline || *record_->deadline > clock::now()) stop(ending::cancelled);
}

void stream_sender::end(const std::exception_ptr& failed) noexcept {
    deadline_.cancel();
    if (control_ != nullptr) control_->remove(control_subject_);
    if (stopped()) return endpoint_->give_up(*record_, ending_ == ending::given_up);
    if (failed == nullptr) return;
    try {
        std::rethrow_exception(failed);
    } catch (...) {
        nats::headers headers;
        headers.set(stream_end_header, std::to_string(sent_));
        endpoint_->fail_with_current_exception(*record_, headers);
    }
}

}  // namespace mote::micro::detail
