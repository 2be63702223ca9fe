#include <mote/nats/detail/outbox.hpp>

#include <mote/nats/headers.hpp>
#include <mote/nats/protocol/writer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::nats::detail {
namespace {

constexpr std::string_view sub = "SUB a 1\r\n";
constexpr std::string_view pub_x = "PUB x 5\r\nfirst\r\n";
constexpr std::string_view pub_y = "PUB y r 14\r\nPUB z 1\r\nz\r\n\r\n\r\n";  // looks like an operation inside
constexpr std::string_view hpub = "HPUB h 18 19\r\nNATS/1.0\r\nA: b\r\n\r\n!\r\n";

outbox filled() {
    outbox made;
    protocol::write_sub(made.end(), "a", "", 1);
    protocol::write_pub(made.end(), "x", "", "first");
    protocol::write_ping(made.end());
    protocol::write_pub(made.end(), "y", "r", "PUB z 1\r\nz\r\n\r\n");
    const headers fields{{"A", "b"}};
    protocol::write_hpub(made.end(), "h", "", fields, protocol::header_block_size(fields), "!");
    protocol::write_unsub(made.end(), 1, 0);
    return made;
}

std::string whole() {
    return std::string(sub).append(pub_x).append("PING\r\n").append(pub_y).append(hpub).append("UNSUB 1\r\n");
}
std::string messages() { return std::string(pub_x).append(pub_y).append(hpub); }

TEST(outbox, holds_operations_in_their_order) {
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(outbox().unsent(), "");
    const auto box = filled();
    EXPECT_FALSE(box.empty());
    EXPECT_EQ(box.size(), whole().size());
    EXPECT_EQ(box.unsent(), whole());
}

TEST(outbox, is_empty_when_all_was_sent) {
    auto box = filled();
    box.sent(whole().size());
    EXPECT_TRUE(box.empty());
    EXPECT_EQ(box.unsent(), "");
    protocol::write_ping(box.end());
    EXPECT_EQ(box.unsent(), "PING\r\n");
}

TEST(outbox, goes_on_behind_what_was_sent_in_pieces_of_any_size) {
    for (std::size_t piece = 1; piece <= whole().size(); ++piece) {
        auto box = filled();
        std::string got;
        while (!box.empty()) {
            const auto some = std::min(piece, box.unsent().size());
            got += box.unsent().substr(0, some);
            box.sent(some);
        }
        EXPECT_EQ(got, whole()) << piece;
    }
}

TEST(outbox, takes_more_while_an_operation_is_sent_in_part) {
    auto box = filled();
    box.sent(sub.size() + 3);
    protocol::write_pong(box.end());
    EXPECT_EQ(box.unsent(), whole().substr(sub.size() + 3) + "PONG\r\n");
}

TEST(outbox, keeps_only_messages_after_a_broken_link) {
    auto box = filled();
    box.keep_messages();
    EXPECT_EQ(box.unsent(), messages());
}

TEST(outbox, sends_messages_again_from_their_beginning_that_were_taken_in_part) {
    for (std::size_t sent = 0; sent < whole().size(); ++sent) {
        auto box = filled();
        box.sent(sent);
        box.keep_messages();
        // What of the messages the server cannot have whole, from the first of them on.
        std::string expected;
        if (sent < sub.size() + pub_x.size()) expected += pub_x;
        if (sent < sub.size() + pub_x.size() + 6 + pub_y.size()) expected += pub_y;
        if (sent < whole().size() - 9) expected += hpub;
        EXPECT_EQ(box.unsent(), expected) << sent;
    }
}

TEST(outbox, is_empty_when_nothing_of_it_is_a_message) {
    outbox box;
    protocol::write_sub(box.end(), "a", "q", 1);
    protocol::write_ping(box.end());
    box.sent(4);
    box.keep_messages();
    EXPECT_TRUE(box.empty());
    box.keep_messages();
    EXPECT_TRUE(box.empty());
}

TEST(outbox, puts_subscriptions_before_the_messages_that_wait) {
    auto box = filled();
    box.sent(sub.size() + 5);
    box.keep_messages();
    protocol::byte_buffer again;
    protocol::write_sub(again, "a", "", 1);
    box.prepend(std::move(again));
    EXPECT_EQ(box.unsent(), std::string(sub) + messages());
    box.prepend(protocol::byte_buffer());
    EXPECT_EQ(box.unsent(), std::string(sub) + messages());
}

TEST(outbox, drops_messages_that_the_next_server_would_not_take) {
    auto box = filled();
    EXPECT_EQ(box.drop_larger_than(14), (std::vector<std::string>{"h"})) << "headers count too";
    EXPECT_EQ(box.unsent(), std::string(sub).append(pub_x).append("PING\r\n").append(pub_y).append("UNSUB 1\r\n"));
    EXPECT_EQ(box.drop_larger_than(4), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(box.unsent(), std::string(sub).append("PING\r\nUNSUB 1\r\n"));
    EXPECT_TRUE(box.drop_larger_than(0).empty());
    EXPECT_TRUE(filled().drop_larger_than(1024 * 1024).empty());
}

TEST(outbox, forgets_all_when_cleared) {
    auto box = filled();
    box.sent(5);
    box.clear();
    EXPECT_TRUE(box.empty());
    EXPECT_EQ(box.unsent(), "");
}

TEST(outbox, gives_memory_of_a_burst_back) {
    outbox box;
    protocol::write_pub(box.end(), "a", "", std::string(1024 * 1024, 'x'));
    box.sent(box.size());
    EXPECT_LT(box.end().capacity(), 1024u * 1024);
}

TEST(outbox, finds_its_operations_again_with_the_largest_numbers) {
    outbox box;
    protocol::write_unsub(box.end(), UINT64_MAX, UINT64_MAX);
    protocol::write_sub(box.end(), "a", "q", UINT64_MAX);
    protocol::write_pub(box.end(), "x", "", "first");
    box.sent(1);
    box.keep_messages();
    EXPECT_EQ(box.unsent(), pub_x);
}

}  // namespace
}  // namespace mote::nats::detail
