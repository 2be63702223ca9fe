#include <tests/jetstream/numbers.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mote::jetstream {
namespace {

class live_ordered_consumer : public live_numbers {};

TEST_F(live_ordered_consumer, reads_ten_thousand_messages_in_order) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 10000);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS");
        EXPECT_EQ(consumer.initial_pending(), 10000u);
        std::uint64_t left = 10000;
        for (int i = 1; i <= 10000; ++i) {
            EXPECT_FALSE(consumer.caught_up());
            const auto message = co_await consumer.next(patience);
            if (!message || message->message.payload() != std::to_string(i)) {
                ADD_FAILURE() << "at " << i;
                co_return;
            }
            EXPECT_EQ(message->stream_sequence, static_cast<std::uint64_t>(i));
            EXPECT_EQ(message->pending, --left);
            EXPECT_EQ(message->message.subject(), "n." + std::to_string(i % 10));
        }
        EXPECT_TRUE(consumer.caught_up());
        EXPECT_FALSE(co_await consumer.next(10ms));
        co_await publish_numbers(js, 10001, 10003);
        co_await expect_numbers(consumer, 10001, 10003);
    });
}

TEST_F(live_ordered_consumer, answers_flow_control_for_more_than_a_window) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_numbers(js);
        const std::string block(256 * 1024, 'x');  // 200 of them are more than the server sends unasked
        constexpr int count = 200;
        for (int i = 0; i < count; ++i) co_await js.publish("n.1", block);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        for (int i = 1; i <= count; ++i) {
            const auto message = co_await consumer.next(patience);
            if (!message || message->stream_sequence != static_cast<std::uint64_t>(i)) {
                ADD_FAILURE() << "at " << i;
                co_return;
            }
        }
    });
}

TEST_F(live_ordered_consumer, reads_what_its_policy_says) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 25);
        ordered_consumer_options opts;
        opts.filter_subjects = {"n.3"};
        auto filtered = co_await ordered_consumer::create(js, "NUMBERS", opts);
        EXPECT_EQ(filtered.initial_pending(), 3u);
        for (const auto* const expected : {"3", "13", "23"}) {
            const auto message = co_await filtered.next(patience);
            EXPECT_TRUE(message && message->message.payload() == expected) << expected;
        }

        opts = {};
        opts.deliver = deliver_policy::last_per_subject;
        auto last_ones = co_await ordered_consumer::create(js, "NUMBERS", opts);
        EXPECT_EQ(last_ones.initial_pending(), 10u);
        co_await expect_numbers(last_ones, 16, 25);
        EXPECT_TRUE(last_ones.caught_up());

        opts.deliver = deliver_policy::last;
        auto last = co_await ordered_consumer::create(js, "NUMBERS", opts);
        co_await expect_numbers(last, 25, 25);

        opts.deliver = deliver_policy::by_start_sequence;
        opts.start_sequence = 20;
        auto from = co_await ordered_consumer::create(js, "NUMBERS", opts);
        co_await expect_numbers(from, 20, 25);

        opts.deliver = deliver_policy::new_messages;
        auto fresh = co_await ordered_consumer::create(js, "NUMBERS", opts);
        EXPECT_EQ(fresh.initial_pending(), 0u);
        EXPECT_TRUE(fresh.caught_up());
        co_await publish_numbers(js, 26, 26);
        co_await expect_numbers(fresh, 26, 26);
    });
}

TEST_F(live_ordered_consumer, reads_headers_alone) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        publish_options sent;
        sent.headers.add("Colour", "blue");
        co_await js.publish("n.1", "12345", sent);
        ordered_consumer_options opts;
        opts.headers_only = true;
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", opts);
        const auto message = co_await consumer.next(patience);
        if (!message) {
            ADD_FAILURE() << "nothing came";
            co_return;
        }
        EXPECT_EQ(message->message.payload(), "");
        EXPECT_EQ(message->message.headers().get("Colour"), "blue");
        EXPECT_EQ(message->message.headers().get("Nats-Msg-Size"), "5");
    });
}

TEST_F(live_ordered_consumer, ends_its_initial_messages_when_there_are_none) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS");
        EXPECT_TRUE(consumer.caught_up());
        EXPECT_FALSE(co_await consumer.next_initial(patience));
    });
}

