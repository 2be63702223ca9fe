#pragma once

#include <mote/nats/async_event.hpp>
#include <mote/nats/detail/transport.hpp>
#include <mote/nats/protocol/byte_buffer.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace mote::nats::detail {

/// The transport below a WebSocket, and the frames that wait for it. Frames are taken whole at any time, so that a control frame
/// never gets into another; who writes frames of data looks after their number.
class websocket_carrier : public std::enable_shared_from_this<websocket_carrier> {
public:
    using error_code = boost::system::error_code;

    explicit websocket_carrier(const boost::asio::any_io_executor& executor)
        : executor_(executor), sent_(executor), sent_enough_(executor) {}

    /// What lies below; in place of it TLS over it, later.
    void put_on(std::shared_ptr<transport> below) noexcept { below_ = std::move(below); }
    transport& below() const noexcept { return *below_; }
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

    /// No read takes more than so many bytes; until the next call.
    void bound_reads(std::size_t bytes) noexcept { max_read_ = bytes; }
    /// What the last read of the transport below threw, with its text; null when it did not.
    const std::exception_ptr& failed_read() const noexcept { return failed_read_; }

    template <class Handler>
    void start_read(boost::asio::mutable_buffer into, Handler handler) {
        const auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto done = [self = shared_from_this(), handler = std::move(handler)](const std::exception_ptr& failed,
                                                                              std::size_t count) mutable {
            self->failed_read_ = failed;
            handler(code_of(failed), count);
        };
        boost::asio::co_spawn(executor_, below_->read_some(boost::asio::buffer(into, max_read_)),
                              boost::asio::bind_cancellation_slot(slot, std::move(done)));
    }

    template <class Buffers>
    std::size_t add(const Buffers& buffers) {
        const auto before = output_.size();
        for (auto each = boost::asio::buffer_sequence_begin(buffers); each != boost::asio::buffer_sequence_end(buffers);
             ++each) {
            const boost::asio::const_buffer part(*each);
            output_.append({static_cast<const char*>(part.data()), part.size()});
        }
        return output_.size() - before;
    }

    /// Adds and sends a frame of control; `handler` is called when not too much waits.
    template <class Buffers, class Handler>
    void start_write(const Buffers& buffers, Handler handler) {
        const auto count = add(buffers);
        send();
        const auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto done = [handler = std::move(handler), count](const std::exception_ptr& failed) mutable {
            handler(code_of(failed), failed ? 0 : count);
        };
        boost::asio::co_spawn(executor_, wait_for_room(shared_from_this()),
                              boost::asio::bind_cancellation_slot(slot, std::move(done)));
    }

    /// Sends what goes. `would_block` when some is left: it goes by itself as soon as it can.
    error_code send() {
        while (!broken_ && !output_.empty()) {
            error_code failed;
            output_.consume(below_->try_write(output_.data(), failed));
            if (is_would_block(failed)) break;
            if (failed) fail(failed);
        }
        if (broken_) return broken_;
        if (output_.size() <= max_waiting_bytes) sent_enough_.set();
        if (output_.empty()) {
            sent_.set();
            return {};
        }
        if (!std::exchange(sender_runs_, true))
            boost::asio::co_spawn(executor_, send_later(shared_from_this()), [](const std::exception_ptr&) {});
        return boost::asio::error::would_block;
    }

    /// Returns when nothing waits; throws when nothing can be sent any more.
    boost::asio::awaitable<void> wait_until_sent() {
        for (;;) {
            if (broken_) throw boost::system::system_error(broken_);
            if (output_.empty()) co_return;
            co_await sent_.wait_until(boost::asio::steady_timer::time_point::max());
        }
    }

    void close() noexcept {
        fail(boost::asio::error::operation_aborted);
        below_->close();
    }
    bool is_broken() const noexcept { return static_cast<bool>(broken_); }

