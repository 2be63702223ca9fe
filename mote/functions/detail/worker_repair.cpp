#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/detail/worker_core.hpp>
#include <mote/jetstream/error.hpp>

#include <utility>

// A server of version 2.9 that is killed while its disk is full may forget the end of the stream, but not how far the consumer
// was. New calls have sequences then that the consumer has settled already, and never delivers: it has to be made anew.

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;

/// The first of a function's messages, when the consumer says that it is settled already; else 0. Also 0 while any worker has a
/// call of it, which would be delivered again by a new consumer.
asio::awaitable<std::uint64_t> find_passed_over(jetstream::context js, function_name name) {
    const auto before = co_await js.consumer(async_queue::stream_name, consumer_name(name));
    if (before.ack_pending != 0) co_return 0;
    const auto first = co_await js.next_message(async_queue::stream_name, call_subject(name), 1);
    if (!first || first->sequence > before.ack_floor.stream_sequence) co_return 0;
    // Another worker may have made it anew meanwhile, and run that call.
    const auto after = co_await js.consumer(async_queue::stream_name, consumer_name(name));
    const bool is_same = after.created == before.created && after.ack_pending == 0;
    co_return is_same && first->sequence <= after.ack_floor.stream_sequence ? first->sequence : 0;
}

}  // namespace

asio::awaitable<void> worker_core::repair(std::shared_ptr<worker_core> self,
                                          std::vector<std::shared_ptr<worker_lane>> waiting) {
    for (const auto& lane : waiting) {
        try {
            co_await repair_one(self, lane);
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != jetstream::errc::consumer_not_found) throw;
            lane->passed_over = 0;  // another worker was faster
        }
        if (self->stopping_) co_return;
    }
}

/// At the second look in a row that finds the same: a consumer settles a message a moment before the stream drops it.
asio::awaitable<void> worker_core::repair_one(std::shared_ptr<worker_core> self, std::shared_ptr<worker_lane> lane) {
    const auto sequence = co_await find_passed_over(self->js_, lane->name);
    if (self->stopping_) co_return;
    const auto last = std::exchange(lane->passed_over, sequence);
    const bool is_idle = lane->is == worker_lane::state::open && lane->counts.in_flight == 0;
    if (sequence == 0 || sequence != last || !is_idle) co_return;
    co_await self->js_.delete_consumer(async_queue::stream_name, consumer_name(lane->name));
}

}  // namespace mote::functions::detail
