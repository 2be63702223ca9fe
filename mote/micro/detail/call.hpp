#pragma once

#include <mote/micro/detail/call_owner.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/message.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::micro {
struct endpoint_info;
class next;
}  // namespace mote::micro

namespace mote::micro::detail {

struct call_notes;
class endpoint_state;
class stream_sender;
class work_state;

/// One call of an endpoint from its message to its end, when it is counted and, if nothing was answered, answered as
/// the kind of endpoint asks for. It ends when its record is destroyed.
struct call_record {
    using time_point = std::chrono::steady_clock::time_point;

    call_record(call_owner* called, const nats::message_view* received) : endpoint(called), message(received) {}
    call_record(const call_record&) = delete;
    call_record& operator=(const call_record&) = delete;
    ~call_record() {
        if (endpoint != nullptr) endpoint->finish(*this);
        if (notes != nullptr) [[unlikely]]
            end_notes();
    }

    call_owner* endpoint;  // null once another record took the call over
    const nats::message_view* message;
    std::optional<time_point> deadline;  // until `deadline_known`, what the message says is not looked at yet
    bool deadline_known = false;
    bool in_place = true;  // its message is in the read buffer, so that it is on the executor
    // A request that was moved to another thread may be answered there while its handler throws on the executor.
    std::atomic<int> status = 0;  // of the first answer: 200, or that of a service error; 0: not answered
    std::atomic<bool> failed = false;
    std::shared_ptr<call_notes> notes{};  // null until somebody watches the call

private:
    void end_notes() const;
};

/// What `request` and `event` are made of: a record in place while the message is borrowed from the read buffer, a
/// shared one that owns the message after a move. A call that was moved from has neither, and an empty message.
class call {
public:
    call(call_owner& endpoint, const nats::message_view& message) { borrowed_.emplace(&endpoint, &message); }
    explicit call(std::shared_ptr<call_record> shared) noexcept : shared_(std::move(shared)) {}
    // It copies the message, which may fail. NOLINTNEXTLINE(performance-noexcept-move-constructor)
    call(call&& other) : shared_(other.share()) { other.shared_ = nullptr; }
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    call& operator=(call&&) = delete;
    ~call() = default;

    const nats::message_view& message() const noexcept {
        const auto* const current = record();
        return current != nullptr ? *current->message : no_message;
    }
    /// Of the endpoint; an empty one for a call that was moved from.
    const endpoint_info& endpoint() const noexcept;
    /// The name of the service that was asked; empty for a call that was moved from.
    const std::string& service() const noexcept;
    std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept;
    int status() const noexcept;
    void respond(std::string_view payload, const nats::headers* headers) {
        auto* const current = record();
        if (current == nullptr) return;
        current->endpoint->respond(*current, payload, headers);
        if (current->notes != nullptr) [[unlikely]]
            note_answer(*current, payload, headers);
    }
    void respond_error(int status, std::string_view description, std::string_view data, const nats::headers& headers);
    /// Answers and counts the exception that is being handled; does nothing for a call that moved on.
    void fail_with_current_exception() noexcept;
    /// Makes the call own its message. The call does not end before what comes back is gone.
    std::shared_ptr<call_record> share();

private:
    friend struct call_notes;
    call_record* record() noexcept { return shared_ ? shared_.get() : borrowed_ ? &*borrowed_ : nullptr; }
    const call_record* record() const noexcept { return shared_ ? shared_.get() : borrowed_ ? &*borrowed_ : nullptr; }
    static void note_answer(const call_record& record, std::string_view payload, const nats::headers* headers);

    static constexpr nats::message_view no_message{};

    mutable std::optional<call_record> borrowed_;
    std::shared_ptr<call_record> shared_;
};

}  // namespace mote::micro::detail
