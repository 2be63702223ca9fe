#pragma once

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mote::jetstream {

/// Messages of which a stream stores all or none, one behind the other. The stream needs
/// stream_config::allow_atomic_publish, the server 2.12 (else `errc::not_supported`).
///
///     jetstream::batch order(js);
///     co_await order.add("orders.7", "tea");
///     co_await order.add("orders.7.paid", "3");
///     const auto ack = co_await order.commit("orders.7.sent", "");   // ack.sequence is that of the last one
///
/// What the options expect of each is checked when the batch ends. Servers take at most 1000 messages a batch and 50 batches
/// at a time for a stream, and give up a batch that gets nothing for 10 s: `errc::batch_incomplete`, nothing is stored.
/// The same when the connection breaks in between: then make another one. On the connection's executor; one call at a time.
class batch {
public:
    /// `id`: 1 to 64 characters, not used by another batch now; empty: one is made up. Throws `errc::bad_config`.
    explicit batch(context js, std::string id = {});

    /// Sends one message. The first one, and each hundredth, waits for the server's word that it has them; the others return
    /// at once. The arguments may end with the call. Throws server_error for what the server refuses
    /// (`errc::not_allowed`, ...), `errc::no_stream_response`, and what `context::publish` throws; then the batch is over.
    boost::asio::awaitable<void> add(std::string_view subject, std::string_view payload,
                                     const publish_options& opts = publish_options());
    /// The last message; when this returns all are stored. Throws as `add`, and for what one of them expected in vain:
    /// then none is stored. After a time-out it is not known.
    boost::asio::awaitable<publish_ack> commit(std::string_view subject, std::string_view payload,
                                               const publish_options& opts = publish_options());

    const std::string& id() const noexcept { return id_; }
    std::size_t size() const noexcept { return size_; }  ///< messages so far

private:
    nats::request_options next(const publish_options& opts);

    context js_;
    std::string id_;
    std::size_t size_ = 0;
    std::shared_ptr<bool> over_;  // shared with a call under way
};

}  // namespace mote::jetstream
