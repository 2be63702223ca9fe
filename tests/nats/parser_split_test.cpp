#include <mote/nats/protocol/parser.hpp>

#include <tests/nats/frame_feed.hpp>
#include <tests/nats/recordings.hpp>
#include <tests/support/raw_frame.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::protocol {
namespace {

/// A stream of every operation of a server, with what is easily mistaken: line ends and operations inside payloads, empty
/// parts, statuses, blanks of both kinds.
std::string server_stream() {
    return "INFO {\"server_id\":\"N\",\"max_payload\":1048576}\r\n"
           "PONG\r\n"
           "MSG a.b 7 5\r\nhello\r\n"
           "MSG a.b 7 _INBOX.x 0\r\n\r\n"
           "MSG\ta\t18446744073709551615 14\r\n\r\nMSG a 1 1\r\nx\r\n"
           "PING\r\n"
           "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"
           "HMSG _INBOX.x 2 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
           "HMSG a 1 12 12\r\nHTTP/1.1\r\n\r\n\r\n"
           "HMSG a 3 r.1 53 57\r\nNATS/1.0 100 Idle Heartbeat\r\nA: 1\r\nA: 2\r\nB:\r\nb: x\r\n\r\n\r\n\r\n\r\n"
           "+OK\r\n"
           "-ERR 'Permissions Violation for Publish to \"x\"'\r\n"
           "msg a 1 2\n\r\n\r\n"
           "INFO {\"ldm\":true}\r\n"
           "ping\n";
}

std::string client_stream() {
    return "CONNECT {\"verbose\":false,\"name\":\"a b\"}\r\nPING\r\n"
           "SUB $SRV.INFO  1\r\nSUB a.> q 2\r\n"
           "PUB a 5\r\nhello\r\nPUB a r 0\r\n\r\nPUB a 10\r\nPUB a 1\r\nx\r\n"
           "HPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n"
           "UNSUB 1 10\r\nUNSUB 2 \r\nPONG\r\n";
}

struct outcome {
    std::vector<std::string> lines;
    parse_error error = parse_error::none;
    std::string rest;
    bool operator==(const outcome&) const = default;
};

void PrintTo(const outcome& each, std::ostream* out) {
    for (const auto& line : each.lines) *out << test::escaped(line) << '\n';
    *out << describe(each.error) << ", rest: " << test::escaped(each.rest);
}

/// What is found in `bytes` when they come in pieces of these sizes, the last piece being the rest.
outcome feed(parse_function parse, std::string_view bytes, const std::vector<std::size_t>& pieces, limits bounds = {}) {
    frame_feed parser(parse, bounds);
    for (const auto size : pieces) {
        parser.take(bytes.substr(0, size));
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
    parser.take(bytes);
    return {parser.lines(), parser.error(), parser.rest()};
}

void expect_same_in_any_two_pieces(parse_function parse, const std::string& bytes, limits bounds = {}) {
    const auto whole = feed(parse, bytes, {}, bounds);
    for (std::size_t first = 1; first < bytes.size(); ++first) {
        auto parts = feed(parse, bytes, {first}, bounds);
        if (whole.error != parse_error::none) parts.rest = whole.rest;  // an error may be known earlier
        EXPECT_EQ(parts, whole) << "split behind " << first;
    }
}

void expect_same_byte_by_byte(parse_function parse, const std::string& bytes) {
    auto parts = feed(parse, bytes, std::vector<std::size_t>(bytes.size(), 1));
    const auto whole = feed(parse, bytes, {});
    if (whole.error != parse_error::none) parts.rest = whole.rest;
    EXPECT_EQ(parts, whole);
}

TEST(parser_split, streams_hold_each_operation) {
    const auto server = feed(parse_server_frame, server_stream(), {});
    EXPECT_EQ(server.error, parse_error::none);
    EXPECT_EQ(server.rest, "");
    EXPECT_EQ(server.lines.size(), 15u);
    const auto client = feed(parse_client_frame, client_stream(), {});
    EXPECT_EQ(client.error, parse_error::none);
    EXPECT_EQ(client.rest, "");
    EXPECT_EQ(client.lines.size(), 12u);
}

TEST(parser_split, two_pieces_of_any_size) {
    expect_same_in_any_two_pieces(parse_server_frame, server_stream());
    expect_same_in_any_two_pieces(parse_client_frame, client_stream());
}

TEST(parser_split, byte_by_byte) {
    expect_same_byte_by_byte(parse_server_frame, server_stream());
    expect_same_byte_by_byte(parse_client_frame, client_stream());
}

TEST(parser_split, pieces_of_many_sizes) {
    const auto bytes = server_stream();
    const auto whole = feed(parse_server_frame, bytes, {});
    std::mt19937 random(20261124);
    for (int round = 0; round < 500; ++round) {
        std::vector<std::size_t> pieces;
        for (std::size_t sum = 0; sum < bytes.size(); sum += pieces.back()) pieces.push_back(1 + random() % 40);
        EXPECT_EQ(feed(parse_server_frame, bytes, pieces), whole) << "round " << round;
    }
}

TEST(parser_split, errors_do_not_depend_on_it) {
    limits bounds;
    bounds.max_control_line = 24;
    bounds.max_info_line = 40;
    bounds.max_payload = 30;
    for (const auto* const end :
         {"what\r\n", "MSG a 1\r\n", "MSG a 1 x\r\n", "MSG a 1 31\r\n", "MSG a 1 1\r\nxyz", "HMSG a 1 13 12\r\n",
          "MSG much.too.long.a.subject 1 1\r\n", "INFO {\"and\":\"so it is with this one\"}       \r\n",
          "one that has no end at all ............"})
        expect_same_in_any_two_pieces(parse_server_frame, std::string("PING\r\nMSG a 1 1\r\nx\r\n") + end + "PING\r\n",
                                      bounds);
}

TEST(parser_split, megabytes_at_once) {
    std::string bytes;
    std::size_t streams = 0;
    for (; bytes.size() < 4 * 1024 * 1024; ++streams) bytes += server_stream();
    const auto one = feed(parse_server_frame, server_stream(), {});
    const auto all = feed(parse_server_frame, bytes, {});
    EXPECT_EQ(all.error, parse_error::none);
    EXPECT_EQ(all.rest, "");
    ASSERT_EQ(all.lines.size(), streams * one.lines.size());
    for (std::size_t at = 0; at < all.lines.size(); ++at) ASSERT_EQ(all.lines[at], one.lines[at % one.lines.size()]);
    EXPECT_EQ(feed(parse_server_frame, bytes, {bytes.size() / 2 + 7}), all);
}

TEST(parser_split, one_message_of_megabytes) {
    const std::string payload(8 * 1024 * 1024, '\n');
    const auto bytes = "MSG a 1 " + std::to_string(payload.size()) + "\r\n" + payload + "\r\nPING\r\n";
    const auto found = feed(parse_server_frame, bytes, {1024, 1024 * 1024});
    ASSERT_EQ(found.lines.size(), 2u);
    EXPECT_EQ(found.lines[0].size(), std::string_view("msg [a] [] 1 [] []").size() + payload.size());
    EXPECT_EQ(found.lines[1], "ping");
}

TEST(parser_split, the_size_of_a_message_is_known_with_its_line) {
    const std::string line = "HMSG a 1 12 1000012\r\n";
    const auto needed = line.size() + 1000012 + 2;
    frame ignored;
    for (std::size_t size = 1; size < line.size(); ++size)
        EXPECT_EQ(parse_server_frame(std::string_view(line).substr(0, size), ignored).size, size + 1);
    const auto begun = line + "NATS/1.0\r\n\r\n";
    for (auto size = line.size(); size <= begun.size(); ++size)
        EXPECT_EQ(parse_server_frame(std::string_view(begun).substr(0, size), ignored).size, needed) << size;
}

TEST(parser_split, an_info_line_of_a_megabyte_in_small_pieces) {
    const auto text = "{\"connect_urls\":[\"" + std::string(1024 * 1024 - 100, 'x') + "\"]}";
    const auto bytes = "INFO " + text + "\r\nPING\r\n";
    frame_feed parser(parse_server_frame);
    for (std::size_t at = 0; at < bytes.size(); at += 1460) parser.take(std::string_view(bytes).substr(at, 1460));
    ASSERT_EQ(parser.lines().size(), 2u);
    EXPECT_EQ(parser.lines()[0], "info [" + text + "]");
}

// ---- what was recorded between the official client and servers

TEST(recorded_frames, of_servers_are_read_as_an_independent_parser_reads_them) {
    const auto recorded = test::load_recordings();
    if (recorded.empty()) GTEST_SKIP() << "no shared directory with recordings";
    ASSERT_GT(recorded.from_server.size(), 300u);
    for (const auto& bytes : recorded.from_server) {
        const auto expected = test::parse_raw_frame(bytes);
        frame found;
        const auto result = parse_server_frame(bytes, found);
        ASSERT_EQ(result.status, parse_result::kind::complete) << bytes;
        EXPECT_EQ(result.size, bytes.size()) << bytes;
        if (found.op != operation::msg) continue;
        EXPECT_EQ(found.subject, expected.subject);
        EXPECT_EQ(std::to_string(found.sid), expected.sid);
        EXPECT_EQ(found.reply, expected.reply);
        EXPECT_EQ(found.headers.raw(), expected.headers);
        EXPECT_EQ(found.payload, expected.payload);
    }
}

TEST(recorded_frames, are_the_same_however_they_are_split) {
    const auto recorded = test::load_recordings();
    if (recorded.empty()) GTEST_SKIP() << "no shared directory with recordings";
    const auto check = [](parse_function parse, const std::vector<std::string>& frames) {
        std::string bytes;
        for (const auto& each : frames) bytes += each;
        const auto whole = feed(parse, bytes, {});
        EXPECT_EQ(whole.error, parse_error::none);
        EXPECT_EQ(whole.rest, "");
        EXPECT_EQ(whole.lines.size(), frames.size());
        for (const std::size_t size : {1, 7, 100, 1460})
            EXPECT_EQ(feed(parse, bytes, std::vector<std::size_t>(bytes.size() / size, size)), whole) << size;
    };
    check(parse_server_frame, recorded.from_server);
    check(parse_client_frame, recorded.from_client);
}

}  // namespace
}  // namespace mote::nats::protocol
