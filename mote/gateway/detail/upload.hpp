#pragma once

#include <mote/http/exchange.hpp>
#include <mote/micro/stream.hpp>
#include <mote/nats/async_event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::gateway::detail {

/// The body of a request on its way to the node that runs the function: a coroutine reads it from the client only as fast as
/// the node takes pieces, so that one piece is all that is kept. On the executor's thread only.
class upload : public std::enable_shared_from_this<upload> {
public:
    upload(const boost::asio::any_io_executor& executor, std::size_t piece_size)
        : executor_(executor), piece_size_(piece_size), room_(executor), news_(executor), stopped_(executor) {}

    /// Begins to read. `stop` has to be awaited before `asked` goes.
    void start(http::exchange& asked);
    /// Ends the reading, wherever it is.
    boost::asio::awaitable<void> stop();

    /// The pieces as the node gets them; ends with a service error where the client has broken off. Once.
    static micro::reply_stream<micro::stream_item> pieces(std::shared_ptr<upload> from);
    /// False for all but the first call: a body can be read once.
    bool take() noexcept { return !std::exchange(taken_, true); }

    /// What is wrong with the body, where its reading failed: to be answered instead of what the node says to that.
    const std::optional<http::status_error>& refusal() const noexcept { return refusal_; }

private:
    static boost::asio::awaitable<void> read(std::shared_ptr<upload> self, http::exchange* asked);
    boost::asio::awaitable<void> put(std::string_view piece);
    boost::asio::awaitable<bool> next(std::string& piece);

    const boost::asio::any_io_executor executor_;
    const std::size_t piece_size_;
    std::string waiting_;  // a piece that is not taken yet; empty: there is room
    nats::async_event room_;
    nats::async_event news_;
    nats::async_event stopped_;
    boost::asio::cancellation_signal stop_;
    std::optional<http::status_error> refusal_;
    bool taken_ = false;
    bool reading_ = false;
    bool ended_ = false;   // all pieces were put
    bool broken_ = false;  // no more will come
};

}  // namespace mote::gateway::detail
