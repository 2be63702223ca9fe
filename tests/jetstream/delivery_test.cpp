#include <tests/jetstream/jobs.hpp>

namespace mote::jetstream {
namespace {

class live_delivery : public live_jobs {
protected:
    /// Makes the consumer `config`, stores `count` messages, and runs `body(js, consumer)`.
    template <class Body>
    void with_consumer(consumer_config config, int count, Body body) {
        with_jobs([config, count, body](nats_server&, context js) -> awaitable<void> {
            return prepared(std::move(js), config, count, body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(context js, consumer_config config, int count, Body body) {
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, count);
        pull_consumer consumer(js, info);
        co_await body(js, consumer);
    }
};

consumer_config quick_consumer() {
    auto config = workers();
    config.ack_wait = 500ms;
    return config;
}

TEST_F(live_delivery, that_is_acked_is_gone) {
    with_consumer(workers(), 1, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        EXPECT_FALSE(job->settled());
        job->ack();
        EXPECT_TRUE(job->settled());
        co_await expect_left(js, 0);
    });
}

TEST_F(live_delivery, is_gone_when_its_confirmed_ack_returns) {
    with_consumer(workers(), 3, [](context js, pull_consumer& consumer) -> awaitable<void> {
        for (int i = 1; i <= 3; ++i) {
            auto job = co_await expect_job(consumer, i);
            co_await job->ack_sync();
            EXPECT_TRUE(job->settled());
            EXPECT_EQ((co_await js.consumer("JOBS", "workers")).ack_floor.stream_sequence, static_cast<unsigned>(i));
        }
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 0u);
        EXPECT_EQ(consumer.stats().in_flight, 0u);
    });
}

TEST_F(live_delivery, may_be_confirmed_after_it_was_acked_and_again) {
    with_consumer(workers(), 1, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        job->ack();
        co_await job->ack_sync();
        co_await job->ack_sync();
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 0u);
    });
}

TEST_F(live_delivery, is_not_confirmed_when_the_consumer_is_gone) {
    with_consumer(workers(), 1, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        co_await js.delete_consumer("JOBS", "workers");
        const auto seen = co_await failure_of(job->ack_sync(500ms));
        EXPECT_TRUE(seen.code == nats::errc::no_responders || seen.code == nats::errc::timeout) << seen.text;
        EXPECT_TRUE(job->settled());
    });
}

TEST_F(live_delivery, that_is_nakked_comes_again_at_once) {
    with_consumer(workers(), 1, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        job->nak();
        auto again = co_await expect_job(consumer, 1);
        EXPECT_EQ(again->info().delivered, 2u);
        EXPECT_EQ(again->info().stream_sequence, 1u);
        EXPECT_EQ(again->info().consumer_sequence, 2u);
        again->ack();
        co_await expect_left(js, 0);
    });
}

TEST_F(live_delivery, that_is_nakked_with_a_delay_comes_again_after_it) {
    with_consumer(workers(), 2, [](context, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        auto other = co_await expect_job(consumer, 2);
        const auto start = std::chrono::steady_clock::now();
        job->nak(700ms);
        auto again = co_await expect_job(consumer, 1);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 650ms);
        EXPECT_EQ(again->info().delivered, 2u);
    });
}

TEST_F(live_delivery, that_is_terminated_never_comes_again) {
    with_consumer(quick_consumer(), 2, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto advisories = js.connection().subscribe("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.JOBS.workers");
        auto first = co_await expect_job(consumer, 1);
        auto second = co_await expect_job(consumer, 2);
        first->term();
        const bool tells_reasons = test::server_at_least(js, 2, 11);
        const auto refused = test::failure_at_once([&] { second->term("no such user"); });
        EXPECT_EQ(second->settled(), tells_reasons);
        if (!tells_reasons) {
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(test::contains(refused.text, "a reason of term needs nats-server 2.10.4, this one is 2."))
                << refused.text;
            second->term();
            EXPECT_NO_THROW(second->term("too late to matter"));
        }
        co_await expect_left(js, 0);
        EXPECT_FALSE(co_await consumer.next(1s));
        for (const auto* const sequence : {"\"stream_seq\":1", "\"stream_seq\":2"}) {
            const auto advisory = co_await advisories.next(patience);
            if (!advisory) co_return ADD_FAILURE() << sequence;
            EXPECT_TRUE(test::contains(advisory->payload(), sequence)) << advisory->payload();
            const bool told = test::contains(advisory->payload(), "no such user");
            EXPECT_EQ(told, test::contains(sequence, "2") && tells_reasons) << advisory->payload();
        }
    });
}

