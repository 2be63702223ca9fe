#include <mote/nats/detail/request_table.hpp>

#include <mote/nats/error.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace mote::nats::detail {
namespace {

using namespace std::chrono_literals;

std::string token_of(const request_table::ticket& opened) {
    std::string token;
    request_table::append_token(opened, token);
    return token;
}

class request_table_test : public ::testing::Test {
protected:
    request_table::ticket open(std::string_view subject = "a") { return table.open(context.get_executor(), subject); }

    boost::asio::io_context context;
    request_table table;
};

TEST_F(request_table_test, finds_a_request_by_the_token_of_its_reply_subject) {
    const auto first = open("a");
    const auto second = open("b");
    EXPECT_EQ(table.find(token_of(first)), &table.at(first));
    EXPECT_EQ(table.find(token_of(second)), &table.at(second));
    EXPECT_EQ(table.at(first).subject, "a");
    EXPECT_EQ(table.at(second).subject, "b");
    EXPECT_TRUE(table.at(first).waiting);
    EXPECT_FALSE(table.at(first).done.is_set());
    EXPECT_FALSE(table.at(first).failure);
}

TEST_F(request_table_test, token_is_one_token_behind_what_is_there) {
    std::string subject = "_INBOX.x.";
    request_table::append_token(open(), subject);
    EXPECT_TRUE(subject.starts_with("_INBOX.x."));
    EXPECT_EQ(subject.find_first_not_of("0123456789", 9), std::string::npos);
    EXPECT_GT(subject.size(), 9u);
}

TEST_F(request_table_test, finds_nothing_for_other_tokens) {
    EXPECT_EQ(table.find("0"), nullptr);
    const auto opened = open();
    const auto token = token_of(opened);
    for (const auto& other :
         {std::string(), std::string("x"), std::string("-1"), token + "0", token + ".1", token + " ", " " + token,
          std::string("99999999999999999999999"), std::string("18446744073709551615"), std::string("0")})
        EXPECT_EQ(table.find(other), nullptr) << other;
}

TEST_F(request_table_test, finds_nothing_once_it_is_closed) {
    const auto opened = open();
    const auto token = token_of(opened);
    table.close(opened);
    EXPECT_EQ(table.find(token), nullptr);
}

TEST_F(request_table_test, a_late_reply_does_not_find_the_next_request_of_its_slot) {
    std::set<std::string> tokens;
    for (int round = 0; round < 100; ++round) {
        const auto opened = open();
        EXPECT_EQ(opened.slot, 0u) << "slots are used again";
        for (const auto& late : tokens) EXPECT_EQ(table.find(late), nullptr) << late;
        EXPECT_TRUE(tokens.insert(token_of(opened)).second);
        table.close(opened);
    }
}

TEST_F(request_table_test, knows_the_only_one_that_waits) {
    EXPECT_EQ(table.only_one(), nullptr);
    const auto first = open("a");
    EXPECT_EQ(table.only_one(), &table.at(first));
    const auto second = open("b");
    EXPECT_EQ(table.only_one(), nullptr);
    table.at(first).answered = true;
    table.close(first);
    EXPECT_EQ(table.only_one(), &table.at(second));
    table.close(second);
    EXPECT_EQ(table.only_one(), nullptr);
}

TEST_F(request_table_test, knows_no_only_one_while_an_answer_may_be_late) {
    const auto given_up = open("a");
    const auto waits = open("b");
    table.close(given_up);
    EXPECT_EQ(table.only_one(), nullptr);
    EXPECT_FALSE(table.only_late_ones()) << "one waits";
    table.at(waits).answered = true;
    table.close(waits);
    EXPECT_TRUE(table.only_late_ones());
    table.forget_late_ones();
    const auto next = open("c");
    EXPECT_EQ(table.only_one(), &table.at(next));
}

TEST_F(request_table_test, expects_no_answer_of_what_was_refused) {
    const auto refused = open("a");
    table.at(refused).fail(errc::permission_denied);
    table.close(refused);
    EXPECT_FALSE(table.only_late_ones());
    const auto slow = open("a");
    table.at(slow).fail(errc::timeout);
    table.close(slow);
    EXPECT_TRUE(table.only_late_ones());
}

TEST_F(request_table_test, a_slot_begins_anew) {
    const auto first = open("a");
    const message_view view{"r", "", headers_view(), "old"};
    table.at(first).reply = message(view);
    table.at(first).failure = errc::timeout;
    table.at(first).done.set();
    table.close(first);
    const auto second = open("b");
    ASSERT_EQ(second.slot, first.slot);
    EXPECT_EQ(table.at(second).subject, "b");
    EXPECT_EQ(table.at(second).reply.payload(), "");
    EXPECT_FALSE(table.at(second).failure);
    EXPECT_FALSE(table.at(second).done.is_set());
}

TEST_F(request_table_test, keeps_many_apart) {
    std::vector<request_table::ticket> all;
    for (int each = 0; each < 1000; ++each) all.push_back(open());
    for (std::size_t each = 0; each < all.size(); each += 2) table.close(all[each]);
    for (std::size_t each = 0; each < all.size(); ++each)
        EXPECT_EQ(table.find(token_of(all[each])), each % 2 == 0 ? nullptr : &table.at(all[each])) << each;
}

TEST_F(request_table_test, fails_all_that_wait) {
    const auto first = open();
    const auto closed = open();
    const auto second = open();
    table.close(closed);
    table.fail_all(errc::closed);
    EXPECT_EQ(table.at(first).failure, errc::closed);
    EXPECT_TRUE(table.at(first).done.is_set());
    EXPECT_EQ(table.at(second).failure, errc::closed);
    EXPECT_FALSE(table.at(closed).failure);
    EXPECT_FALSE(table.at(closed).done.is_set());
}

TEST_F(request_table_test, what_is_answered_does_not_fail_any_more) {
    const auto opened = open("a");
    table.at(opened).done.set();
    table.fail_all(errc::closed);
    EXPECT_FALSE(table.fail_subject("a", errc::permission_denied));
    EXPECT_FALSE(table.at(opened).failure);
}

TEST_F(request_table_test, fails_all_requests_for_one_subject) {
    const auto first = open("a");
    const auto other = open("b");
    const auto second = open("a");
    EXPECT_TRUE(table.fail_subject("a", errc::permission_denied));
    EXPECT_EQ(table.at(first).failure, errc::permission_denied);
    EXPECT_EQ(table.at(second).failure, errc::permission_denied);
    EXPECT_TRUE(table.at(second).done.is_set());
    EXPECT_FALSE(table.at(other).failure);
    EXPECT_FALSE(table.fail_subject("c", errc::permission_denied));
    table.close(other);
    EXPECT_FALSE(table.fail_subject("b", errc::permission_denied));
}

class deadlines_of_requests : public request_table_test {
protected:
    using clock = std::chrono::steady_clock;

