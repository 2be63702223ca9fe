#include <tests/jetstream/jobs.hpp>

#include <boost/asio/post.hpp>
#include <filesystem>

namespace mote::jetstream {
namespace {

/// What servers do with a work queue and its consumer: what work endpoints stand on.
class live_work_queue : public live_jobs {};

TEST_F(live_work_queue, keeps_a_message_until_it_is_acked) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 3);
        pull_consumer consumer(js, info);
        std::vector<delivery> held;
        for (int i = 1; i <= 3; ++i) {
            auto job = co_await expect_job(consumer, i);
            held.push_back(std::move(*job));
        }
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 3u);
        co_await held[1].ack_sync();
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 2u);
        EXPECT_FALSE(co_await js.message("JOBS", 2));
        EXPECT_TRUE(co_await js.message("JOBS", 1));
    });
}

TEST_F(live_work_queue, has_one_consumer_a_subject) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_or_update_consumer("JOBS", workers());
        auto second = workers();
        second.name = "others";
        EXPECT_TRUE((co_await failure_of(js.create_or_update_consumer("JOBS", second))).code);
        auto unacked = workers();
        unacked.name = "unacked";
        unacked.ack = ack_policy::none;
        EXPECT_TRUE((co_await failure_of(js.create_or_update_consumer("JOBS", unacked))).code);
    });
}

TEST_F(live_work_queue, stores_a_message_id_once_within_the_duplicate_window) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto stream = jobs_stream();
        stream.duplicate_window = 1s;
        co_await js.create_stream(stream);
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        publish_options opts;
        opts.message_id = "order-1";
        EXPECT_FALSE((co_await js.publish("jobs.new", "1", opts)).duplicate);
        const auto again = co_await js.publish("jobs.new", "1", opts);
        EXPECT_TRUE(again.duplicate);
        EXPECT_EQ(again.sequence, 1u);
        {
            pull_consumer consumer(js, info);
            auto job = co_await expect_job(consumer, 1);
            co_await job->ack_sync();
            EXPECT_FALSE(co_await consumer.next(50ms));
        }
        // Also when it was done long ago; past the window it is another one.
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto later = co_await js.publish("jobs.new", "1", opts);
        while (later.duplicate && std::chrono::steady_clock::now() < deadline)
            later = co_await js.publish("jobs.new", "1", opts);
        EXPECT_FALSE(later.duplicate);
        EXPECT_EQ(later.sequence, 2u);
    });
}

TEST_F(live_work_queue, redelivers_as_the_back_off_list_says_and_repeats_its_end) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.backoff = {200ms, 800ms};
        config.max_deliver = 10;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        // From the publish on: a delivery that was read late makes the wait for the next one look short, never this sum.
        const auto start = std::chrono::steady_clock::now();
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(js, info);
        const std::chrono::milliseconds at_least[] = {0ms, 200ms, 1000ms, 1800ms};
        for (std::uint64_t i = 0; i < 4; ++i) {
            const auto job = co_await expect_job(consumer, 1);
            if (!job) co_return;
            EXPECT_EQ(job->info().delivered, i + 1);
            EXPECT_GE(std::chrono::steady_clock::now() - start, at_least[i] - 20ms) << i;
        }
    });
}

TEST_F(live_work_queue, redelivers_a_nak_at_once_whatever_the_back_off_list_says) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.backoff = {1h, 2h};
        config.max_deliver = 10;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(js, info);
        for (std::uint64_t i = 1; i <= 4; ++i) {
            auto job = co_await expect_job(consumer, 1);
            if (!job) co_return;
            EXPECT_EQ(job->info().delivered, i);
            job->nak();
        }
    });
}

TEST_F(live_work_queue, adds_to_the_delay_of_a_nak_what_the_back_off_list_has_grown_by) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.backoff = {1s, 3s};
        config.max_deliver = 10;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(js, info);
        auto first = co_await expect_job(consumer, 1);
        first->nak();
        auto second = co_await expect_job(consumer, 1);
        const auto start = std::chrono::steady_clock::now();
        second->nak(1ms);
        const auto third = co_await expect_job(consumer, 1);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 1900ms);
    });
}

