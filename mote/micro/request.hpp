#pragma once

#include <mote/micro/detail/call.hpp>
#include <mote/nats/headers.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace mote::micro {

/// A request to an endpoint. In a handler that takes `request&` its views look into the read buffer and end with the
/// handler; move the request to keep it (that copies the message), and answer later. A request that ends without an
/// answer is answered 500 `no response`. All members and the destructor may be used on any thread, one at a time.
///
/// One that is kept outlives its service, which may be stopped and destroyed meanwhile: it keeps its endpoint and the
/// connection. Its answer is sent as long as the connection is open. After that `respond` throws nats `errc::closed` on the
/// connection's thread; on another one it does nothing but an `error` event of the connection. Only the executor's
/// context (`io_context`) has to be there until the last request has ended; when nobody runs it any more, nothing is sent.
class request {
public:
    request(detail::call_owner& endpoint, const nats::message_view& message) : call_(endpoint, message) {}
    explicit request(std::shared_ptr<detail::call_record> record) noexcept : call_(std::move(record)) {}

    std::string_view data() const noexcept { return call_.message().payload; }
    std::string_view subject() const noexcept { return call_.message().subject; }
    std::string_view reply() const noexcept { return call_.message().reply; }
    const nats::headers_view& headers() const noexcept { return call_.message().headers; }
    /// False when the message was published without a reply subject: then a response is dropped and counted.
    bool wants_reply() const noexcept { return !reply().empty(); }
    /// The endpoint that was asked.
    const endpoint_info& endpoint() const noexcept { return call_.endpoint(); }

    /// Until when the caller waits for the answer; nothing when it did not say (`Mote-Deadline-Ms`, docs/protocol.md).
    std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept { return call_.deadline(); }
    /// What is left of that; zero when the caller has gone.
    std::optional<std::chrono::nanoseconds> time_left() const noexcept {
        const auto due = deadline();
        if (!due) return std::nullopt;
        const std::chrono::nanoseconds left = *due - std::chrono::steady_clock::now();
        return left.count() > 0 ? left : std::chrono::nanoseconds::zero();
    }
    /// Of the first answer so far: 200, or that of a service error; 0 before there is one.
    int status() const noexcept { return call_.status(); }

    /// Answers. May be called several times: each is a reply of its own.
    /// Throws nats `errc::max_payload_exceeded`, `errc::outbound_buffer_full`, `errc::closed`; from a thread other than
    /// the executor's these are an `error` event of the connection, and nobody is answered.
    void respond(std::string_view data) { call_.respond(data, nullptr); }
    void respond(std::string_view data, const nats::headers& headers) { call_.respond(data, &headers); }
    /// Answers with a service error (`Nats-Service-Error` and `-Code`); `headers` of the same names win.
    /// Throws std::invalid_argument for a status outside 100..999 or an empty description, and sends nothing then.
    void respond_error(int status, std::string_view description, std::string_view data = {},
                       const nats::headers& headers = {}) {
        call_.respond_error(status, description, data, headers);
    }

private:
    friend class detail::endpoint_state;
    friend class detail::stream_sender;
    friend class detail::work_state;
    friend class next;
    friend struct detail::call_notes;
    detail::call call_;
};

/// A message to an event endpoint: there is nothing to respond with. Lives as a request does. A sender that did ask for
/// a reply gets an empty one when the handler has ended, or the error that it threw.
class event {
public:
    /// Looks at a request that somebody else keeps.
    explicit event(request& borrowed) noexcept : request_(&borrowed) {}
    /// It copies the message, which may fail.
    explicit event(request&& owned) : owned_(std::move(owned)), request_(&*owned_) {}
    // It copies the message of one that is borrowed. NOLINTNEXTLINE(performance-noexcept-move-constructor)
    event(event&& other) : owned_(std::move(*other.request_)), request_(&*owned_) {}
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    event& operator=(event&&) = delete;
    ~event() = default;

    std::string_view data() const noexcept { return request_->data(); }
    std::string_view subject() const noexcept { return request_->subject(); }
    const nats::headers_view& headers() const noexcept { return request_->headers(); }
    const endpoint_info& endpoint() const noexcept { return request_->endpoint(); }
    /// As those of a request, for a sender that waits until the event is handled.
    std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept { return request_->deadline(); }
    std::optional<std::chrono::nanoseconds> time_left() const noexcept { return request_->time_left(); }

private:
    friend struct detail::call_notes;
    std::optional<request> owned_;
    request* request_;
};

}  // namespace mote::micro
