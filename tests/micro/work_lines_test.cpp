// The waiting_lines of an ordered work endpoint: who may begin when.

#include <mote/micro/detail/work_lines.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/micro/work_order.hpp>

#include <gtest/gtest.h>

namespace mote::micro {
namespace {

using detail::place_in_line;
using waiting_lines = detail::work_lines<place_in_line>;

std::shared_ptr<place_in_line> message(std::uint64_t sequence, std::string key, std::uint64_t delivered = 1) {
    auto made = std::make_shared<place_in_line>();
    made->told.stream_sequence = sequence;
    made->told.delivered = delivered;
    made->key = std::move(key);
    return made;
}

/// The sequences of all that may begin now.
std::vector<std::uint64_t> begin_all(waiting_lines& of) {
    std::vector<std::uint64_t> begun;
    while (const auto next = of.next()) begun.push_back(next->told.stream_sequence);
    return begun;
}

using numbers = std::vector<std::uint64_t>;

TEST(work_lines, begin_one_of_each_key_at_a_time_in_the_order_of_the_stream) {
    waiting_lines of;
    for (const auto& [sequence, key] : {std::pair(1, "a"), {2, "a"}, {3, "b"}, {4, "a"}, {5, "b"}, {6, "c"}})
        EXPECT_TRUE(of.add(message(static_cast<std::uint64_t>(sequence), key)));
    EXPECT_EQ(begin_all(of), (numbers{1, 3, 6}));
    EXPECT_EQ(begin_all(of), numbers{});
    of.leave(*of.all().at(3));
    EXPECT_EQ(begin_all(of), numbers{5});
    of.leave(*of.all().at(1));
    EXPECT_EQ(begin_all(of), numbers{2});
    of.leave(*of.all().at(2));
    EXPECT_EQ(begin_all(of), numbers{4});
    EXPECT_EQ(of.all().size(), 3u);
}

TEST(work_lines, wait_for_one_that_pauses_while_others_go_on) {
    waiting_lines of;
    for (const auto& [sequence, key] : {std::pair(1, "a"), {2, "a"}, {3, "b"}, {4, "b"}})
        of.add(message(static_cast<std::uint64_t>(sequence), key));
    EXPECT_EQ(begin_all(of), (numbers{1, 3}));
    of.pause(*of.all().at(1));
    of.leave(*of.all().at(3));
    EXPECT_EQ(begin_all(of), numbers{4});
    of.add(message(5, "a"));
    EXPECT_EQ(begin_all(of), numbers{});
    of.resume(*of.all().at(1));
    EXPECT_EQ(begin_all(of), numbers{1});
    of.leave(*of.all().at(1));
    EXPECT_EQ(begin_all(of), numbers{2});
}

TEST(work_lines, put_one_that_comes_late_in_its_place) {
    waiting_lines of;
    for (const auto sequence : {5u, 2u, 9u, 1u}) of.add(message(sequence, "a"));
    EXPECT_EQ(begin_all(of), numbers{1});
    of.leave(*of.all().at(1));
    EXPECT_EQ(begin_all(of), numbers{2});
    of.leave(*of.all().at(2));
    EXPECT_EQ(begin_all(of), numbers{5});
    of.add(message(3, "a"));
    EXPECT_EQ(begin_all(of), numbers{}) << "one of its key is running";
    of.pause(*of.all().at(5));
    EXPECT_EQ(begin_all(of), numbers{3});
}

TEST(work_lines, keep_the_first_of_two_that_are_the_same) {
    waiting_lines of;
    const auto first = message(1, "a");
    EXPECT_TRUE(of.add(first));
    EXPECT_FALSE(of.add(message(1, "a", 2)));
    EXPECT_EQ(of.all().at(1), first);
    EXPECT_EQ(begin_all(of), numbers{1});
    EXPECT_FALSE(of.add(message(1, "a", 3)));
    of.leave(*first);
    EXPECT_TRUE(of.all().empty());
    EXPECT_EQ(begin_all(of), numbers{});
}

TEST(work_lines, give_back_all_that_do_not_run) {
    waiting_lines of;
    for (const auto sequence : {1u, 2u, 3u}) of.add(message(sequence, "a"));
    for (const auto sequence : {4u, 5u}) of.add(message(sequence, "b"));
    EXPECT_EQ(begin_all(of), (numbers{1, 4}));
    of.pause(*of.all().at(4));
    numbers taken;
    for (const auto& each : of.take_not_running()) taken.push_back(each->told.stream_sequence);
    EXPECT_EQ(taken, (numbers{2, 3, 4, 5}));
    EXPECT_EQ(of.all().size(), 1u);
    EXPECT_EQ(begin_all(of), numbers{});
    of.add(message(6, "a"));
    of.add(message(7, "b"));
    EXPECT_EQ(begin_all(of), numbers{7});
    of.leave(*of.all().at(1));
    EXPECT_EQ(begin_all(of), numbers{6});
}

TEST(work_lines, know_who_cannot_have_been_begun) {
    waiting_lines of;
    const auto third = message(3, "a", 7);
    const auto second = message(2, "a", 8);
    const auto first = message(1, "a", 9);
    const auto other = message(4, "b", 6);
    for (const auto& each : {second, third, first, other}) of.add(each);
    EXPECT_EQ(first->deliveries_behind, 0u);
    EXPECT_EQ(second->deliveries_behind, 8u);
    EXPECT_EQ(third->deliveries_behind, 7u);
    EXPECT_EQ(other->deliveries_behind, 0u);
}

TEST(work_lines, count_up_to_a_place_in_the_stream) {
    waiting_lines of;
    for (const auto sequence : {2u, 4u, 6u}) of.add(message(sequence, "a"));
    EXPECT_EQ(of.count_up_to(1), 0u);
    EXPECT_EQ(of.count_up_to(4), 2u);
    EXPECT_EQ(of.count_up_to(5), 2u);
    EXPECT_EQ(of.count_up_to(100), 3u);
}

nats::message_view with(std::string_view subject, std::string_view headers = {}) {
    nats::message_view made;
    made.subject = subject;
    made.headers = nats::headers_view(headers);
    return made;
}

TEST(work_order, is_none_unless_asked_for) {
    EXPECT_FALSE(work_order());
    EXPECT_EQ(work_order().text(), "");
    EXPECT_TRUE(work_order().fits("orders"));
}

TEST(work_order, reads_a_header) {
    const auto order = work_order::by_header("Order-Id");
    EXPECT_TRUE(order);
    EXPECT_EQ(order.text(), "header Order-Id");
    EXPECT_EQ(order.key_of(with("orders", "NATS/1.0\r\nOrder-Id: 7\r\nOrder-Id: 8\r\n\r\n")), "7");
    EXPECT_EQ(order.key_of(with("orders", "NATS/1.0\r\nOther: 7\r\n\r\n")), "");
    EXPECT_EQ(order.key_of(with("orders")), "");
    EXPECT_TRUE(order.fits("orders"));
    EXPECT_THROW(work_order::by_header(""), boost::system::system_error);
    EXPECT_THROW(work_order::by_header("Order Id"), boost::system::system_error);
}

TEST(work_order, reads_a_token_of_the_subject_counted_from_one) {
    const auto order = work_order::by_subject_token(2);
    EXPECT_TRUE(order);
    EXPECT_EQ(order.text(), "token 2");
    EXPECT_EQ(order.key_of(with("orders.eu.7")), "eu");
    EXPECT_EQ(order.key_of(with("orders.eu")), "eu");
    EXPECT_EQ(order.key_of(with("orders")), "");
    EXPECT_EQ(work_order::by_subject_token(1).key_of(with("orders.eu")), "orders");
    EXPECT_TRUE(order.fits("orders.*"));
    EXPECT_TRUE(order.fits("orders.*.new"));
    EXPECT_TRUE(order.fits("orders.>"));
    EXPECT_TRUE(order.fits(">"));
    EXPECT_FALSE(order.fits("orders"));
    EXPECT_FALSE(work_order::by_subject_token(3).fits("orders.*"));
    EXPECT_THROW(work_order::by_subject_token(0), boost::system::system_error);
}

}  // namespace
}  // namespace mote::micro
