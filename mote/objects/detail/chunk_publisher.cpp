#include <mote/objects/detail/chunk_publisher.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/objects/error.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdint>
#include <deque>
#include <exception>
#include <utility>

namespace mote::objects::detail {

namespace asio = boost::asio;
using boost::system::system_error;

/// The publishes on their way, oldest first, and what became of those before.
struct chunk_publisher::window {
    struct slot {
        bool done = false;
        std::uint64_t sequence = 0;
    };

    explicit window(const asio::any_io_executor& executor) : changed(executor) {}

    void ended(std::uint64_t index, const std::exception_ptr& error, std::uint64_t sequence) {
        if (error != nullptr && failure == nullptr) failure = error;
        slots[index - first] = {.done = true, .sequence = sequence};
        for (; !slots.empty() && slots.front().done; slots.pop_front(), ++first) check_order(slots.front().sequence);
        changed.set();
    }

    void check_order(std::uint64_t sequence) {
        if (failure != nullptr) return;
        if (sequence <= last_sequence)
            failure = std::make_exception_ptr(
                system_error(errc::corrupt, "the chunks were stored out of order, while the server was interrupted"));
        last_sequence = sequence;
    }

    std::deque<slot> slots;
    std::uint64_t first = 0;  // index of the oldest slot
    std::uint64_t last_sequence = 0;
    std::exception_ptr failure;
    nats::async_event changed;
};

chunk_publisher::chunk_publisher(jetstream::context js, std::string subject, std::size_t chunk_size)
    : js_(std::move(js)),
      subject_(std::move(subject)),
      limit_(std::clamp<std::size_t>(max_outstanding_bytes / chunk_size, 1, max_outstanding)),
      window_(std::make_shared<window>(js_.connection().executor())) {}

asio::awaitable<void> chunk_publisher::send(std::string_view chunk) {
    co_await wait_until_at_most(limit_ - 1);
    if (window_->failure != nullptr) std::rethrow_exception(window_->failure);

    bool buffer_full = false;
    auto ack = publish(chunk, buffer_full);
    for (bool flushed = false; buffer_full; ack = publish(chunk, buffer_full)) {
        // Others fill the connection's buffer: our own acknowledgements, or else a flush, say when some of it has left.
        if (!window_->slots.empty()) {
            co_await wait_until_at_most(window_->slots.size() - 1);
        } else if (!flushed) {
            co_await js_.connection().flush();
            flushed = true;
        } else {
            nats::throw_error(nats::errc::outbound_buffer_full, subject_);
        }
    }

    const auto index = window_->first + window_->slots.size();
    window_->slots.emplace_back();
    asio::co_spawn(js_.connection().executor(), std::move(ack),
                   [window = window_, index](const std::exception_ptr& error, const jetstream::publish_ack& stored) {
                       window->ended(index, error, stored.sequence);
                   });
}

/// The message leaves at once; what is awaited is only the acknowledgement.
asio::awaitable<jetstream::publish_ack> chunk_publisher::publish(std::string_view chunk, bool& buffer_full) {
    buffer_full = false;
    try {
        return js_.publish(subject_, chunk);
    } catch (const system_error& error) {
        if (error.code() != nats::errc::outbound_buffer_full) throw;
    }
    buffer_full = true;
    return {};
}

asio::awaitable<void> chunk_publisher::finish() {
    co_await settle();
    if (window_->failure != nullptr) std::rethrow_exception(window_->failure);
}

asio::awaitable<void> chunk_publisher::settle() { co_await wait_until_at_most(0); }

asio::awaitable<void> chunk_publisher::wait_until_at_most(std::size_t outstanding) {
    // Each publish is bounded by itself, by the tries of context::publish; this is the bound of a bug there.
    const auto patience = 8 * js_.timeout();
    while (window_->slots.size() > outstanding) {
        const bool changed = co_await window_->changed.wait_for(patience);
        if (!changed) nats::throw_error(nats::errc::timeout, subject_);
    }
}

}  // namespace mote::objects::detail
