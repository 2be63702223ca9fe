#pragma once

#include <mote/micro/detail/endpoint_state.hpp>
#include <mote/micro/detail/stream_source.hpp>
#include <mote/micro/request.hpp>
#include <mote/nats/async_event.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace mote::micro::detail {

class stream_control;

/// Sends what the coroutine of one `reply_stream` yields, as far as its reader allows. On the connection's executor; the
/// coroutine itself may run elsewhere.
class stream_sender : public std::enable_shared_from_this<stream_sender> {
public:
    enum class ending {
        none,       ///< by itself
        cancelled,  ///< the reader wants no more
        given_up,   ///< the reader does not read, its deadline has passed, or the connection is gone
    };

    /// Runs the coroutine to its end on the executor of who awaits this, and answers the request with its items.
    static boost::asio::awaitable<void> send(stream_source source, request req);

    explicit stream_sender(std::shared_ptr<call_record> record);

    // for the control
    void grant(std::uint64_t items) noexcept;
    void stop(ending why) noexcept;

private:
    static boost::asio::awaitable<void> drive(std::shared_ptr<stream_sender> self, stream_source source,
                                              boost::asio::any_io_executor elsewhere);
    static boost::asio::awaitable<void> run(stream_sender* self, const stream_source* source,
                                            boost::asio::any_io_executor elsewhere);
    boost::asio::awaitable<void> advance_elsewhere(const stream_source* source, boost::asio::any_io_executor elsewhere);
    boost::asio::awaitable<void> wait_for_credit();
    boost::asio::awaitable<void> flush();

    void begin();
    void on_cancelled() noexcept;
    void end(const std::exception_ptr& failed) noexcept;
    bool stopped() const noexcept { return ending_ != ending::none; }
    bool sent_much() const noexcept;
    bool try_send(std::string_view control, std::string_view payload);

    std::shared_ptr<call_record> record_;
    endpoint_state* endpoint_;  // kept by the record
    nats::connection connection_;
    std::shared_ptr<stream_control> control_;  // null: the reader asked for no window
    std::string control_subject_;
    std::uint64_t credits_ = 0;
    std::uint64_t sent_ = 0;
    std::size_t unflushed_items_ = 0;
    std::size_t unflushed_bytes_ = 0;
    nats::headers headers_;
    bool has_own_headers_ = false;  // `headers_` has some of the last item's own
    nats::async_event changed_;     // credits have come, or it is stopped
    boost::asio::steady_timer deadline_;
    ending ending_ = ending::none;
    boost::asio::cancellation_signal stop_;  // ends what `drive` waits for
    // Ends what the coroutine waits for elsewhere; emitted there.
    std::shared_ptr<boost::asio::cancellation_signal> stop_elsewhere_;
    boost::asio::any_io_executor elsewhere_;
};

}  // namespace mote::micro::detail
