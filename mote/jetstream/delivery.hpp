#pragma once

#include <mote/jetstream/consumer.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string_view>

namespace mote::jetstream {

namespace detail {
class pull_state;
}  // namespace detail

/// A message that a pull_consumer handed out, to be settled by one of `ack`, `nak` and `term`: the first one counts, those
/// after it do nothing. When none is called nothing is sent, and the server delivers it again after the ack wait.
/// In a handler its views look into the read buffer; moved out of there it owns its bytes (that copies them), and is good
/// for as long as it is kept. It keeps the connection open. On the connection's executor.
///
/// What settles it throws what `nats::connection::publish` throws; it is as before then.
class delivery {
public:
    delivery(delivery&& other);  // NOLINT(performance-noexcept-move-constructor): copies what lies in the read buffer
    delivery& operator=(delivery&& other);  // NOLINT(performance-noexcept-move-constructor)
    ~delivery();

    std::string_view subject() const noexcept { return message().subject; }
    std::string_view payload() const noexcept { return message().payload; }
    const nats::headers_view& headers() const noexcept { return message().headers; }
    const nats::message_view& message() const noexcept { return view_; }
    /// Read from the reply subject by each call.
    delivery_info info() const noexcept;

    /// Done. Sent with the connection's next write; a server that dies before it has read that delivers it again.
    void ack();
    /// Done, as `ack`, at once. Returns when the server has confirmed it, so that it is not delivered again. 0: the
    /// context's timeout. Throws nats `errc::timeout`, `errc::no_responders` (there is no such consumer any more); then
    /// it may be or not be acked, and may be asked for again.
    boost::asio::awaitable<void> ack_sync(std::chrono::nanoseconds timeout = {});
    /// Not done: to be delivered again, now or after `delay`.
    void nak(std::chrono::nanoseconds delay = {});
    /// Never to be delivered again. `reason` is for the server's advisory, and needs 2.10.4, else `errc::not_supported`.
    void term(std::string_view reason = {});
    /// Still at work: the ack wait starts anew. Does nothing when it is settled.
    void in_progress();
    /// What is left to do needs no place: it does not count in `max_in_flight` any more, so that another one may come. All
    /// else is as before: it is still to be settled, and stopping the consumer waits for it.
    void set_aside() noexcept;

    bool settled() const noexcept { return settled_ != settlement::none; }

private:
    friend class detail::pull_state;
    enum class settlement { none, acked, refused };

    delivery(detail::pull_state& from, const nats::message_view& view) noexcept : state_(&from), view_(view) {}
    delivery(detail::pull_state& from, nats::message message);
    void settle(std::string_view words, settlement as);
    void release() noexcept;

    detail::pull_state* state_;                  // null when it was moved from
    std::shared_ptr<detail::pull_state> keeps_;  // set for one that owns its bytes
    nats::message owned_;
    nats::message_view view_;
    settlement settled_ = settlement::none;
    bool aside_ = false;
};

}  // namespace mote::jetstream