TEST_F(live_delivery, that_is_not_settled_comes_again_after_the_ack_wait) {
    with_consumer(quick_consumer(), 1, [](context, pull_consumer& consumer) -> awaitable<void> {
        const auto start = std::chrono::steady_clock::now();
        {
            const auto forgotten = co_await expect_job(consumer, 1);
        }
        auto again = co_await expect_job(consumer, 1);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 450ms);
        EXPECT_EQ(again->info().delivered, 2u);
    });
}

TEST_F(live_delivery, in_progress_does_not_come_again) {
    with_consumer(quick_consumer(), 1, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto job = co_await expect_job(consumer, 1);
        const auto until = std::chrono::steady_clock::now() + 2s;  // four ack waits
        while (std::chrono::steady_clock::now() < until) {
            job->in_progress();
            const auto other = co_await consumer.next(100ms);
            EXPECT_FALSE(other) << other->info().delivered;
        }
        job->ack();
        job->in_progress();  // nothing more is sent
        co_await expect_left(js, 0);
    });
}

TEST_F(live_delivery, counts_the_first_that_settles_it_only) {
    with_consumer(workers(), 2, [](context js, pull_consumer& consumer) -> awaitable<void> {
        auto acks = js.connection().subscribe("$JS.ACK.JOBS.workers.>");
        auto acked = co_await expect_job(consumer, 1);
        auto refused = co_await expect_job(consumer, 2);
        EXPECT_EQ(consumer.stats().in_flight, 2u);
        acked->ack();
        acked->nak();
        acked->term("late");
        acked->ack();
        acked->in_progress();
        EXPECT_EQ(consumer.stats().in_flight, 1u);
        refused->term();
        refused->ack();
        refused->nak(1s);
        co_await refused->ack_sync();
        EXPECT_EQ(consumer.stats().in_flight, 0u);
        const auto first = co_await acks.next(patience);
        EXPECT_TRUE(first && first->payload() == "+ACK");
        const auto second = co_await acks.next(patience);
        EXPECT_TRUE(second && second->payload() == "+TERM");
        co_await js.connection().flush();
        EXPECT_FALSE(acks.try_next());
    });
}

TEST_F(live_delivery, is_good_for_as_long_as_it_is_kept) {
    with_consumer(workers(), 300, [](context js, pull_consumer& consumer) -> awaitable<void> {
        std::vector<delivery> kept;
        consumer.consume([&](delivery& job) { kept.push_back(std::move(job)); });
        EXPECT_TRUE(co_await eventually([&] { return kept.size() == 300; }));
        EXPECT_EQ(consumer.stats().in_flight, 300u);
        for (int i = 0; i < 300; ++i) {
            auto& job = kept[static_cast<std::size_t>(i)];
            EXPECT_EQ(job.payload(), std::to_string(i + 1));
            EXPECT_EQ(job.subject(), "jobs.new");
            EXPECT_EQ(job.info().stream_sequence, static_cast<unsigned>(i + 1));
        }
        auto moved = std::move(kept.front());
        kept.front() = std::move(kept.back());
        kept.pop_back();
        EXPECT_EQ(moved.payload(), "1");
        EXPECT_EQ(kept.front().payload(), "300");
        EXPECT_EQ(consumer.stats().in_flight, 300u);
        moved.ack();
        for (auto& each : kept) each.ack();
        EXPECT_EQ(consumer.stats().in_flight, 0u);
        co_await expect_left(js, 0);
    });
}

TEST_F(live_delivery, outlives_its_consumer) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 1);
        std::optional<delivery> job;
        {
            pull_consumer consumer(js, info);
            job = co_await expect_job(consumer, 1);
        }
        EXPECT_EQ(job->payload(), "1");
        job->ack();
        co_await expect_left(js, 0);
    });
}

TEST_F(live_delivery, is_as_before_when_it_could_not_be_settled) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto other = co_await test::connect_to(server);
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(context(other), info);
        auto job = co_await expect_job(consumer, 1);
        other.close();
        EXPECT_EQ(test::failure_at_once([&] { job->ack(); }).code, nats::errc::closed);
        EXPECT_FALSE(job->settled());
        EXPECT_EQ(test::failure_at_once([&] { (void)job->ack_sync(); }).code, nats::errc::closed);
        EXPECT_FALSE(job->settled());
    });
}

}  // namespace
}  // namespace mote::jetstream
