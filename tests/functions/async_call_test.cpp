#include <mote/functions/async_call.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

call_record full_record() {
    call_record record;
    record.function = function_name::parse("figlet.tools");
    record.state = call_state::retrying;
    record.sequence = 42;
    record.attempts = 3;
    record.max_attempts = 7;
    record.submitted = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
    record.next = record.submitted + std::chrono::milliseconds(1500);
    record.started = record.submitted + std::chrono::nanoseconds(7);
    record.duration = std::chrono::milliseconds(12);
    record.reason = "status 503";
    record.callback = callback_state::pending;
    record.callback_tries = 2;
    record.callback_trouble = "http://host/: status 500";
    record.status = 503;
    record.headers.add("Content-Type", "text/plain").add("Set-Cookie", "a=1").add("Set-Cookie", "b=2");
    record.body = std::string("\r\n\r\n\0\xff bytes", 13);
    record.body_size = record.body.size();
    return record;
}

TEST(call_record, is_read_as_it_was_written) {
    const auto record = full_record();
    const auto read = read_record(write_record(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->function, record.function);
    EXPECT_EQ(read->state, record.state);
    EXPECT_EQ(read->sequence, 42U);
    EXPECT_EQ(read->attempts, 3U);
    EXPECT_EQ(read->max_attempts, 7U);
    EXPECT_EQ(read->submitted, record.submitted);
    EXPECT_EQ(read->next, record.next);
    EXPECT_EQ(read->started, record.started);
    EXPECT_EQ(read->duration, record.duration);
    EXPECT_EQ(read->reason, record.reason);
    EXPECT_EQ(read->callback, callback_state::pending);
    EXPECT_EQ(read->callback_tries, 2U);
    EXPECT_EQ(read->callback_trouble, record.callback_trouble);
    EXPECT_EQ(read->status, 503);
    EXPECT_EQ(read->headers.lines(), record.headers.lines());
    EXPECT_EQ(read->body, record.body);
    EXPECT_EQ(read->body_size, record.body_size);
    EXPECT_TRUE(read->body_kept);
}

TEST(call_record, says_that_a_body_was_not_kept) {
    auto record = full_record();
    record.body.clear();
    record.body_size = 5'000'000;
    record.body_kept = false;
    const auto read = read_record(write_record(record));
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->body_kept);
    EXPECT_EQ(read->body_size, 5'000'000U);
}

TEST(call_record, cannot_be_forged_by_a_line_break_in_a_text) {
    auto record = full_record();
    record.reason = "no\r\nMote-State: done";
    const auto read = read_record(write_record(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, call_state::retrying);
    EXPECT_EQ(read->reason, "no  Mote-State: done");
}

TEST(call_record, is_refused_when_it_is_something_else) {
    for (const char* text : {"", "{}", "NATS/1.0\r\n", "NATS/1.0\r\n\r\n", "NATS/1.0\r\nMote-State: done\r\n\r\n",
                             "NATS/1.0\r\nMote-Function: a.b\r\nMote-State: gone\r\n\r\n",
                             "NATS/1.0\r\nMote-Function: A B\r\nMote-State: done\r\n\r\n",
                             "NATS/1.0\r\nMote-Function: a.b\r\nMote-Attempts: many\r\n\r\n"})
        EXPECT_FALSE(read_record(text)) << text;
}

TEST(call_state, is_final_when_nothing_more_happens) {
    for (const auto state : {call_state::queued, call_state::running, call_state::retrying})
        EXPECT_FALSE(is_final(state)) << to_text(state);
    for (const auto state : {call_state::done, call_state::failed, call_state::cancelled, call_state::dead})
        EXPECT_TRUE(is_final(state)) << to_text(state);
}

}  // namespace
}  // namespace mote::functions
