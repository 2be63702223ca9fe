#pragma once

#include <mote/gateway/detail/going_call.hpp>
#include <mote/gateway/gateway_metrics.hpp>
#include <mote/http/exchange.hpp>
#include <mote/micro/stream_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>

namespace mote::gateway::detail {

/// A call whose body is at hand, without a coroutine: the request goes out where its head was read, and the answer where its
/// message is read. Whatever is not one whole answer, a coroutine goes on with. On the connection's executor.
class whole_call : public micro::whole_reply_handler,
                   public http::open_handler,
                   public std::enable_shared_from_this<whole_call> {
public:
    explicit whole_call(http::exchange& asked) noexcept : asked_(asked) {}
    whole_call(const whole_call&) = delete;
    whole_call& operator=(const whole_call&) = delete;
    virtual ~whole_call() = default;

    http::exchange& asked() const noexcept { return asked_; }
    virtual const call_head& head() const noexcept = 0;

    /// Asks. Throws as `micro::read_stream`, and then nothing has been sent.
    void begin(going_call call, gateway_metrics& metrics);

    // For who reads the answer, and for the exchange.
    void on_whole_reply(const nats::message_view& reply) noexcept override;
    void on_other_reply() noexcept override;
    void on_gone() noexcept override;

private:
    /// It has ended; `status` was sent, or is that of a `broken_answer`. Zero: none, as the peer had gone.
    virtual void ended(int status) noexcept = 0;

    void go_on();
    static boost::asio::awaitable<void> rest(std::shared_ptr<whole_call> self);
    void answer(const nats::message_view& reply);
    void conclude(bool good, int broken = 0) noexcept;

    http::exchange& asked_;
    std::optional<going_call> call_;
    gateway_metrics* metrics_ = nullptr;
    std::optional<invocation> counted_;
    std::optional<micro::reply_reader> items_;
    http::open_request open_;
    bool over_ = false;
};

}  // namespace mote::gateway::detail