    request_table::ticket open_until(clock::time_point deadline) {
        const auto opened = open();
        table.at(opened).deadline = deadline;
        return opened;
    }

    const clock::time_point now = clock::now();
};

TEST_F(deadlines_of_requests, fail_those_that_are_due_and_no_other) {
    const auto past = open_until(now - 1s);
    const auto due = open_until(now);
    const auto later = open_until(now + 2s);
    const auto soon = open_until(now + 1s);
    const auto never = open();
    EXPECT_EQ(table.expire(now), now + 1s);
    EXPECT_EQ(table.at(past).failure, errc::timeout);
    EXPECT_EQ(table.at(due).failure, errc::timeout);
    EXPECT_TRUE(table.at(due).done.is_set());
    for (const auto& waits : {later, soon, never}) {
        EXPECT_FALSE(table.at(waits).failure);
        EXPECT_FALSE(table.at(waits).done.is_set());
    }
    table.close(soon);
    table.close(later);
    EXPECT_EQ(table.expire(now), clock::time_point::max()) << "one without a deadline needs no timer";
}

TEST_F(deadlines_of_requests, do_not_count_for_what_is_answered_or_closed) {
    const auto answered = open_until(now);
    table.at(answered).done.set();
    const auto closed = open_until(now);
    table.close(closed);
    EXPECT_EQ(table.expire(now), clock::time_point::max());
    EXPECT_FALSE(table.at(answered).failure);
    const auto next = open();
    ASSERT_EQ(next.slot, closed.slot);
    EXPECT_EQ(table.expire(now), clock::time_point::max()) << "the next one of the slot has none";
    EXPECT_FALSE(table.at(next).failure);
}

}  // namespace
}  // namespace mote::nats::detail