    static bool is_would_block(const error_code& failed) {
        return failed == boost::asio::error::would_block || failed == boost::asio::error::try_again;
    }

private:
    /// More of it, and control frames wait, too; with them the reader, who answers with them.
    static constexpr std::size_t max_waiting_bytes = 64 * 1024;

    static error_code code_of(const std::exception_ptr& failed) {
        if (!failed) return {};
        try {
            std::rethrow_exception(failed);
        } catch (const boost::system::system_error& thrown) {
            return thrown.code();
        } catch (...) {
            return boost::asio::error::fault;
        }
    }

    static boost::asio::awaitable<void> send_later(std::shared_ptr<websocket_carrier> self) {
        while (!self->broken_ && !self->output_.empty()) {
            error_code failed;
            try {
                co_await self->below_->wait_writable();
            } catch (const boost::system::system_error& thrown) {
                failed = thrown.code();
            }
            if (failed) self->fail(failed);
            self->send();
        }
        self->sender_runs_ = false;
    }

    static boost::asio::awaitable<void> wait_for_room(std::shared_ptr<websocket_carrier> self) {
        for (;;) {
            if (self->broken_) throw boost::system::system_error(self->broken_);
            if (self->output_.size() <= max_waiting_bytes) co_return;
            co_await self->sent_enough_.wait_until(boost::asio::steady_timer::time_point::max());
        }
    }

    void fail(const error_code& why) noexcept {
        if (!broken_) broken_ = why;
        sent_.set();
        sent_enough_.set();
    }

    boost::asio::any_io_executor executor_;
    std::shared_ptr<transport> below_;
    protocol::byte_buffer output_;  // frames that the transport below has not taken yet
    async_event sent_;              // all of it
    async_event sent_enough_;       // for a control frame
    bool sender_runs_ = false;
    error_code broken_;  // why nothing can be sent any more
    std::exception_ptr failed_read_;
    std::size_t max_read_ = static_cast<std::size_t>(-1);
};

/// The same as Beast wants its streams, to read from asynchronously and to write to in both ways.
class websocket_lower_layer {
public:
    using executor_type = boost::asio::any_io_executor;

    explicit websocket_lower_layer(std::shared_ptr<websocket_carrier> carrier) : carrier_(std::move(carrier)) {}

    executor_type get_executor() const noexcept { return carrier_->executor(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        boost::asio::mutable_buffer into;  // the first that has room
        for (auto each = boost::asio::buffer_sequence_begin(buffers);
             each != boost::asio::buffer_sequence_end(buffers) && into.size() == 0; ++each)
            into = *each;
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [carrier = carrier_](auto handler, boost::asio::mutable_buffer room) {
                carrier->start_read(room, std::move(handler));
            },
            token, into);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [carrier = carrier_](auto handler, const Buffers& bytes) {
                carrier->start_write(bytes, std::move(handler));
            },
            token, buffers);
    }

    /// Takes all; the carrier sends it when it is told to.
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, boost::system::error_code& failed) {
        failed = {};
        return carrier_->add(buffers);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        return carrier_->add(buffers);
    }

    /// Have to be there beside `write_some`; nobody reads so.
    template <class Buffers>
    std::size_t read_some(const Buffers& /*buffers*/, boost::system::error_code& failed) {
        failed = boost::asio::error::operation_not_supported;
        return 0;
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& /*buffers*/) {
        throw boost::system::system_error(boost::asio::error::operation_not_supported);
    }

    /// Called by Beast when one of its time limits passes; it has none here.
    friend void beast_close_socket(websocket_lower_layer& stream) { stream.carrier_->close(); }

private:
    std::shared_ptr<websocket_carrier> carrier_;
};

/// Called by Beast behind the last frame: nothing is to be done, the session closes the transport itself.
inline void teardown(boost::beast::role_type /*role*/, websocket_lower_layer& /*stream*/,
                     boost::system::error_code& failed) {
    failed = {};
}

template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, websocket_lower_layer& stream, Handler&& handler) {
    boost::asio::post(stream.get_executor(),
                      boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::system::error_code()));
}

}  // namespace mote::nats::detail