TEST_F(live_work_queue, gives_up_after_max_deliver_and_says_so_but_keeps_the_message) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.max_deliver = 2;
        config.ack_wait = 300ms;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        auto advisories = js.connection().subscribe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.JOBS.workers");
        co_await publish_jobs(js, 1, 2);
        pull_consumer consumer(js, info);
        for (int tries = 0; tries < 2; ++tries) {
            auto nakked = co_await expect_job(consumer, 1);
            const auto forgotten = co_await expect_job(consumer, 2);
            nakked->nak();
        }
        std::set<std::string> told;
        for (int i = 0; i < 2; ++i) {
            const auto advisory = co_await advisories.next(patience);
            if (!advisory) co_return ADD_FAILURE() << i;
            const std::string text(advisory->payload());
            EXPECT_TRUE(test::contains(text, "\"deliveries\":2")) << text;
            told.insert(text.substr(text.find("\"stream_seq\":"), 14));
        }
        EXPECT_EQ(told.size(), 2u);
        EXPECT_FALSE(co_await consumer.next(50ms));
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 2u);
    });
}

TEST_F(live_work_queue, shares_a_consumer_among_several_who_pull) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        const auto other = co_await test::connect_to(server);
        pull_options opts;
        opts.max_in_flight = 2;
        pull_consumer consumers[] = {{js, info, opts}, {js, info, opts}, {context(other), info, opts}};
        int handled[3] = {};
        job_log seen;
        for (int i = 0; i < 3; ++i) {
            consumers[i].consume([&, i](delivery& job) {
                ++handled[i];
                seen.add(job);
                // As work that takes a while.
                auto kept = std::make_shared<delivery>(std::move(job));
                boost::asio::post(js.connection().executor(), [kept] { kept->ack(); });
            });
        }
        co_await publish_jobs(js, 1, 300);
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 300; }));
        co_await expect_left(js, 0);
        EXPECT_EQ(seen.all.size(), 300u);
        for (const int each : handled) EXPECT_GE(each, 50);
        for (auto& each : consumers) EXPECT_EQ(co_await each.stop(patience), 0u);
    });
}

/// Returns when the server has written what the consumer has done up to now; it confirms an ack before that. `job` is one
/// that is not settled: its progress makes the server write again.
awaitable<void> until_written(nats_server& server, delivery& job) {
    const auto now = std::filesystem::file_time_type::clock::now();
    job.in_progress();
    const auto file = server.store_dir() / "jetstream/$G/streams/JOBS/obs/workers/o.dat";
    EXPECT_TRUE(co_await eventually([&] {
        std::error_code none_yet;
        const auto written = std::filesystem::last_write_time(file, none_yet);
        return !none_yet && written > now;
    })) << file;
}

TEST_F(live_work_queue, killed_keeps_what_was_confirmed_and_redelivers_the_rest) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        auto config = workers();
        config.ack_wait = 2s;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 10);
        pull_consumer consumer(js, info);
        std::vector<delivery> unfinished;
        for (int i = 1; i <= 10; ++i) {
            auto job = co_await expect_job(consumer, i);
            if (!job) co_return;
            if (i % 2 == 0)
                co_await job->ack_sync();
            else
                unfinished.push_back(std::move(*job));
        }
        co_await until_written(server, unfinished.front());
        server.kill();
        server.restart();
        std::set<std::string> again;
        for (int i = 0; i < 5; ++i) {
            auto job = co_await consumer.next(patience);
            if (!job) co_return ADD_FAILURE() << i;
            again.emplace(job->payload());
            co_await job->ack_sync();
        }
        EXPECT_TRUE(again.contains("1") && again.contains("9") && again.size() == 5);
        EXPECT_FALSE(co_await consumer.next(50ms));
        // 2.9 finds the ones that were acked in its stream again, and has nobody whom to give them to.
        const auto left = (co_await js.stream("JOBS")).state.messages;
        EXPECT_TRUE(left == 0 || !test::server_at_least(js, 2, 10)) << left;
        for (auto& each : unfinished) each.ack();  // late ones do no harm
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
    });
}

TEST_F(live_work_queue, takes_acks_that_were_sent_while_the_server_was_away) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(js, info);
        auto job = co_await expect_job(consumer, 1);
        co_await until_written(server, *job);
        server.kill();
        EXPECT_TRUE(
            co_await eventually([&] { return js.connection().status() == nats::connection_status::reconnecting; }));
        job->ack();
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        co_await expect_left(js, 0);
    });
}

}  // namespace
}  // namespace mote::jetstream
