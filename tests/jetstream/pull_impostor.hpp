#pragma once

#include <tests/jetstream/jobs.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/raw_frame.hpp>

namespace mote::jetstream {

/// Sees the requests for messages, and speaks in the server's place to the inbox that the last one named.
class impostor {
public:
    explicit impostor(const nats_server& server) : client_(server.port()) {
        client_.subscribe("$JS.API.CONSUMER.MSG.NEXT.>");
        client_.flush();
    }
    /// The body of a request that has come; empty when there is none.
    std::string try_request() {
        const auto bytes = client_.try_read_frame(test::raw_client::milliseconds(1));
        if (!bytes) return {};
        const auto frame = test::parse_raw_frame(*bytes);
        inbox_ = frame.reply;
        return std::string(frame.payload);
    }
    const std::string& inbox() const { return inbox_; }
    void say(std::string_view line, std::string_view fields = {}) {
        std::string block = "NATS/1.0 ";
        block += line;
        block += "\r\n";
        block += fields;
        block += "\r\n";
        client_.send(test::raw_publish(inbox_, "", block, ""));
        client_.flush();
    }

private:
    test::raw_client client_;
    std::string inbox_;
};

/// The body of the next request.
inline awaitable<std::string> next_request(impostor& other) {
    std::string body;
    EXPECT_TRUE(co_await eventually([&] { return !(body = other.try_request()).empty(); }));
    co_return body;
}

}  // namespace mote::jetstream
