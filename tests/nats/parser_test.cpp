#include <mote/nats/protocol/parser.hpp>

#include <tests/nats/frame_feed.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::protocol {
namespace {

using namespace std::string_literals;
using lines = std::vector<std::string>;

/// The frames that `bytes` are, given all at once; with the error as the last line, when there is one.
lines parse_all(parse_function parse, std::string_view bytes, limits bounds = {}) {
    frame_feed feed(parse, bounds);
    feed.take(bytes);
    auto found = feed.lines();
    if (feed.error() != parse_error::none) found.push_back("error: " + std::string(describe(feed.error())));
    return found;
}
lines from_server(std::string_view bytes, limits bounds = {}) { return parse_all(parse_server_frame, bytes, bounds); }
lines from_client(std::string_view bytes, limits bounds = {}) { return parse_all(parse_client_frame, bytes, bounds); }

parse_error server_error(std::string_view bytes, limits bounds = {}) {
    frame_feed feed(parse_server_frame, bounds);
    feed.take(bytes);
    return feed.error();
}
parse_error client_error(std::string_view bytes, limits bounds = {}) {
    frame_feed feed(parse_client_frame, bounds);
    feed.take(bytes);
    return feed.error();
}

// ---- what a server sends

TEST(server_frame, without_arguments) {
    EXPECT_EQ(from_server("PING\r\nPONG\r\n+OK\r\n"), (lines{"ping", "pong", "ok"}));
}

TEST(server_frame, info_carries_json_at_any_time) {
    EXPECT_EQ(from_server("INFO {\"a\":\"b c\"}\r\nPING\r\nINFO \t{} \r\nINFO\r\n"),
              (lines{R"(info [{"a":"b c"}])", "ping", "info [{}]", "info []"}));
}

TEST(server_frame, error_is_the_text_between_the_quotes) {
    EXPECT_EQ(
        from_server("-ERR 'Permissions Violation for Publish to \"a.'b'\"'\r\n-ERR  no quotes \r\n-ERR '\r\n-ERR\r\n"),
        (lines{R"(err [Permissions Violation for Publish to "a.'b'"])", "err [no quotes]", "err [']", "err []"}));
}

TEST(server_frame, message_with_and_without_reply) {
    EXPECT_EQ(from_server("MSG a.b 7 5\r\nhello\r\nMSG a.b 7 _INBOX.x 0\r\n\r\n"),
              (lines{"msg [a.b] [] 7 [] [hello]", "msg [a.b] [_INBOX.x] 7 [] []"}));
}

TEST(server_frame, payload_is_any_bytes) {
    const std::string payload("\r\nPING\r\n\0MSG x 1 1\r\n", 20);
    EXPECT_EQ(from_server("MSG a 1 20\r\n" + payload + "\r\nPING\r\n"),
              (lines{"msg [a] [] 1 [] [" + payload + "]", "ping"}));
}

TEST(server_frame, message_with_headers) {
    EXPECT_EQ(from_server("HMSG a 1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nHMSG a 1 r 12 12\r\nNATS/1.0\r\n\r\n\r\n"),
              (lines{"msg [a] [] 1 [NATS/1.0\r\nA: b\r\n\r\n] [hi]", "msg [a] [r] 1 [NATS/1.0\r\n\r\n] []"}));
}

TEST(server_frame, no_responders_has_an_inline_status) {
    EXPECT_EQ(from_server("HMSG _INBOX.x 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"),
              (lines{"msg [_INBOX.x] [] 1 [NATS/1.0 503\r\n\r\n] []"}));
}

TEST(server_frame, operation_is_read_in_any_case) {
    EXPECT_EQ(
        from_server("ping\r\nmsg a 1 1\r\nx\r\nHmSg a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n+ok\r\n-err 'x'\r\ninfo {}\r\n"),
        (lines{"ping", "msg [a] [] 1 [] [x]", "msg [a] [] 1 [NATS/1.0\r\n\r\n] []", "ok", "err [x]", "info [{}]"}));
}

TEST(server_frame, arguments_are_divided_by_any_blanks) {
    EXPECT_EQ(
        from_server("MSG  a\t1   r \t 1 \r\nx\r\nMSG\ta 1 1\r\ny\r\nHMSG \ta\t1  12\t13\t\r\nNATS/1.0\r\n\r\nz\r\n"),
        (lines{"msg [a] [r] 1 [] [x]", "msg [a] [] 1 [] [y]", "msg [a] [] 1 [NATS/1.0\r\n\r\n] [z]"}));
}

TEST(server_frame, line_may_end_with_a_bare_line_feed) {
    EXPECT_EQ(from_server("PING\nMSG a 1 1\nx\r\nINFO {}\n"), (lines{"ping", "msg [a] [] 1 [] [x]", "info [{}]"}));
}

TEST(server_frame, numbers_have_their_whole_range) {
    EXPECT_EQ(from_server("MSG a 18446744073709551615 1\r\nx\r\nMSG a 0 00000000000000000000001\r\nx\r\n"),
              (lines{"msg [a] [] 18446744073709551615 [] [x]", "msg [a] [] 0 [] [x]"}));
}

// ---- what a client sends

TEST(client_frame, without_payload) {
    EXPECT_EQ(
        from_client(
            "CONNECT {\"verbose\":false}\r\nPING\r\nPONG\r\nSUB a.* 1\r\nSUB a.> q 2\r\nUNSUB 1\r\nUNSUB 2 10\r\n"),
        (lines{R"(connect [{"verbose":false}])", "ping", "pong", "sub [a.*] [] 1", "sub [a.>] [q] 2", "unsub 1 0",
               "unsub 2 10"}));
}

TEST(client_frame, publish_with_and_without_reply_and_headers) {
    EXPECT_EQ(from_client("PUB a 2\r\nhi\r\nPUB a r 0\r\n\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB a r 12 "
                          "12\r\nNATS/1.0\r\n\r\n\r\n"),
              (lines{"pub [a] [] [] [hi]", "pub [a] [r] [] []", "pub [a] [] [NATS/1.0\r\n\r\n] [hi]",
                     "pub [a] [r] [NATS/1.0\r\n\r\n] []"}));
}

TEST(client_frame, is_read_as_the_go_client_writes_it) {
    EXPECT_EQ(from_client("SUB $SRV.INFO  1\r\nUNSUB 56 \r\nsub a q 2\r\n"),
              (lines{"sub [$SRV.INFO] [] 1", "unsub 56 0", "sub [a] [q] 2"}));
}

TEST(client_frame, unsubscribe_without_a_maximum_forgets_the_one_before) {
    frame reused;
    ASSERT_EQ(parse_client_frame("UNSUB 1 5\r\n", reused).status, parse_result::kind::complete);
    EXPECT_EQ(reused.max, 5u);
    ASSERT_EQ(parse_client_frame("UNSUB 1\r\n", reused).status, parse_result::kind::complete);
    EXPECT_EQ(reused.max, 0u);
}

TEST(frame_members, of_an_operation_are_all_set_again) {
    frame reused;
    ASSERT_EQ(parse_server_frame("HMSG a 1 r 12 13\r\nNATS/1.0\r\n\r\nx\r\n", reused).status,
              parse_result::kind::complete);
    ASSERT_EQ(parse_server_frame("MSG b 2 0\r\n\r\n", reused).status, parse_result::kind::complete);
    EXPECT_EQ(line_of(reused), "msg [b] [] 2 [] []");
}

// ---- errors

TEST(parse_error, unknown_operation) {
    for (const auto* const text :
         {"\r\n", "\n", " PING\r\n", "PINGS\r\n", "MSGX a 1 1\r\n", "HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-x\r\n",
          "+OKAY\r\n", "-ER 'x'\r\n", "INFO{}\r\n"})
        EXPECT_EQ(server_error(text), parse_error::unknown_operation) << text;
    for (const auto* const text :
         {"\r\n", "MSG a 1 1\r\nx\r\n", "+OK\r\n", "INFO {}\r\n", "PUBX a 1\r\n", "CONNECTED\r\n"})
        EXPECT_EQ(client_error(text), parse_error::unknown_operation) << text;
    EXPECT_EQ(server_error("PUB a 1\r\nx\r\n"), parse_error::unknown_operation);
    EXPECT_EQ(server_error("CONNECT {}\r\n"), parse_error::unknown_operation);
}

TEST(parse_error, bad_arguments) {
    for (const auto* const text :
         {"MSG\r\n", "MSG \r\n", "MSG a\r\n", "MSG a 1\r\n", "MSG a 1 r 1 1\r\n", "MSG a 1 r 1 1 1\r\n", "HMSG\r\n",
          "HMSG x\r\n", "HMSG a 1 12\r\n", "HMSG a 1 r 12 12 9\r\n", "HMSG a 1 r 1 2 3 4\r\n"})
        EXPECT_EQ(server_error(text), parse_error::bad_arguments) << text;
    for (const auto* const text :
         {"PUB\r\n", "PUB 5\r\n", "PUB a b c 1\r\n", "HPUB a 12\r\n", "HPUB a r x 12 12\r\n", "SUB\r\n", "SUB a\r\n",
          "SUB a q 1 1\r\n", "UNSUB\r\n", "UNSUB 1 2 3\r\n", "UNSUB 1 2 3 4 5 6\r\n"})
        EXPECT_EQ(client_error(text), parse_error::bad_arguments) << text;
}

TEST(parse_error, bad_number) {
    for (const auto* const text :
         {"MSG a 1 x\r\n", "MSG a x 1\r\n", "MSG a 1 -1\r\n", "MSG a 1 +1\r\n", "MSG a 1 1.0\r\n", "MSG a 1 0x1\r\n",
          "MSG a -1 1\r\n", "MSG a 18446744073709551616 1\r\n", "MSG a 1 18446744073709551616\r\n",
          "MSG a 1 99999999999999999999999999999\r\n", "MSG a 1 00000000000000000000001x\r\n", "HMSG a 1 x 12\r\n",
          "HMSG a 1 12 x\r\n", "HMSG a x 12 12\r\n"})
        EXPECT_EQ(server_error(text), parse_error::bad_number) << text;
    for (const auto* const text : {"PUB a x\r\n", "PUB a 1x\r\n", "HPUB a x 1\r\n", "HPUB a 1 x\r\n", "SUB a x\r\n",
                                   "SUB a q -1\r\n", "UNSUB x\r\n", "UNSUB 1 x\r\n", "UNSUB 1 -1\r\n"})
        EXPECT_EQ(client_error(text), parse_error::bad_number) << text;
}

TEST(parse_error, line_too_long_however_much_has_come) {
    limits bounds;
    bounds.max_control_line = 16;
    bounds.max_info_line = 32;
    EXPECT_EQ(server_error("MSG abcdef 1 1\r\nx\r\n", bounds), parse_error::none);            // 16 bytes
    EXPECT_EQ(server_error("MSG abcdefg 1 1\r\nx\r\n", bounds), parse_error::line_too_long);  // 17
    EXPECT_EQ(server_error("msg abcdefg 1 1\r\nx\r\n", bounds), parse_error::line_too_long);
    EXPECT_EQ(server_error("MSG abcdefghijkl", bounds), parse_error::none);  // 16 without an end
    EXPECT_EQ(server_error("MSG abcdefghijklm", bounds), parse_error::line_too_long);
    EXPECT_EQ(server_error("garbage without an end", bounds), parse_error::line_too_long);
    EXPECT_EQ(server_error("INFO " + std::string(25, 'x') + "\r\n", bounds), parse_error::none);
    EXPECT_EQ(server_error("INFO " + std::string(26, 'x') + "\r\n", bounds), parse_error::line_too_long);
    EXPECT_EQ(server_error("INFO " + std::string(28, 'x'), bounds), parse_error::line_too_long);
    EXPECT_EQ(client_error("PUB " + std::string(10, 'x') + " 0\r\n\r\n", bounds), parse_error::line_too_long);
    EXPECT_EQ(client_error("CONNECT " + std::string(22, 'x') + "\r\n", bounds), parse_error::none);
    EXPECT_EQ(client_error("CONNECT " + std::string(23, 'x') + "\r\n", bounds), parse_error::line_too_long);
}

TEST(parse_error, payload_too_large_is_told_by_the_line_alone) {
    limits bounds;
    bounds.max_payload = 20;
    EXPECT_EQ(server_error("MSG a 1 20\r\n", bounds), parse_error::none);
    EXPECT_EQ(server_error("MSG a 1 21\r\n", bounds), parse_error::payload_too_large);
    EXPECT_EQ(server_error("HMSG a 1 12 21\r\n", bounds), parse_error::payload_too_large);
    EXPECT_EQ(client_error("PUB a 21\r\n", bounds), parse_error::payload_too_large);
    EXPECT_EQ(client_error("HPUB a 12 21\r\n", bounds), parse_error::payload_too_large);
    bounds.max_payload = SIZE_MAX;
    EXPECT_EQ(server_error("MSG a 1 18446744073709551615\r\n", bounds), parse_error::payload_too_large);
}

TEST(parse_error, bad_terminator) {
    for (const auto* const text : {"MSG a 1 1\r\nxyz", "MSG a 1 1\r\nx\ry", "MSG a 1 1\r\nx\n\n", "MSG a 1 0\r\nxy",
                                   "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\nxy"})
        EXPECT_EQ(server_error(text), parse_error::bad_terminator) << text;
    EXPECT_EQ(client_error("PUB a 1\r\nxyz"), parse_error::bad_terminator);
    EXPECT_EQ(client_error("HPUB a 12 12\r\nNATS/1.0\r\n\r\nxy"), parse_error::bad_terminator);
}

TEST(parse_error, bad_header_size) {
    EXPECT_EQ(server_error("HMSG a 1 13 12\r\n"), parse_error::bad_header_size);
    EXPECT_EQ(client_error("HPUB a 13 12\r\n"), parse_error::bad_header_size);
    EXPECT_EQ(client_error("HPUB a 12 12\r\nNATS/2.0\r\n\r\n\r\n"), parse_error::bad_header_size);
    EXPECT_EQ(client_error("HPUB a 11 12\r\nNATS/1.0\r\n\r\n\r\n"), parse_error::bad_header_size);
}

TEST(parse_server_frame, leaves_out_a_header_block_that_is_none) {
    for (const std::string& text :
         {"HMSG a 1 12 13\r\nHTTP/1.1\r\n\r\nx\r\n"s, "HMSG a 1 12 13\r\nnats/1.0\r\n\r\nx\r\n"s,
          "HMSG a 1 5 6\r\nabcdex\r\n"s, "HMSG a 1 11 12\r\nNATS/1.0\r\n\rx\r\n"s, "HMSG a 1 0 1\r\nx\r\n"s}) {
        frame read;
        const auto result = parse_server_frame(text, read);
        EXPECT_EQ(result.status, parse_result::kind::complete) << text;
        EXPECT_EQ(result.size, text.size()) << text;
        EXPECT_TRUE(read.has_bad_headers) << text;
        EXPECT_TRUE(read.headers.empty()) << text;
        EXPECT_EQ(read.payload, "x") << text;
        for (const auto* const next : {"MSG a 1 1\r\ny\r\n", "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"}) {
            EXPECT_EQ(parse_server_frame(next, read).status, parse_result::kind::complete);
            EXPECT_FALSE(read.has_bad_headers) << text;
        }
    }
}

TEST(parse_error, has_a_text_each) {
    lines texts;
    for (int each = 0; each <= static_cast<int>(parse_error::bad_header_size); ++each) {
        const std::string text(describe(static_cast<parse_error>(each)));
        EXPECT_NE(text, "unknown error") << each;
        EXPECT_EQ(std::count(texts.begin(), texts.end(), text), 0) << text;
        texts.push_back(text);
    }
    EXPECT_EQ(describe(static_cast<parse_error>(99)), "unknown error");
}

TEST(parse_error, leaves_what_came_before_it) {
    EXPECT_EQ(from_server("PING\r\nMSG a 1 1\r\nx\r\nwhat\r\nPING\r\n"),
              (lines{"ping", "msg [a] [] 1 [] [x]", "error: unknown operation"}));
    EXPECT_EQ(from_client("PING\r\nSUB a x\r\nPING\r\n"), (lines{"ping", "error: not a number"}));
}

}  // namespace
}  // namespace mote::nats::protocol
