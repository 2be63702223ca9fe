#pragma once

#include <mote/micro/detail/call.hpp>
#include <mote/nats/headers.hpp>

#include <string_view>

namespace mote::micro {

/// A request to an endpoint. In a handler that takes `request&` its views look into the read buffer and end with the
/// handler; move the request to keep it (that copies the message), and answer later. A request that ends without an
/// answer is answered 500 `no response`. `respond` and the destructor may be used on any thread, one at a time.
class request {
public:
    request(detail::endpoint_state& endpoint, const nats::message_view& message) : call_(endpoint, message) {}

    std::string_view data() const noexcept { return call_.message().payload; }
    std::string_view subject() const noexcept { return call_.message().subject; }
    std::string_view reply() const noexcept { return call_.message().reply; }
    const nats::headers_view& headers() const noexcept { return call_.message().headers; }
    /// False when the message was published without a reply subject: then a response is dropped and counted.
    bool wants_reply() const noexcept { return !reply().empty(); }

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
    detail::call call_;
};

/// A message to an event endpoint: there is nothing to respond with. Lives as a request does. A sender that did ask for
/// a reply gets an empty one when the handler has ended, or the error that it threw.
class event {
public:
    event(detail::endpoint_state& endpoint, const nats::message_view& message) : call_(endpoint, message) {}

    std::string_view data() const noexcept { return call_.message().payload; }
    std::string_view subject() const noexcept { return call_.message().subject; }
    const nats::headers_view& headers() const noexcept { return call_.message().headers; }

private:
    friend class detail::endpoint_state;
    detail::call call_;
};

}  // namespace mote::micro
