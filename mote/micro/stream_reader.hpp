#pragma once

#include <mote/micro/codec.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::micro {

namespace detail {
class stream_inbox;
}

/// How a stream of replies is read.
struct stream_options {
    /// So many items may be sent before they are taken with `next`, up to 65,536: the bound of what waits here. 0: the
    /// service sends as fast as it can, and what comes too fast is lost, which the reader notices.
    std::size_t window = 64;
    std::chrono::nanoseconds timeout{std::chrono::seconds(5)};  ///< the longest wait for one item, or for the end
    /// Of the whole stream. The service is told, and ends it then too.
    std::optional<std::chrono::steady_clock::time_point> deadline{};
    nats::headers headers{};
};

/// Gets a reply that is all of the answer where it arrives (`reply_reader::when_whole`): without a copy and a coroutine.
class whole_reply_handler {
public:
    /// The answer of an endpoint that answers once and says no error, in the connection's read buffer. The reader has ended, and may
    /// be destroyed.
    virtual void on_whole_reply(const nats::message_view& reply) noexcept = 0;
    /// Something else came, or the time has passed: from after this call on `reply_reader::next` gives the first item, or throws.
    virtual void on_other_reply() noexcept = 0;

protected:
    whole_reply_handler() = default;
    whole_reply_handler(const whole_reply_handler&) = default;
    whole_reply_handler& operator=(const whole_reply_handler&) = default;
    ~whole_reply_handler() = default;
};

/// The replies of an endpoint that answers with a stream, one after the other (docs/protocol.md, "Streaming replies").
///
///     auto items = mote::micro::read_stream(connection, "count", "10");
///     while (auto item = co_await items.next()) use(item->payload());
///
/// An endpoint that answers once is a stream of one item. Move-only; all members on the connection's executor. Destroyed
/// before the end it tells the service to stop, once it has heard of it; before that the service notices by the window.
class reply_reader {
public:
    explicit reply_reader(std::shared_ptr<detail::stream_inbox> inbox) noexcept : inbox_(std::move(inbox)) {}
    reply_reader(reply_reader&&) noexcept = default;
    reply_reader& operator=(reply_reader&& other) noexcept;
    ~reply_reader();

    /// The next item; nothing after the last one, and after an error that ended the stream. One waiter at a time. Throws
    /// the `service_error` that ended the stream; `nats::errc::no_responders` at once; `nats::errc::timeout` when no item
    /// came in time (then the next call waits again) or the deadline has passed; `errc::incomplete_stream` when items
    /// were lost on the way; `nats::errc::closed`, `nats::errc::permission_denied`.
    boost::asio::awaitable<std::optional<nats::message>> next();
    /// Tells `who` once, on the connection's executor, what came first, or that nothing did in time; not after this was destroyed or
    /// cancelled. In the turn in which `read_stream` was called, and instead of the first `next`.
    void when_whole(whole_reply_handler& who);
    /// Wants no more: the service is told, and `next` gives nothing.
    void cancel() noexcept;
    /// True when `next` will give nothing more: after the only reply of an endpoint that answers once, too.
    bool ended() const noexcept;
    /// How many items `next` has given.
    std::uint64_t received() const noexcept;

private:
    std::shared_ptr<detail::stream_inbox> inbox_;
};

/// Asks at once (nothing is looked up) and returns what reads the replies. Throws what `nats::connection::publish` throws,
/// and `errc::bad_call` for a window that is too large.
[[nodiscard]] reply_reader read_stream(const nats::connection& connection, std::string subject,
                                       std::string_view payload, stream_options opts = stream_options());

/// A reply_reader that makes values of the items.
template <class Item>
class typed_reader {
public:
    explicit typed_reader(reply_reader items) noexcept : items_(std::move(items)) {}

    /// As `reply_reader::next`. Throws also `errc::undecodable_reply` with the place in the item.
    boost::asio::awaitable<std::optional<Item>> next() { return decoded(items_.next()); }
    void cancel() noexcept { items_.cancel(); }
    std::uint64_t received() const noexcept { return items_.received(); }

private:
    static boost::asio::awaitable<std::optional<Item>> decoded(
        boost::asio::awaitable<std::optional<nats::message>> asked) {
        const auto item = co_await std::move(asked);
        std::optional<Item> value;
        if (!item) co_return value;
        try {
            value.emplace(codec<Item>::decode(item->payload()));
        } catch (const std::exception& failed) {
            throw_error(errc::undecodable_reply, failed.what());
        }
        co_return value;
    }

    reply_reader items_;
};

/// The same with codecs: `auto posts = read_stream<post>(connection, "posts", query);`
template <class Item, class Request>
[[nodiscard]] typed_reader<Item> read_stream(const nats::connection& connection, std::string subject,
                                             const Request& request, stream_options opts = stream_options()) {
    std::string payload;
    codec<Request>::encode(request, payload);
    return typed_reader<Item>(read_stream(connection, std::move(subject), std::string_view(payload), std::move(opts)));
}

}  // namespace mote::micro
