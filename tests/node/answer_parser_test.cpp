// The parser of answers alone: any bytes, cut anywhere.

#include <mote/node/detail/answer_parser.hpp>

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mote::node::detail {
namespace {

/// What bytes come to, in pieces of a size: the status, the body, and how it ended.
std::string parsed(std::string_view bytes, std::size_t size, bool to_head = false) {
    answer_head head;
    answer_parser parser(head, to_head);
    std::string all;
    std::string unused;
    while (!bytes.empty()) {
        unused += bytes.substr(0, size);
        bytes.remove_prefix(std::min(size, bytes.size()));
        while (!unused.empty() && !parser.done()) {
            const std::string shown = unused;  // of its own, so that reading past its end is seen
            std::size_t taken = 0;
            const auto result = parser.step(shown, taken);
            if (result == answer_parser::result::bad) return all + " bad";
            if (taken > shown.size()) return "took more than there was";
            all += parser.piece();
            unused.erase(0, taken);
            if (result == answer_parser::result::more) break;
        }
    }
    const bool ends = parser.done() || parser.end_of_input();
    return (parser.has_head() ? std::to_string(head.view().status) + " " : "") + all + (ends ? " end" : " cut");
}

const std::vector<std::string> answers = {
    "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=\"y\"\r\nllo\r\n0\r\nT: u\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n4\r\n0000\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000\r\n\r\n",
    "HTTP/1.0 200 \r\nFold: a\r\n b\r\n\r\nuntil the end",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n",
};

TEST(answer_parser, reads_the_same_however_the_bytes_come) {
    for (const auto& bytes : answers) {
        const auto whole = parsed(bytes, bytes.size());
        EXPECT_TRUE(whole.ends_with(" end")) << bytes << whole;
        for (std::size_t size = 1; size < bytes.size(); ++size) EXPECT_EQ(parsed(bytes, size), whole) << size << bytes;
    }
    EXPECT_EQ(parsed(answers[1], 1), "200 hello end");
    EXPECT_EQ(parsed(answers[2], 1), "200 00000 end");
    EXPECT_EQ(parsed(answers[0], 1, true), "200  end");
}

TEST(answer_parser, knows_where_an_answer_is_cut) {
    for (const auto& bytes : {answers[0], answers[1], answers[2], answers[3], answers[4]})
        for (std::size_t size = 1; size < bytes.size(); ++size)
            for (const std::size_t piece : {std::size_t(1), bytes.size()})
                EXPECT_TRUE(parsed(bytes.substr(0, size), piece).ends_with(" cut")) << size << bytes;
}

TEST(answer_parser, survives_any_bytes_in_any_pieces) {
    std::minstd_rand chance(1);  // NOLINT: the same bytes each time
    using namespace std::string_view_literals;
    constexpr auto odd = "\r\n\r\n0123456789abcdef;:=\" \t\0\xffHTTP/"sv;
    std::size_t bad = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = answers[chance() % answers.size()];
        for (auto changes = 1 + chance() % 4; changes > 0; --changes) {
            const auto at = chance() % bytes.size();
            const auto letter = odd[chance() % odd.size()];
            switch (chance() % 3) {
                case 0: bytes[at] = letter; break;
                case 1: bytes.insert(at, 1 + chance() % 3, letter); break;
                default: bytes.erase(at, 1 + chance() % 3); break;
            }
        }
        const auto got = parsed(bytes, 1 + chance() % 20);
        EXPECT_NE(got, "took more than there was");
        if (got.ends_with("bad")) ++bad;
    }
    EXPECT_GT(bad, 5'000U);
}

}  // namespace
}  // namespace mote::node::detail
