#include <mote/jetstream/detail/wire.hpp>

#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

using namespace std::chrono_literals;

std::int64_t nanoseconds_of(std::string_view text) {
    const auto time = parse_time(text);
    return time ? std::chrono::nanoseconds(time->time_since_epoch()).count() : -1;
}

TEST(ack_subject, is_read_in_its_short_form) {
    const auto read = parse_ack_subject("$JS.ACK.KV_b.FIFqrUrL.1.7.3.1700000000123456789.42");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->stream_sequence, 7u);
    EXPECT_EQ(read->consumer_sequence, 3u);
    EXPECT_EQ(read->delivered, 1u);
    EXPECT_EQ(read->time.time_since_epoch(), 1700000000123456789ns);
    EXPECT_EQ(read->pending, 42u);
}

TEST(ack_subject, is_read_with_domain_and_account) {
    for (const auto* const text : {"$JS.ACK._.Ab12.S.C.6.7.3.5.42", "$JS.ACK.hub.Ab12.S.C.6.7.3.5.42.x9Yz",
                                   "$JS.ACK.hub.Ab12.S.C.6.7.3.5.42.x9Yz.later.tokens"}) {
        const auto read = parse_ack_subject(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->delivered, 6u);
        EXPECT_EQ(read->stream_sequence, 7u);
        EXPECT_EQ(read->consumer_sequence, 3u);
        EXPECT_EQ(read->pending, 42u);
    }
}

TEST(ack_subject, takes_the_largest_sequences) {
    const auto read = parse_ack_subject("$JS.ACK.S.C.1.18446744073709551615.1.5.18446744073709551615");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->stream_sequence, UINT64_MAX);
    EXPECT_EQ(read->pending, UINT64_MAX);
}

TEST(ack_subject, of_another_form_is_refused) {
    for (const auto* const text :
         {"", "$JS.ACK.", "$JS.FC.S.C.x", "_INBOX.x", "$JS.ACK.S.C.1.7.3.5", "$JS.ACK.S.C.1.7.3.5.42.9",
          "$JS.ACK.S.C.1.x.3.5.42", "$JS.ACK.S.C.1.7..5.42", "$JS.ACK.S.C.x.7.3.5.42", "$JS.ACK.S.C.1.7.3.5.-1",
          "$JS.ACK.S.C.1.7.3.5.42 ", "$JS.ACK.S.C.1.18446744073709551616.3.5.42", "$JS.ACK._.A.S.C.1.7.3.5.x"})
        EXPECT_FALSE(parse_ack_subject(text)) << text;
}

TEST(number, is_whole_or_nothing) {
    EXPECT_EQ(parse_number("0"), 0u);
    EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
    for (const auto* const text : {"", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616"})
        EXPECT_FALSE(parse_number(text)) << text;
}

TEST(time, is_read_as_rfc_3339) {
    EXPECT_EQ(nanoseconds_of("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(nanoseconds_of("2026-11-24T00:13:12.702135004Z"), 1795479192702135004);
    EXPECT_EQ(nanoseconds_of("2026-11-24T00:13:12.7Z"), 1795479192700000000);
    EXPECT_EQ(nanoseconds_of("2026-11-24T00:13:12Z"), 1795479192000000000);
    EXPECT_EQ(nanoseconds_of("2026-11-24T02:43:12+02:30"), 1795479192000000000);
    EXPECT_EQ(nanoseconds_of("2026-11-23T16:13:12-08:00"), 1795479192000000000);
    EXPECT_EQ(nanoseconds_of("2026-11-24T00:13:12.70213500499Z"), 1795479192702135004);
    EXPECT_EQ(nanoseconds_of("2024-02-29T00:00:00Z"), 1709164800000000000);
}

TEST(time, of_another_form_is_refused) {
    for (const auto* const text :
         {"", "2026", "2026-11-24", "2026-11-24 00:13:12Z", "2026-11-24T00:13:12", "2026-13-24T00:13:12Z",
          "2025-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T00:60:00Z", "2026-11-24T00:13:12Zx",
          "2026-11-24T00:13:12+2:00", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2026-11-24T00:13:1"})
        EXPECT_FALSE(parse_time(text)) << text;
}

}  // namespace
}  // namespace mote::jetstream::detail
