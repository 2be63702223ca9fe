#pragma once

#include <mote/nats/async_event.hpp>
#include <mote/nats/message.hpp>
#include <mote/nats/replies.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {

/// One request that waits for its first reply, or for many. Slots and their timers are used again.
struct pending_request {
    using time_point = std::chrono::steady_clock::time_point;

    explicit pending_request(const boost::asio::any_io_executor& executor) : done(executor) {}
    std::string subject;  // for the error text
    message reply;
    boost::system::error_code failure;
    async_event done;
    std::uint32_t generation = 0;
    bool waiting = false;
    bool answered = false;                    // by one reply at least
    time_point deadline = time_point::max();  // for `request_table::expire`

    // Of one that waits for many: `done` says that there is something new.
    std::size_t most = 0;                  // replies that may wait here; 0: it waits for one only
    bool over = false;                     // nobody wants more
    first_reply_handler* first = nullptr;  // until it was told
    std::vector<message> later;
    std::size_t taken = 0;  // of `later`

    /// False when there is no room for it.
    bool keep(const message_view& reply);
    std::optional<message> take();
    /// What came is the first handler's. True: it has taken it, and this may be closed.
    bool is_taken_at_once(const message_view& reply);
    void fail(const boost::system::error_code& why);
};

/// The requests that share the wildcard inbox. The last token of a reply subject is a slot and a generation.
class request_table {
public:
    struct ticket {
        std::size_t slot = 0;
        std::uint32_t generation = 0;
    };

    /// Takes a slot, for one reply. Throws `errc::outbound_buffer_full` past `max_requests` at once.
    ticket open(const boost::asio::any_io_executor& executor, std::string_view subject);
    pending_request& at(const ticket& opened) { return *slots_[opened.slot]; }
    void close(const ticket& opened);
    /// Appends the last token of the ticket's reply subject.
    static void append_token(const ticket& opened, std::string& out);
    /// The request that a token belongs to, if it still waits.
    pending_request* find(std::string_view token) noexcept;
    /// The request that waits when no other one does, and none has ended without its answer: that may still come. Looks
    /// through all slots.
    pending_request* only_one() noexcept;
    /// Whether none waits, and an answer may still come to one that has ended.
    bool only_late_ones() const noexcept { return late_ && slots_.size() == free_.size(); }
    /// From now on no reply comes to one that has ended.
    void forget_late_ones() noexcept { late_ = false; }
    void fail_all(const boost::system::error_code& failure);
    /// Fails the requests for this subject; true when there was one.
    bool fail_subject(std::string_view subject, const boost::system::error_code& failure);
    /// Fails those whose deadline has come with `errc::timeout`. Returns the first deadline of the others, `max()` when there
    /// is none.
    pending_request::time_point expire(pending_request::time_point now);

private:
    static constexpr std::size_t max_requests = 1U << 20;
    std::vector<std::unique_ptr<pending_request>> slots_;
    std::vector<std::size_t> free_;
    bool late_ = false;  // one was closed that may still be answered
};

}  // namespace mote::nats::detail
