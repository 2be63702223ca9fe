#include <mote/gateway/detail/upload.hpp>

#include <mote/http/status.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr auto for_ever = std::chrono::steady_clock::time_point::max();  // each wait ends with the call, by `stop`

}  // namespace

void upload::start(http::exchange& asked) {
    reading_ = true;
    asio::co_spawn(executor_, read(shared_from_this(), &asked),
                   asio::bind_cancellation_slot(stop_.slot(), [self = shared_from_this()](const std::exception_ptr&) {
                       self->reading_ = false;
                       self->broken_ = !self->ended_;
                       self->news_.set();
                       self->stopped_.set();
                   }));
}

asio::awaitable<void> upload::stop() {
    broken_ = !ended_;
    news_.set();
    if (!reading_) co_return;
    stop_.emit(asio::cancellation_type::terminal);
    co_await stopped_.wait_until(for_ever);
}

asio::awaitable<void> upload::read(std::shared_ptr<upload> self, http::exchange* asked) {
    try {
        for (;;) {
            const auto piece = co_await asked->read_some();
            if (piece.empty()) break;
            co_await self->put(piece);
        }
        self->ended_ = true;
    } catch (const http::status_error& wrong) {
        self->refusal_ = wrong;
    }
}

asio::awaitable<void> upload::put(std::string_view piece) {
    while (!piece.empty()) {
        while (!waiting_.empty()) co_await room_.wait_until(for_ever);
        waiting_.assign(piece.substr(0, piece_size_));
        piece.remove_prefix(waiting_.size());
        news_.set();
    }
}

/// False at the end.
asio::awaitable<bool> upload::next(std::string& piece) {
    while (waiting_.empty() && !ended_ && !broken_) co_await news_.wait_until(for_ever);
    if (waiting_.empty() && !ended_)
        throw micro::service_error(http::status::caller_gone, refusal_ ? refusal_->what() : "the client has gone");
    piece.clear();
    std::swap(piece, waiting_);
    room_.set();
    co_return !piece.empty();
}

micro::reply_stream<micro::stream_item> upload::pieces(std::shared_ptr<upload> from) {
    micro::stream_item item;
    for (;;) {
        const bool more = co_await from->next(item.data);
        if (!more) co_return;
        co_yield item;
    }
}

}  // namespace mote::gateway::detail
