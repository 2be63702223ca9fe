#pragma once

#include <mote/micro/codec.hpp>
#include <mote/micro/detail/stream_source.hpp>
#include <mote/nats/headers.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <optional>
#include <string>
#include <utility>

namespace mote::micro {

/// An item of bytes with headers of its own, for a stream that is no list of values, such as the body of a response whose
/// head goes with the first item.
struct stream_item {
    std::string data{};
    nats::headers headers{};
};

/// What a handler returns that answers with many messages, each a `T` in the form of its codec:
///
///     mote::micro::reply_stream<int> count(int n) {
///         for (int i = 1; i <= n; ++i) co_yield i;
///     }
///     service.endpoint("count", count);
///
/// It may await any `asio::awaitable` between items, and throw: a `service_error`, or what else, is the end of the stream.
/// It runs where the endpoint's handlers run, and only as far as the caller takes items (docs/protocol.md, "Streaming
/// replies"). When the caller stops early, is gone or its deadline has passed, the coroutine is destroyed where it
/// stands, with what it awaits; destructors are all that it sees of that. It takes its arguments by value, and must not
/// yield an aggregate that is built in the `co_yield` itself (docs/traps.md): name it first.
template <class T>
class [[nodiscard]] reply_stream {
public:
    struct promise_type : detail::stream_promise {
        reply_stream get_return_object() { return reply_stream(*this); }
        /// Suspends until the item is sent and the next one is wanted. Throws what the codec throws.
        std::suspend_always yield_value(const T& value) {
            if constexpr (std::same_as<T, stream_item>) {
                item = value.data;
                headers = value.headers;
            } else {
                item.clear();
                codec<T>::encode(value, item);
            }
            return {};
        }
    };

    /// For the endpoint: the coroutine, which has not begun.
    detail::stream_source release() && noexcept { return std::move(source_); }

private:
    explicit reply_stream(promise_type& promise) noexcept
        : source_(std::coroutine_handle<promise_type>::from_promise(promise), promise) {}

    detail::stream_source source_;
};

/// What a streaming handler may know of its request: take it by value as the second argument.
struct stream_context {
    std::string subject{};
    nats::headers headers{};
    std::optional<std::chrono::steady_clock::time_point> deadline{};  ///< until when the caller reads; see request
};

}  // namespace mote::micro
