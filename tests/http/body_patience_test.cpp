#include <mote/http/detail/body_patience.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using http::detail::body_patience;

constexpr body_patience::clock::time_point start{};

TEST(http_body_patience, ends_for_a_body_that_comes_byte_by_byte) {
    body_patience patience;
    patience.begin(30s, 256);
    auto now = start;
    for (int sent = 0; sent < 29; ++sent) {
        EXPECT_EQ(patience.wait(now), 30s - sent * 1s);
        now += 1s;
        patience.stop(now);
        patience.take(1);
    }
    EXPECT_EQ(patience.wait(now), 1s);
}

TEST(http_body_patience, begins_anew_with_each_step) {
    body_patience patience;
    patience.begin(30s, 256);
    auto now = start;
    for (int sent = 0; sent < 1000; ++sent) {
        EXPECT_GE(patience.wait(now), 1s) << sent;
        now += 29s;
        patience.stop(now);
        patience.take(200);
        EXPECT_EQ(patience.wait(now), 1s);
        now += 500ms;
        patience.stop(now);
        patience.take(56);
        EXPECT_EQ(patience.wait(now), 30s);
    }
}

TEST(http_body_patience, does_not_count_the_time_in_which_nobody_waits) {
    body_patience patience;
    patience.begin(30s, 256);
    auto now = start;
    for (int read = 0; read < 100; ++read) {
        now += 1h;  // the handler does something else
        EXPECT_EQ(patience.wait(now), 30s - read * 100ms);
        now += 100ms;
        patience.stop(now);
        patience.take(1);
    }
}

TEST(http_body_patience, is_new_for_each_body) {
    body_patience patience;
    patience.begin(30s, 256);
    EXPECT_EQ(patience.wait(start), 30s);
    patience.begin(20s, 16);
    EXPECT_EQ(patience.wait(start + 1h), 20s) << "what was waited for belongs to the one before";
}

TEST(http_body_patience, takes_a_large_piece_as_one_step) {
    body_patience patience;
    patience.begin(30s, 256);
    EXPECT_EQ(patience.wait(start), 30s);
    patience.stop(start + 29s);
    patience.take(1'000'000);
    EXPECT_EQ(patience.wait(start + 29s), 30s) << "and not as credit for a day of waiting";
    patience.stop(start + 50s);
    EXPECT_EQ(patience.wait(start + 50s), 9s);
}

}  // namespace
}  // namespace mote::test
