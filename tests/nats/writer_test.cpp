#include <mote/nats/protocol/writer.hpp>

#include <mote/nats/headers.hpp>
#include <mote/nats/protocol/parser.hpp>
#include <tests/nats/frame_feed.hpp>
#include <tests/nats/recordings.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace mote::nats::protocol {
namespace {

template <class... Arguments>
std::string written(void (*write)(byte_buffer&, Arguments...), std::type_identity_t<Arguments>... arguments) {
    byte_buffer out;
    write(out, arguments...);
    return std::string(out.data());
}

std::string hpub(std::string_view subject, std::string_view reply, const headers& fields, std::string_view payload) {
    return written(write_hpub, subject, reply, fields, header_block_size(fields), payload);
}

TEST(writer, writes_each_operation) {
    EXPECT_EQ(written(write_connect, R"({"verbose":false})"), "CONNECT {\"verbose\":false}\r\n");
    EXPECT_EQ(written(write_ping), "PING\r\n");
    EXPECT_EQ(written(write_pong), "PONG\r\n");
    EXPECT_EQ(written(write_sub, "a.*", "", 7), "SUB a.* 7\r\n");
    EXPECT_EQ(written(write_sub, "a.>", "q", UINT64_MAX), "SUB a.> q 18446744073709551615\r\n");
    EXPECT_EQ(written(write_unsub, 7, 0), "UNSUB 7\r\n");
    EXPECT_EQ(written(write_unsub, UINT64_MAX, UINT64_MAX), "UNSUB 18446744073709551615 18446744073709551615\r\n");
    EXPECT_EQ(written(write_pub, "a", "", "hi"), "PUB a 2\r\nhi\r\n");
    EXPECT_EQ(written(write_pub, "a", "_INBOX.x", ""), "PUB a _INBOX.x 0\r\n\r\n");
}

TEST(writer, writes_headers_in_their_order_with_repeated_names) {
    const headers fields{{"A", "1"}, {"B", ""}, {"A", "2"}};
    EXPECT_EQ(hpub("a", "r", fields, "hi"), "HPUB a r 29 31\r\nNATS/1.0\r\nA: 1\r\nB: \r\nA: 2\r\n\r\nhi\r\n");
    EXPECT_EQ(hpub("a", "", fields, ""), "HPUB a 29 29\r\nNATS/1.0\r\nA: 1\r\nB: \r\nA: 2\r\n\r\n\r\n");
}

TEST(writer, a_value_cannot_start_a_header_or_an_operation) {
    const headers fields{{"A", "1\r\n\r\nPUB x 1\r\ny\r\n"}};
    EXPECT_EQ(hpub("a", "", fields, ""), "HPUB a 32 32\r\nNATS/1.0\r\nA: 1    PUB x 1  y\r\n\r\n\r\n");
}

TEST(writer, knows_the_size_of_a_header_block) {
    EXPECT_EQ(header_block_size({}), 0u);
    EXPECT_EQ(header_block_size({{"A", "b"}}), std::string_view("NATS/1.0\r\nA: b\r\n\r\n").size());
    EXPECT_EQ(header_block_size({{"A", ""}, {"A", ""}}), std::string_view("NATS/1.0\r\nA: \r\nA: \r\n\r\n").size());
}

TEST(writer, appends_behind_what_is_there) {
    byte_buffer out;
    write_ping(out);
    write_sub(out, "a", "", 1);
    write_pub(out, "a", "", std::string(100000, 'x'));
    write_unsub(out, 1, 0);
    EXPECT_EQ(out.data(), "PING\r\nSUB a 1\r\nPUB a 100000\r\n" + std::string(100000, 'x') + "\r\nUNSUB 1\r\n");
}

TEST(writer, is_read_back_as_it_was_written) {
    byte_buffer out;
    write_connect(out, "{}");
    write_sub(out, "a.>", "q", UINT64_MAX);
    write_unsub(out, UINT64_MAX, 3);
    const std::string payload("\r\n\0MSG", 6);
    write_pub(out, "a", "r", payload);
    const headers fields{{"Nats-Msg-Id", "1"}, {"X", "ä"}, {"X", ""}};
    write_hpub(out, "a", "", fields, header_block_size(fields), payload);
    write_pong(out);
    frame_feed feed(parse_client_frame);
    feed.take(out.data());
    EXPECT_EQ(feed.error(), parse_error::none);
    EXPECT_EQ(feed.lines(),
              (std::vector<std::string>{
                  "connect [{}]", "sub [a.>] [q] 18446744073709551615", "unsub 18446744073709551615 3",
                  "pub [a] [r] [] [" + payload + "]",
                  "pub [a] [] [NATS/1.0\r\nNats-Msg-Id: 1\r\nX: ä\r\nX: \r\n\r\n] [" + payload + "]", "pong"}));
}

void write_again(byte_buffer& out, const frame& each) {
    switch (each.op) {
        case operation::connect: return write_connect(out, each.text);
        case operation::ping: return write_ping(out);
        case operation::pong: return write_pong(out);
        case operation::sub: return write_sub(out, each.subject, each.reply, each.sid);
        case operation::unsub: return write_unsub(out, each.sid, each.max);
        case operation::pub: {
            if (each.headers.empty()) return write_pub(out, each.subject, each.reply, each.payload);
            const headers fields(each.headers);
            return write_hpub(out, each.subject, each.reply, fields, header_block_size(fields), each.payload);
        }
        default: FAIL() << "not an operation of a client";
    }
}

TEST(writer, writes_what_the_go_client_was_recorded_to_write) {
    const auto recorded = test::load_recordings();
    if (recorded.empty()) GTEST_SKIP() << "no shared directory with recordings";
    ASSERT_GT(recorded.from_client.size(), 300u);
    for (auto bytes : recorded.from_client) {
        frame parsed;
        ASSERT_EQ(parse_client_frame(bytes, parsed).status, parse_result::kind::complete) << bytes;
        byte_buffer out;
        write_again(out, parsed);
        // The Go client sends the blanks around a value, and leaves the place of an absent queue group or maximum empty.
        if (bytes.find(":   spaced  \r\n") != std::string::npos) continue;
        if (parsed.op == operation::sub && parsed.reply.empty()) bytes.erase(bytes.find("  "), 1);
        if (parsed.op == operation::unsub && parsed.max == 0) bytes.erase(bytes.rfind(' '), 1);
        EXPECT_EQ(out.data(), bytes);
    }
}

}  // namespace
}  // namespace mote::nats::protocol
