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
    protocol::write_sub(made.end(100), "a", "", 1);
    protocol::write_pub(made.end(100), "x", "", "first");
    protocol::write_ping(made.end(100));
    protocol::write_pub(made.end(100), "y", "r", "PUB z 1\r\nz\r\n\r\n");
    const headers fields{{"A", "b"}};
    protocol::write_hpub(made.end(100), "h", "", fields, protocol::header_block_size(fields), "!");
    protocol::write_unsub(made.end(100), 1, 0);
    return made;
}

/// All that waits, block by block.
std::string all_of(outbox box) {
    std::string all;
    while (!box.empty()) {
        all += box.unsent();
        box.sent(box.unsent().size());
    }
    return all;
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
    protocol::write_ping(box.end(100));
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
    protocol::write_pong(box.end(100));
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
    protocol::write_sub(box.end(100), "a", "q", 1);
    protocol::write_ping(box.end(100));
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
    EXPECT_EQ(box.size(), sub.size() + messages().size());
    box.prepend(protocol::byte_buffer());
    EXPECT_EQ(all_of(std::move(box)), std::string(sub) + messages());
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
    protocol::write_pub(box.end(1024 * 1024 + 100), "a", "", std::string(1024 * 1024, 'x'));
    box.sent(box.size());
    EXPECT_LT(box.end(100).capacity(), 1024u * 1024);
}

TEST(outbox, holds_more_than_a_block_in_order) {
    for (const std::size_t size : {1U, 100U, 30'000U, 65'536U, 200'000U}) {
        outbox box;
        std::string expected;
        for (int i = 0; i < 500; ++i) {
            const std::string payload(size, static_cast<char>('a' + i % 26));
            protocol::write_pub(box.end(size + 40), "a", "", payload);
            expected += "PUB a " + std::to_string(size) + "\r\n" + payload + "\r\n";
            if (expected.size() > 4'000'000) break;
        }
        EXPECT_EQ(box.size(), expected.size());
        // Some of it goes, in pieces that end anywhere, and more comes behind it.
        std::size_t gone = 0;
        while (gone < expected.size() / 2) {
            const auto some = std::min<std::size_t>(box.unsent().size(), 7'777);
            EXPECT_EQ(box.unsent().substr(0, some), expected.substr(gone, some));
            box.sent(some);
            gone += some;
        }
        protocol::write_ping(box.end(10));
        expected += "PING\r\n";
        EXPECT_EQ(box.size(), expected.size() - gone);
        EXPECT_EQ(all_of(std::move(box)), expected.substr(gone)) << size;
    }
}

TEST(outbox, keeps_the_messages_of_all_blocks_after_a_broken_link) {
    const std::string payload(50'000, 'x');
    const auto message = "PUB a 50000\r\n" + payload + "\r\n";
    outbox box;
    for (int i = 0; i < 5; ++i) {
        protocol::write_pub(box.end(payload.size() + 40), "a", "", payload);
        protocol::write_ping(box.end(10));
    }
    box.sent(box.unsent().size());  // the first block
    box.sent(1);                    // and a byte of the second
    box.keep_messages();
    std::string expected;
    for (int i = 0; i < 4; ++i) expected += message;
    EXPECT_EQ(all_of(std::move(box)), expected);
}

TEST(outbox, finds_its_operations_again_with_the_largest_numbers) {
    outbox box;
    protocol::write_unsub(box.end(100), UINT64_MAX, UINT64_MAX);
    protocol::write_sub(box.end(100), "a", "q", UINT64_MAX);
    protocol::write_pub(box.end(100), "x", "", "first");
    box.sent(1);
    box.keep_messages();
    EXPECT_EQ(box.unsent(), pub_x);
}

}  // namespace
}  // namespace mote::nats::detail
