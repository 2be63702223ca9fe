#pragma once

#include <mote/nats/headers.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace mote::nats {

/// A received message, seen in the connection's read buffer. Valid only until the handler that got it returns:
/// make a `message` of it to keep it.
struct message_view {
    std::string_view subject;
    std::string_view reply;  ///< empty when the sender expects no answer
    headers_view headers;
    std::string_view payload;
};

/// A received message that owns its bytes, in one allocation. Copies are deep.
class message {
public:
    message() = default;
    explicit message(const message_view& view);
    message(const message& other) : message(other.view_) {}
    message(message&& other) noexcept
        : bytes_(std::move(other.bytes_)), view_(std::exchange(other.view_, message_view{})) {}
    message& operator=(const message& other) { return *this = message(other); }
    message& operator=(message&& other) noexcept {
        bytes_ = std::move(other.bytes_);
        view_ = std::exchange(other.view_, message_view{});
        return *this;
    }
    ~message() = default;

    std::string_view subject() const noexcept { return view_.subject; }
    std::string_view reply() const noexcept { return view_.reply; }
    std::string_view payload() const noexcept { return view_.payload; }
    const headers_view& headers() const noexcept { return view_.headers; }
    /// The inline status (0 when there is none): 503 no responders, 404, 408, 409, 100 of JetStream.
    int status() const noexcept { return view_.headers.status(); }
    const message_view& view() const noexcept { return view_; }

private:
    std::unique_ptr<char[]> bytes_;
    message_view view_;
};

}  // namespace mote::nats
