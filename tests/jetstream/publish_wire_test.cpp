#include <mote/jetstream/detail/publish_wire.hpp>

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace mote::jetstream::detail {
namespace {

using namespace std::chrono_literals;
using fields = std::map<std::string, std::string>;

fields fields_of(const publish_options& opts) {
    fields found;
    for (const auto& [name, value] : headers_of(opts)) {
        EXPECT_TRUE(found.emplace(name, value).second) << "twice: " << name;
    }
    return found;
}

message_schedule every_morning() {
    message_schedule schedule;
    schedule.when = "0 0 6 * * *";
    schedule.target = "tea.due";
    return schedule;
}

TEST(publish_headers, are_none_where_nothing_is_said) { EXPECT_EQ(fields_of(publish_options()), fields()); }

TEST(publish_headers, have_each_option_under_its_name) {
    publish_options opts;
    opts.headers.add("Own", "1");
    opts.message_id = "a-1";
    opts.expected_stream = "S";
    opts.expected_last_sequence = 0;
    opts.expected_last_subject_sequence = 7;
    opts.expected_last_subject = "a.*";
    opts.expected_last_message_id = "a-0";
    opts.rollup = "sub";
    opts.ttl = 90s;
    opts.counter_increment = "+1";
    const fields expected = {{"Own", "1"},
                             {"Nats-Msg-Id", "a-1"},
                             {"Nats-Expected-Stream", "S"},
                             {"Nats-Expected-Last-Sequence", "0"},
                             {"Nats-Expected-Last-Subject-Sequence", "7"},
                             {"Nats-Expected-Last-Subject-Sequence-Subject", "a.*"},
                             {"Nats-Expected-Last-Msg-Id", "a-0"},
                             {"Nats-Rollup", "sub"},
                             {"Nats-TTL", "90000000000ns"},
                             {"Nats-Incr", "+1"}};
    EXPECT_EQ(fields_of(opts), expected);
}

TEST(publish_headers, have_only_time_and_target_of_a_schedule_that_says_no_more) {
    publish_options opts;
    opts.schedule = every_morning();
    const fields expected = {{"Nats-Schedule", "0 0 6 * * *"}, {"Nats-Schedule-Target", "tea.due"}};
    EXPECT_EQ(fields_of(opts), expected);
}

TEST(publish_headers, have_all_that_a_schedule_says) {
    publish_options opts;
    opts.schedule = every_morning();
    opts.schedule->source = "tea.kind";
    opts.schedule->time_zone = "Europe/Vienna";
    opts.schedule->ttl = 60s;
    opts.schedule->rollup = true;
    const fields expected = {{"Nats-Schedule", "0 0 6 * * *"},       {"Nats-Schedule-Target", "tea.due"},
                             {"Nats-Schedule-Source", "tea.kind"},   {"Nats-Schedule-Time-Zone", "Europe/Vienna"},
                             {"Nats-Schedule-TTL", "60000000000ns"}, {"Nats-Schedule-Rollup", "sub"}};
    EXPECT_EQ(fields_of(opts), expected);
}

TEST(publish_acknowledgement, is_read_with_all_its_members) {
    const auto ack =
        parse_ack(R"({"stream":"S","seq":7,"duplicate":true,"domain":"hub","val":"42","batch":"b","count":3})");
    EXPECT_EQ(ack.stream, "S");
    EXPECT_EQ(ack.sequence, 7u);
    EXPECT_TRUE(ack.duplicate);
    EXPECT_EQ(ack.domain, "hub");
    EXPECT_EQ(ack.value, "42");
    EXPECT_EQ(ack.batch, "b");
    EXPECT_EQ(ack.batch_size, 3u);
}

}  // namespace
}  // namespace mote::jetstream::detail
