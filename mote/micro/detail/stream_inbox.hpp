#pragma once

#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::micro::detail {

/// What stands behind a reader: where the replies arrive, which one is due, and what the service is told.
class stream_inbox final : private nats::first_reply_handler {
public:
    stream_inbox(const nats::connection& connection, std::string subject, stream_options opts);
    stream_inbox(const stream_inbox&) = delete;
    stream_inbox& operator=(const stream_inbox&) = delete;
    virtual ~stream_inbox() = default;

    void ask(std::string_view payload);
    static boost::asio::awaitable<std::optional<nats::message>> next(std::shared_ptr<stream_inbox> self);
    void when_whole(whole_reply_handler& who);
    void cancel() noexcept;
    std::uint64_t received() const noexcept { return received_; }
    bool ended() const noexcept { return ended_; }

private:
    bool on_first_reply(const nats::message_view* reply) noexcept override;
    std::chrono::nanoseconds longest_wait() const;
    [[noreturn]] void closed();
    bool is_item(const nats::message& reply);
    void count(const nats::message& item);
    void end() noexcept;
    [[noreturn]] void lost(const std::string& detail);

    nats::connection connection_;
    std::string subject_;
    stream_options opts_;
    nats::replies replies_;
    whole_reply_handler* whole_ = nullptr;  // until it was told
    std::string control_;  // where the service takes orders; empty before the first item, and without a window
    std::uint64_t received_ = 0;
    std::uint64_t unpaid_ = 0;  // items taken of which the service does not know
    bool ended_ = false;
};

}  // namespace mote::micro::detail
