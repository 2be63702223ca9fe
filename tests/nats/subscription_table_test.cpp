#include <mote/nats/detail/subscription_table.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {
namespace {

class subscription_table_test : public ::testing::Test {
protected:
    std::shared_ptr<subscription_state> add() {
        auto state = std::make_shared<subscription_state>(context.get_executor());
        table.add(state);
        return state;
    }

    boost::asio::io_context context;
    subscription_table table;
};

TEST_F(subscription_table_test, finds_a_subscription_by_the_sid_that_it_gave) {
    const auto first = add();
    const auto second = add();
    EXPECT_NE(first->sid, 0u);
    EXPECT_NE(first->sid, second->sid);
    EXPECT_EQ(table.find(first->sid), first.get());
    EXPECT_EQ(table.find(second->sid), second.get());
}

TEST_F(subscription_table_test, finds_nothing_for_other_sids) {
    EXPECT_EQ(table.find(0), nullptr);
    EXPECT_EQ(table.find(1), nullptr);
    const auto sid = add()->sid;
    for (const std::uint64_t other :
         {std::uint64_t{0}, sid + 1, sid + (std::uint64_t{1} << 24), UINT64_MAX, UINT64_MAX - 1})
        EXPECT_EQ(table.find(other), nullptr) << other;
}

TEST_F(subscription_table_test, a_late_message_does_not_find_the_next_subscription_of_its_slot) {
    std::set<std::uint64_t> sids;
    for (int round = 0; round < 100; ++round) {
        const auto state = add();
        for (const auto late : sids) EXPECT_EQ(table.find(late), nullptr) << late;
        EXPECT_TRUE(sids.insert(state->sid).second);
        table.remove(state->sid);
        EXPECT_EQ(table.find(state->sid), nullptr);
    }
    EXPECT_LT(std::count_if(sids.begin(), sids.end(), [](auto sid) { return (sid & 0xFFFFFF) != 1; }), 1)
        << "slots are used again";
}

TEST_F(subscription_table_test, a_removed_state_lives_until_it_is_forgotten) {
    std::weak_ptr<subscription_state> watched;
    {
        const auto state = add();
        watched = state;
        table.remove(state->sid);
    }
    EXPECT_FALSE(watched.expired()) << "its handler may be what removes it";
    table.forget_removed();
    EXPECT_TRUE(watched.expired());
    table.forget_removed();
}

TEST_F(subscription_table_test, removes_nothing_for_a_sid_that_is_not_there) {
    const auto state = add();
    table.remove(0);
    table.remove(state->sid + 1);
    table.remove(state->sid + (std::uint64_t{1} << 24));
    EXPECT_EQ(table.find(state->sid), state.get());
    table.remove(state->sid);
    table.remove(state->sid);
    EXPECT_NE(add()->sid, add()->sid) << "a slot is free once";
}

TEST_F(subscription_table_test, tells_all_that_are_there) {
    EXPECT_TRUE(table.all().empty());
    const auto first = add();
    const auto second = add();
    const auto third = add();
    table.remove(second->sid);
    EXPECT_EQ(table.all(), (std::vector{first, third}));
}

// ---- what waits for `next`

class pending_messages_test : public ::testing::Test {
protected:
    bool enqueue(std::string_view payload, std::string_view headers = {}) {
        return state.enqueue({"s", "r", headers_view(headers), payload});
    }
    std::string take() {
        const auto taken = state.take();
        return taken ? std::string(taken->payload()) : "nothing";
    }

    boost::asio::io_context context;
    subscription_state state{context.get_executor()};
};

TEST_F(pending_messages_test, are_taken_in_order_with_all_their_parts) {
    const std::string block = "NATS/1.0\r\nA: b\r\n\r\n";
    EXPECT_TRUE(enqueue("1", block));
    EXPECT_TRUE(enqueue("2"));
    EXPECT_TRUE(state.changed.is_set());
    EXPECT_EQ(state.counts.pending_messages, 2u);
    EXPECT_EQ(state.counts.pending_bytes, block.size() + 2);
    const auto first = state.take();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->subject(), "s");
    EXPECT_EQ(first->reply(), "r");
    EXPECT_EQ(first->headers().get("A"), "b");
    EXPECT_EQ(first->payload(), "1");
    EXPECT_EQ(take(), "2");
    EXPECT_EQ(take(), "nothing");
    EXPECT_EQ(state.counts.pending_messages, 0u);
    EXPECT_EQ(state.counts.pending_bytes, 0u);
    EXPECT_EQ(state.counts.delivered, 2u);
    EXPECT_EQ(state.counts.dropped, 0u);
}

