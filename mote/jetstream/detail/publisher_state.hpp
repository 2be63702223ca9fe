#pragma once

#include <mote/jetstream/publisher.hpp>
#include <mote/nats/async_event.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream::detail {

/// What stands behind a publisher. Everything happens on the connection's executor.
///
/// A message in flight has a slot. The subject that its answer comes to is `<inbox>.<slot>-<number>`, so answers that come
/// late find another number in the slot, and mean nothing. A coroutine, `watch`, sends again and gives up.
class publisher_state : public std::enable_shared_from_this<publisher_state> {
public:
    using clock = std::chrono::steady_clock;

    publisher_state(context js, publisher_options opts);
    publisher_state(const publisher_state&) = delete;
    publisher_state& operator=(const publisher_state&) = delete;
    ~publisher_state() = default;

    void start();
    void abandon() noexcept;

    const context& js() const noexcept { return js_; }
    /// True when a message of so many bytes may go now.
    bool may_send(std::size_t bytes) const noexcept { return waiting_.empty() && has_room(bytes); }
    std::uint64_t send(std::string_view subject, std::string_view payload, nats::headers headers, bool identified);
    static boost::asio::awaitable<std::uint64_t> wait_and_send(std::shared_ptr<publisher_state> self,
                                                               std::string subject, std::string payload,
                                                               nats::headers headers, bool identified);
    static boost::asio::awaitable<std::size_t> complete(std::shared_ptr<publisher_state> self,
                                                        clock::time_point deadline);
    publisher_stats stats() const noexcept;
    static std::size_t bytes_of(std::string_view subject, std::string_view payload,
                                const nats::headers& headers) noexcept {
        return subject.size() + payload.size() + headers.lines().size();
    }

private:
    struct slot {
        std::size_t index = 0;     // of itself
        std::uint64_t number = 0;  // 0: free
        std::string bytes{};       // subject, then payload
        std::size_t subject_size = 0;
        nats::headers headers{};
        bool identified = false;    // may be sent again where it may be stored already
        bool nobody = false;        // there was no stream, and it waits for its next try
        int tries = 0;              // on this link
        std::uint64_t link = 0;     // how many reconnects there were when it was sent
        clock::time_point asked{};  // since then it is tried, on this link
        clock::time_point sent{};   // the last time

        std::string_view subject() const noexcept { return std::string_view(bytes).substr(0, subject_size); }
        std::string_view payload() const noexcept { return std::string_view(bytes).substr(subject_size); }
        std::size_t size() const noexcept { return bytes.size() + headers.lines().size(); }
    };

    bool has_room(std::size_t bytes) const noexcept;
    std::size_t take_slot();
    void set_reply(std::size_t index, std::uint64_t number);
    slot* find(std::string_view subject) noexcept;
    void on_answer(const nats::message_view& message);
    publish_outcome outcome_of(std::uint64_t number, std::string_view answer) const;
    void fail(slot& done, const boost::system::error_code& why, std::string text);
    void finish(slot& done, const publish_outcome& outcome);
    void fail_all(const boost::system::error_code& why, const std::string& text);
    void wake_waiting() noexcept;
    bool send_again(slot& again, clock::time_point now);
    void look(clock::time_point now);
    void look_at(slot& each, clock::time_point now);
    void after_reconnect(clock::time_point now);
    std::vector<slot*> in_flight();
    static boost::asio::awaitable<void> watch(std::shared_ptr<publisher_state> self);

    context js_;
    publisher_options opts_;
    nats::subscription inbox_{};
    std::string reply_{};         // the inbox and a dot, and behind it the last answer's token
    std::size_t inbox_size_ = 0;  // of that, what stays
    std::deque<slot> slots_{};    // no more than max_in_flight; they stay where they are
    std::vector<std::size_t> free_{};
    std::uint64_t last_number_ = 0;
    publisher_stats counts_{};
    std::uint64_t reconnects_ = 0;  // that are known
    bool stopped_ = false;
    boost::system::error_code failure_{};  // nothing can be published any more
    std::string failure_text_{};
    std::deque<nats::async_event*> waiting_{};  // for room, in the order of their calls
    std::vector<std::shared_ptr<nats::async_event>> completions_{};
    nats::async_event wake_;  // for `watch`
};

}  // namespace mote::jetstream::detail
