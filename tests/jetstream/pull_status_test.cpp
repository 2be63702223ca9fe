#include <mote/jetstream/detail/pull_status.hpp>
#include <mote/jetstream/error.hpp>

#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

pull_status read(std::string_view line, std::string_view fields = {}) {
    std::string block = "NATS/1.0 ";
    block += line;
    block += "\r\n";
    block += fields;
    block += "\r\n";
    return parse_pull_status(nats::headers_view(block));
}

TEST(pull_status, of_a_heartbeat_asks_for_nothing) {
    EXPECT_EQ(read("100 Idle Heartbeat", "Nats-Last-Consumer: 3\r\nNats-Last-Stream: 9\r\n").action, pull_action::none);
    EXPECT_EQ(parse_pull_status(nats::headers_view()).action, pull_action::none);
    EXPECT_EQ(parse_pull_status(nats::headers_view("NATS/1.0\r\nA: b\r\n\r\n")).action, pull_action::none);
}

TEST(pull_status, of_an_ended_request_tells_what_was_not_sent) {
    for (const auto* const line :
         {"408 Request Timeout", "408 Interest Expired", "409 Message Size Exceeds MaxBytes", "409 Batch Completed"}) {
        const auto seen = read(line, "Nats-Pending-Messages: 12\r\nNats-Pending-Bytes: 0\r\n");
        EXPECT_EQ(seen.action, pull_action::count) << line;
        EXPECT_EQ(seen.unsent, 12u) << line;
    }
    const auto bytes =
        read("409 Message Size Exceeds MaxBytes", "Nats-Pending-Messages: 8\r\nNats-Pending-Bytes: 66\r\n");
    EXPECT_TRUE(bytes.too_large);
    EXPECT_EQ(bytes.unsent_bytes, 66u);
    EXPECT_FALSE(read("408 Request Timeout", "Nats-Pending-Messages: 8\r\n").too_large);
}

TEST(pull_status, that_does_not_tell_how_many_were_not_sent_asks_anew) {
    for (const auto* const line :
         {"404 No Messages", "408 Request Timeout", "408 Requests Pending", "409 Leadership Change",
          "409 Exceeded MaxWaiting", "409 Exceeded MaxRequestBatch of 10", "409 Exceeded MaxAckPending",
          "500 what the future brings"}) {
        const auto seen = read(line);
        EXPECT_EQ(seen.action, pull_action::ask_anew) << line;
        EXPECT_EQ(seen.error, errc::pull_ended) << line;
        EXPECT_EQ(seen.text, std::string_view(line).substr(4));
    }
    EXPECT_EQ(read("408 Request Timeout", "Nats-Pending-Messages: many\r\n").action, pull_action::ask_anew);
}

TEST(pull_status, of_another_one_that_is_pinned_tells_so) {
    for (const auto* const line : {"423 Nats-Wrong-Pin-Id", "423 Nats-Pin-Id mismatch"}) {
        const auto seen = read(line, "Nats-Pending-Messages: 12\r\n");
        EXPECT_EQ(seen.action, pull_action::unpinned) << line;
        EXPECT_EQ(seen.error, errc::pull_ended) << line;
    }
}

TEST(pull_status, of_a_server_that_goes_asks_anew) {
    EXPECT_EQ(read("409 Server Shutdown", "Nats-Pending-Messages: 12\r\n").action, pull_action::ask_anew);
}

TEST(pull_status, of_nobody_there_looks_for_the_consumer) { EXPECT_EQ(read("503").action, pull_action::look); }

TEST(pull_status, ends_it_for_good) {
    for (const auto* const line : {"409 Consumer Deleted", "409 consumer deleted"}) {
        EXPECT_EQ(read(line).action, pull_action::end) << line;
        EXPECT_EQ(read(line).error, errc::consumer_not_found) << line;
    }
    EXPECT_EQ(read("409 Consumer is push based").action, pull_action::end);
    EXPECT_EQ(read("409 Consumer is push based").error, errc::bad_config);
    EXPECT_EQ(read("400 Bad Request - heartbeat value too large").action, pull_action::end);
    EXPECT_EQ(read("400 Bad Request - heartbeat value too large").error, errc::bad_request);
}

}  // namespace
}  // namespace mote::jetstream::detail
