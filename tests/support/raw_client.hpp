#pragma once

#include <tests/support/deadline.hpp>
#include <tests/support/raw_frame.hpp>
#include <tests/support/unique_fd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::test {

/// How far the constructor of `raw_client` goes.
enum class raw_handshake {
    info_only,  // reads INFO and sends nothing
    full,       // sends CONNECT and PING, and waits for the PONG
};

/// What a `raw_client` says about itself.
struct raw_client_options {
    raw_handshake handshake = raw_handshake::full;
    std::string user;  // with `password`
    std::string password;
    std::string token;
    std::string connect;       // the whole JSON of CONNECT instead of the usual one
    bool every_frame = false;  // also INFO and PING are returned, and a PING is not answered: for who looks at the wire
};

/// A blocking client that speaks the protocol in plain bytes and shares no code with the library, so that a bug there
/// cannot hide. One thread at a time. Every wait is bounded; what goes wrong is a `std::runtime_error` that says what.
class raw_client {
public:
    using milliseconds = std::chrono::milliseconds;
    static constexpr milliseconds usual_timeout{5000};

    /// Connects to 127.0.0.1. Throws with the server's text when it refuses.
    explicit raw_client(std::uint16_t port, raw_client_options options = {});

    /// The JSON of the last INFO.
    const std::string& info() const noexcept { return info_; }

    /// Sends bytes as they are.
    void send(std::string_view bytes);

    /// The next whole frame with its payload and final CR LF; throws when none comes in time or the server has closed.
    std::string read_frame(milliseconds timeout = usual_timeout);
    /// The same, but nothing when none comes in time.
    std::optional<std::string> try_read_frame(milliseconds timeout);
    /// True when the server closes the connection in time; frames before that are dropped.
    bool wait_for_close(milliseconds timeout = usual_timeout);

    /// Subscribes with a new sid, which it returns. Call `flush` to be sure that the server knows.
    std::string subscribe(std::string_view subject, std::string_view queue_group = {});
    /// Headers, when there are any, are a whole block: "NATS/1.0\r\nName: value\r\n\r\n".
    void publish(std::string_view subject, std::string_view payload, std::string_view headers = {},
                 std::string_view reply = {});
    /// PING, and waits for the PONG; frames that come before it stay for `read_frame`.
    void flush(milliseconds timeout = usual_timeout);

    /// Publishes with a fresh inbox as the reply subject and returns the frames that come to it: at most `want`, fewer when
    /// the time is over. Other frames that come meanwhile stay for `read_frame`.
    std::vector<std::string> request(std::string_view subject, std::string_view headers, std::string_view payload,
                                     std::size_t want = 1, milliseconds timeout = usual_timeout);

private:
    using frame_filter = std::function<bool(const raw_frame&)>;

    std::optional<std::string> next_matching(const frame_filter& wanted, const deadline& limit);
    std::optional<std::string> receive(const deadline& limit);
    bool read_more(const deadline& limit);
    std::string connect_json() const;

    raw_client_options options_;
    unique_fd socket_;
    std::string info_;
    std::string unread_;             // bytes behind the last whole frame
    std::deque<std::string> aside_;  // frames that came while another was waited for
    std::string inbox_prefix_;
    std::uint64_t last_sid_ = 0;
};

}  // namespace mote::test
