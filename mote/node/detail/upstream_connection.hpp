#pragma once

#include <mote/node/detail/answer_buffer.hpp>
#include <mote/node/detail/answer_parser.hpp>
#include <mote/node/detail/http_exchange.hpp>
#include <mote/node/error.hpp>
#include <mote/node/watchdog_settings.hpp>

#include <sys/uio.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// One connection to a function's process, and the exchange that is on it. What the socket takes at once is sent at once,
/// and what has come is parsed without waiting.
class upstream_connection
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    using clock = std::chrono::steady_clock;
    using error_code = boost::system::error_code;

    /// `where` and `made`, which counts how often it was opened, must outlive it.
    upstream_connection(const boost::asio::any_io_executor& executor, const upstream_address& where,
                        std::uint64_t& made);
    upstream_connection(const upstream_connection&) = delete;
    upstream_connection& operator=(const upstream_connection&) = delete;

    /// Opens it, anew where it was open. Throws `errc::upstream_refused` and what `fail` throws.
    boost::asio::awaitable<void> connect();
    /// Whether it can take a request: the peer has neither closed it nor sent what was not asked for.
    bool is_fresh() noexcept;
    /// Closes it; who waits in it gets `why`.
    void expire(errc why) noexcept;

    // The request.
    /// Prepares for an exchange. Throws `errc::bad_request`.
    void begin(const upstream_request& asked, std::optional<std::uint64_t> length);
    /// This is all of the body, and stays good until the answer begins.
    void set_replay(std::string_view body) noexcept { replay_ = body; }
    bool head_sent() const noexcept { return head_sent_; }
    /// Sends the head, where it was not sent, and a piece. False when the process does not read on.
    boost::asio::awaitable<bool> write(std::string_view piece);
    /// All of a request of known length at once, without a coroutine. False, where the socket did not take all: `write` goes on.
    bool write_whole(std::string_view body) noexcept;
    /// Sends what is missing for the body's end.
    boost::asio::awaitable<void> finish();

    // The answer.
    /// Takes the head out of what came; false when that is not all of it. Throws `errc::bad_answer`.
    bool parse_head();
    const upstream_head& head() const noexcept { return head_; }
    /// Takes the next piece of the body out of what came; empty when there is none in it. Throws `errc::bad_answer`.
    std::string_view parse_body();
    bool answered() const { return head_taken_ && parser_->done(); }
    /// Of the body; nothing when only its end tells.
    std::optional<std::uint64_t> length_left() const { return parser_->length_left(); }
    bool has_ready(std::uint64_t size) const noexcept { return input_.bytes().size() >= size; }
    /// For `co_await`: waits for more bytes. Its result goes to `filled`.
    auto fill() {
        if (got_bytes_) hurry();
        const auto room = input_.room();
        reading_ = true;
        return socket_.async_read_some(boost::asio::buffer(room.data(), room.size()),
                                       boost::asio::as_tuple(boost::asio::deferred));
    }
    /// Takes more bytes where they are here already.
    bool fill_now();
    /// False when nothing more will come on this connection.
    bool filled(const error_code& error, std::size_t size) noexcept;
    /// Somebody reads from now on, if not at once: who writes needs to take nothing of the answer.
    void note_reader() noexcept { has_reader_ = true; }
    /// After `filled` was false and before the head: sends the request again on a new connection, or throws.
    boost::asio::awaitable<void> recover(error_code error);
    /// After `filled` was false and behind the head: throws, if that is not the answer's end.
    void end_answer(const error_code& error);
    /// A coroutine that still waits to write gives up.
    void stop_writing() noexcept;
    std::string& collected() noexcept { return collected_; }

    /// After an exchange: whether the connection can have another.
    bool is_reusable() const;
    /// Forgets the exchange.
    void rest() noexcept;

    clock::time_point deadline = clock::time_point::max();
    std::uint64_t idle_since = 0;  // in rounds of the pool

private:
    using protocol = boost::asio::generic::stream_protocol;
    enum class outcome { sent, blocked, failed };
    /// What is to be sent, of up to four pieces.
    struct parts {
        std::array<iovec, 4> all{};
        std::size_t first = 0;
        std::size_t count = 0;
        bool touched = false;  // something was sent

        void add(std::string_view piece) noexcept;
        void sent(std::size_t size) noexcept;
    };

    [[noreturn]] void fail(const error_code& error) const;
    boost::asio::awaitable<error_code> connect_tcp();
    boost::asio::awaitable<error_code> connect_unix();
    void hurry() noexcept;
    outcome try_send(parts& what, error_code& error) noexcept;
    boost::asio::awaitable<bool> send(parts what);
    boost::asio::awaitable<bool> send_blocked(parts what);
    boost::asio::awaitable<void> wait_writable();
    void take_early_answer();
    bool may_replay(const error_code& error) const noexcept;
    void begin_answer();

    protocol::socket socket_;
    const upstream_address& where_;
    std::uint64_t& made_;
    std::optional<errc> expired_{};
    bool used_before_ = false;  // for an exchange before this one

    std::string request_head_{};
    std::string_view replay_{};
    std::optional<std::uint64_t> body_left_{};  // none: in chunks
    std::optional<parts> half_sent_{};          // what `write_whole` has left of head and body
    bool to_head_ = false;
    bool idempotent_ = false;
    bool head_sent_ = false;
    bool streamed_ = false;  // a piece of the body is gone, which nobody has any more
    bool request_done_ = true;
    bool gave_up_ = false;  // no more is written
    bool writing_ = false;  // a coroutine waits to write
    bool reading_ = false;  // a coroutine waits to read
    bool has_reader_ = false;

    answer_buffer input_{};
    answer_head head_text_{};
    std::optional<answer_parser> parser_{};
    upstream_head head_{};
    bool head_taken_ = false;
    bool got_bytes_ = false;  // of the answer
    unsigned interim_ = 0;    // answers of 1xx
    std::string collected_{};
};

}  // namespace mote::node::detail