TEST_F(pending_messages_test, lose_the_newest_past_their_number) {
    state.opts.max_pending_messages = 2;
    EXPECT_TRUE(enqueue("1"));
    EXPECT_TRUE(enqueue("2"));
    EXPECT_FALSE(enqueue("3"));
    EXPECT_EQ(state.counts.dropped, 1u);
    EXPECT_EQ(take(), "1");
    EXPECT_TRUE(enqueue("4"));
    EXPECT_EQ(take(), "2");
    EXPECT_EQ(take(), "4");
    EXPECT_EQ(state.counts.delivered, 3u);
}

TEST_F(pending_messages_test, lose_the_oldest_past_their_number_when_asked) {
    state.opts.max_pending_messages = 2;
    state.opts.slow_consumer = slow_consumer_policy::drop_oldest;
    EXPECT_TRUE(enqueue("1"));
    EXPECT_TRUE(enqueue("2"));
    EXPECT_FALSE(enqueue("3"));
    EXPECT_EQ(state.counts.dropped, 1u);
    EXPECT_EQ(state.counts.delivered, 0u) << "a dropped message is not delivered";
    EXPECT_EQ(take(), "2");
    EXPECT_EQ(take(), "3");
}

TEST_F(pending_messages_test, are_bound_by_their_bytes_too) {
    state.opts.max_pending_bytes = 10;
    EXPECT_TRUE(enqueue("123456"));
    EXPECT_TRUE(enqueue("1234"));
    EXPECT_FALSE(enqueue("1"));
    EXPECT_TRUE(enqueue(""));
    state.opts.slow_consumer = slow_consumer_policy::drop_oldest;
    EXPECT_FALSE(enqueue("12345678"));
    EXPECT_EQ(take(), "");
    EXPECT_EQ(take(), "12345678");
    EXPECT_EQ(state.counts.dropped, 3u);
}

TEST_F(pending_messages_test, never_have_one_that_is_larger_than_the_bound) {
    state.opts.max_pending_bytes = 3;
    for (const auto policy : {slow_consumer_policy::drop_newest, slow_consumer_policy::drop_oldest}) {
        state.opts.slow_consumer = policy;
        EXPECT_FALSE(enqueue("1234"));
        EXPECT_EQ(take(), "nothing");
    }
    EXPECT_EQ(state.counts.dropped, 2u);
}

TEST_F(pending_messages_test, that_are_all_taken_end_every_drain) {
    enqueue("1");
    enqueue("2");
    const auto one = std::make_shared<async_event>(context.get_executor());
    const auto other = std::make_shared<async_event>(context.get_executor());
    state.drains = {one, other};
    take();
    EXPECT_FALSE(one->is_set());
    take();
    EXPECT_TRUE(one->is_set());
    EXPECT_TRUE(other->is_set());
    EXPECT_TRUE(state.drains.empty());
}

TEST_F(pending_messages_test, that_are_discarded_end_every_drain_and_count_for_nothing) {
    enqueue("1");
    const auto drain = std::make_shared<async_event>(context.get_executor());
    state.drains = {drain};
    state.discard_pending();
    EXPECT_TRUE(drain->is_set());
    EXPECT_EQ(take(), "nothing");
    EXPECT_EQ(state.counts.pending_messages, 0u);
    EXPECT_EQ(state.counts.pending_bytes, 0u);
    EXPECT_EQ(state.counts.delivered, 0u);
}

TEST_F(pending_messages_test, callbacks_of_the_user_can_be_forgotten) {
    const auto owned = std::make_shared<int>(1);
    state.handler = [owned](const message_view&) {};
    state.opts.after_burst = [owned] {};
    state.opts.on_error = [owned](const boost::system::error_code&, const std::string&) {};
    EXPECT_EQ(owned.use_count(), 4);
    state.forget_callbacks();
    EXPECT_EQ(owned.use_count(), 1);
}

TEST_F(pending_messages_test, stay_when_the_subscription_ends) {
    enqueue("1");
    state.changed.reset();
    state.end();
    EXPECT_TRUE(state.ended);
    EXPECT_TRUE(state.changed.is_set());
    EXPECT_EQ(take(), "1");
}

}  // namespace
}  // namespace mote::nats::detail