TEST_F(live_ordered_consumer, ends_its_initial_messages_when_the_last_ones_go_before_they_come) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_numbers(js);
        const std::string block(512 * 1024, 'x');
        for (int i = 0; i < 40; ++i) co_await js.publish("n.1", block);  // flow control stops the server on the way
        co_await js.publish("n.2", "last");
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        EXPECT_TRUE(co_await consumer.next(patience));
        co_await js.purge_stream("NUMBERS");
        for (bool more = true; more;) {
            const auto message = co_await consumer.next_initial(patience);
            more = message.has_value();
        }
        EXPECT_TRUE(consumer.caught_up());
    });
}
TEST_F(live_ordered_consumer, of_a_stream_that_goes_away_says_so) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        co_await js.delete_stream("NUMBERS");
        EXPECT_EQ((co_await failure_of(consumer.next(patience))).code, errc::stream_not_found);
    });
}

TEST_F(live_ordered_consumer, of_a_closed_connection_says_so) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        js.connection().close();
        EXPECT_EQ((co_await failure_of(consumer.next(patience))).code, nats::errc::closed);
    });
}

TEST_F(live_ordered_consumer, cannot_be_made_of_nothing) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        EXPECT_EQ((co_await failure_of(ordered_consumer::create(js, "OTHER"))).code, errc::stream_not_found);
        EXPECT_EQ(test::failure_at_once([&] { (void)ordered_consumer::create(js, "a.b"); }).code, errc::bad_config);
        ordered_consumer_options opts;
        opts.filter_subjects = {"n..3"};
        EXPECT_EQ((co_await failure_of(ordered_consumer::create(js, "NUMBERS", opts))).code, nats::errc::bad_subject);
        opts = {};
        opts.idle_heartbeat = 1ms;
        EXPECT_EQ(test::failure_at_once([&] { (void)ordered_consumer::create(js, "NUMBERS", opts); }).code,
                  errc::bad_config);
        co_await test::expect_consumers(js, "NUMBERS", 0);
    });
}

TEST_F(live_ordered_consumer, deletes_its_consumer_at_the_end) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        {
            auto first = co_await ordered_consumer::create(js, "NUMBERS");
            auto second = co_await ordered_consumer::create(js, "NUMBERS");
            co_await test::expect_consumers(js, "NUMBERS", 2);
            second = std::move(first);
            co_await test::expect_consumers(js, "NUMBERS", 1);
        }
        co_await test::expect_consumers(js, "NUMBERS", 0);
    });
}

TEST_F(live_ordered_consumer, keeps_no_connection_from_draining) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 5);
        auto other = co_await test::connect_to(server);
        auto consumer = co_await ordered_consumer::create(context(other), "NUMBERS");
        co_await expect_numbers(consumer, 1, 1);  // the rest nobody asks for
        const auto drained = co_await failure_of(other.drain(patience));
        EXPECT_FALSE(drained.code) << drained.text;
    });
}

TEST_F(live_ordered_consumer, waits_through_the_pauses_of_the_original) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        using clock = std::chrono::steady_clock;
        co_await publish_numbers(js, 1, 1);
        boost::asio::steady_timer timer(js.connection().executor(), 2s);
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_await publish_numbers(js, 2, 2);
        auto opts = quick();
        opts.replay = replay_policy::original;
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", opts);
        co_await expect_numbers(consumer, 1, 1);
        const auto first = clock::now();
        const auto names = co_await js.consumer_names("NUMBERS");
        co_await expect_numbers(consumer, 2, 2);
        EXPECT_GT(clock::now() - first, 1s);
        EXPECT_EQ(co_await js.consumer_names("NUMBERS"), names);
    });
}

TEST_F(live_ordered_consumer, is_stopped_for_good) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 5);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS");
        co_await expect_numbers(consumer, 1, 1);
        co_await consumer.stop();
        EXPECT_EQ((co_await js.stream("NUMBERS")).state.consumers, 0);  // stop waits for that
        EXPECT_FALSE(co_await consumer.next(patience));
        co_await consumer.stop();
    });
}

awaitable<void> stop_soon(ordered_consumer& consumer) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 20ms);  // `next` has to wait by then
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_await consumer.stop();
}

TEST_F(live_ordered_consumer, stop_ends_a_next_that_waits) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS");
        boost::asio::co_spawn(js.connection().executor(), stop_soon(consumer), boost::asio::detached);
        EXPECT_FALSE(co_await consumer.next(patience));
        co_await js.connection().flush();
    });
}

TEST_F(live_ordered_consumer, stopped_after_its_stream_is_gone_is_no_error) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS");
        co_await js.delete_stream("NUMBERS");
        co_await consumer.stop();
    });
}

}  // namespace
}  // namespace mote::jetstream
