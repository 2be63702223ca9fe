#include <tests/jetstream/jobs.hpp>

#include <algorithm>

namespace mote::jetstream {
namespace {

class live_pull_consumer : public live_jobs {};

TEST_F(live_pull_consumer, hands_every_message_to_its_handler_in_order) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        job_log seen;
        pull_consumer consumer(js, info);
        consumer.consume([&](delivery& job) {
            seen.add(job);
            job.ack();
        });
        co_await publish_jobs(js, 1, 2000);
        EXPECT_TRUE(co_await eventually([&] { return seen.all.size() >= 2000; }));
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        EXPECT_EQ(seen.all.size(), 2000u);
        EXPECT_TRUE(std::is_sorted(seen.all.begin(), seen.all.end()));
        EXPECT_EQ(seen.different.size(), 2000u);
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 0u);
        EXPECT_EQ(consumer.stats().received, 2000u);
        EXPECT_EQ(consumer.stats().troubles, 0u);
    });
}

TEST_F(live_pull_consumer, gives_the_next_message_with_what_the_server_says_of_it) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        const auto before = std::chrono::system_clock::now() - 1min;
        publish_options opts;
        opts.headers.set("Kind", "test");
        co_await js.publish("jobs.a", "1", opts);
        co_await js.publish("jobs.b", "2");
        pull_consumer consumer(js, info);
        auto first = co_await expect_job(consumer, 1);
        auto second = co_await expect_job(consumer, 2);
        EXPECT_EQ(first->subject(), "jobs.a");
        EXPECT_EQ(first->headers().get("Kind"), "test");
        EXPECT_EQ(first->info().stream_sequence, 1u);
        EXPECT_EQ(first->info().consumer_sequence, 1u);
        EXPECT_EQ(first->info().delivered, 1u);
        EXPECT_LE(first->info().pending, 1u);  // the server may not have counted the second one yet
        EXPECT_GT(first->info().time, before);
        EXPECT_EQ(second->subject(), "jobs.b");
        EXPECT_EQ(second->info().pending, 0u);
        EXPECT_EQ(consumer.stats().in_flight, 2u);
        first->ack();
        second->ack();
        EXPECT_EQ(consumer.stats().in_flight, 0u);
        co_await expect_left(js, 0);
        EXPECT_FALSE(co_await consumer.next(50ms));
        EXPECT_FALSE(co_await consumer.next(0ms));
    });
}

TEST_F(live_pull_consumer, waits_for_a_message_that_comes_later) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_consumer consumer(js, info);
        EXPECT_FALSE(co_await consumer.next(20ms));
        co_await publish_jobs(js, 1, 1);
        const auto job = co_await expect_job(consumer, 1);
    });
}

TEST_F(live_pull_consumer, hands_out_no_more_than_may_be_in_flight) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 100);
        pull_options opts;
        opts.max_in_flight = 4;
        opts.max_messages = 6;
        pull_consumer consumer(js, info, opts);
        std::vector<delivery> held;
        std::size_t most = 0;
        int handled = 0;
        consumer.consume([&](delivery& job) {
            ++handled;
            held.push_back(std::move(job));
            most = std::max(most, held.size());
        });
        while (handled < 100) {
            const auto want = std::min<std::size_t>(4, static_cast<std::size_t>(100 - handled) + held.size());
            EXPECT_TRUE(co_await eventually([&] { return held.size() >= want; }));
            co_await test::turn();
            auto now = co_await js.consumer("JOBS", "workers");
            // Newer servers count an acknowledgement some time after it came.
            for (int asked = 0; now.ack_pending > 6 && asked < 100; ++asked)
                now = co_await js.consumer("JOBS", "workers");
            EXPECT_LE(now.ack_pending, 6u);
            const auto here = consumer.stats();
            EXPECT_LE(here.requested + here.waiting + here.in_flight, 6u);
            held.front().ack();
            held.erase(held.begin());
            if (::testing::Test::HasFailure()) co_return;
        }
        EXPECT_EQ(most, 4u);
        for (auto& each : held) each.ack();
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        EXPECT_EQ((co_await js.stream("JOBS")).state.messages, 0u);
    });
}

TEST_F(live_pull_consumer, makes_next_wait_until_one_in_flight_is_settled) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 3);
        pull_options opts;
        opts.max_in_flight = 2;
        opts.max_messages = 3;
        pull_consumer consumer(js, info, opts);
        auto first = co_await expect_job(consumer, 1);
        {
            const auto second = co_await expect_job(consumer, 2);
            EXPECT_TRUE(co_await eventually([&] { return consumer.stats().waiting == 1; }));
            EXPECT_FALSE(co_await consumer.next(20ms));
        }  // a delivery that is forgotten makes room as well
        const auto third = co_await expect_job(consumer, 3);
        EXPECT_FALSE(co_await consumer.next(20ms));
    });
}

TEST_F(live_pull_consumer, leaves_the_others_their_share) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_options opts;
        opts.max_in_flight = 2;
        pull_consumer busy(js, info, opts);
        pull_consumer idle(js, info, opts);
        std::vector<delivery> held;
        busy.consume([&](delivery& job) { held.push_back(std::move(job)); });
        co_await publish_jobs(js, 1, 20);
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 2; }));
        int done = 0;
        idle.consume([&](delivery& job) {
            job.ack();
            ++done;
        });
        // Two are in flight there, and one waits behind them.
        EXPECT_TRUE(co_await eventually([&] { return done == 17; }));
        co_await expect_left(js, 3);
        EXPECT_EQ(held.size(), 2u);
    });
}

TEST_F(live_pull_consumer, asks_in_requests_of_what_the_consumer_allows) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.max_batch = 10;
        config.max_expires = 2s;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        job_log seen;
        pull_consumer consumer(js, info);
        consumer.consume([&](delivery& job) {
            seen.add(job);
            job.ack();
        });
        co_await publish_jobs(js, 1, 1200);
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 1200; }));
        EXPECT_EQ(consumer.stats().troubles, 0u);
    });
}

TEST_F(live_pull_consumer, goes_on_asking_when_requests_expire) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        auto requests = js.connection().subscribe("$JS.API.CONSUMER.MSG.NEXT.JOBS.workers");
        complaint_log complaints;
        pull_options opts;
        opts.expires = 1s;
        opts.idle_heartbeat = 500ms;
        opts.on_trouble = complaints.hook();
        pull_consumer consumer(js, info, opts);
        consumer.consume([](delivery& job) { job.ack(); });
        for (int i = 0; i < 3; ++i) {
            const auto request = co_await requests.next(patience);
            EXPECT_TRUE(request && test::contains(request->payload(), "\"batch\":500")) << i;
        }
        EXPECT_EQ(consumer.stats().requested, 500u);
        EXPECT_EQ(complaints.texts, "");
    });
}

TEST_F(live_pull_consumer, tells_of_a_handler_that_throws_and_goes_on) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        complaint_log complaints;
        pull_options opts;
        opts.on_trouble = complaints.hook();
        pull_consumer consumer(js, info, opts);
        int handled = 0;
        consumer.consume([&](delivery& job) {
            if (++handled == 1) throw std::runtime_error("no such post");
            job.ack();
            throw 7;
        });
        co_await publish_jobs(js, 1, 2);
        EXPECT_TRUE(co_await eventually([&] { return handled == 2; }));
        EXPECT_EQ(complaints.codes.size(), 2u);
        EXPECT_EQ(complaints.codes.at(0), nats::errc::handler_failed);
        EXPECT_TRUE(test::contains(complaints.texts, "no such post")) << complaints.texts;
        const auto left = co_await until_info(js, [](const auto& now) { return now.ack_pending == 1; });
        EXPECT_EQ(left.ack_floor.stream_sequence, 0u);
    });
}

TEST_F(live_pull_consumer, naks_what_waits_when_it_stops_so_that_another_gets_it) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 50);
        pull_consumer first(js, info);
        auto job = co_await expect_job(first, 1);
        job->ack();
        EXPECT_TRUE(co_await eventually([&] { return first.stats().waiting == 49; }));
        EXPECT_EQ(co_await first.stop(patience), 0u);
        EXPECT_FALSE(co_await first.next(patience));

        job_log seen;
        pull_consumer second(js, info);
        std::uint64_t most = 0;
        second.consume([&](delivery& each) {
            seen.add(each);
            most = std::max(most, each.info().delivered);
            each.ack();
        });
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 49; }));
        EXPECT_EQ(most, 2u);
        EXPECT_EQ(seen.all.size(), 49u);
    });
}

TEST_F(live_pull_consumer, stopped_under_load_leaves_nothing_to_the_ack_wait) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 5000);
        std::set<int> done;
        for (int round = 0; round < 20; ++round) {
            pull_options opts;
            opts.max_messages = 50;
            pull_consumer consumer(js, info, opts);
            int handled = 0;
            consumer.consume([&](delivery& job) {
                ++handled;
                done.insert(std::stoi(std::string(job.payload())));
                job.ack();
            });
            EXPECT_TRUE(co_await eventually([&] { return handled > 100; }));
            EXPECT_EQ(co_await consumer.stop(patience), 0u);
        }
        // All that is left is there at once.
        pull_consumer last(js, info);
        last.consume([&](delivery& job) {
            done.insert(std::stoi(std::string(job.payload())));
            job.ack();
        });
        EXPECT_TRUE(co_await eventually([&] { return done.size() == 5000; }));
    });
}

TEST_F(live_pull_consumer, waits_when_it_stops_for_what_is_in_flight) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 2);
        pull_consumer consumer(js, info);
        auto first = co_await expect_job(consumer, 1);
        auto second = co_await expect_job(consumer, 2);
        EXPECT_EQ(co_await consumer.stop(100ms), 2u);
        first->ack();
        const auto stopping = test::start(js.connection(), [](pull_consumer& one) -> awaitable<void> {
            EXPECT_EQ(co_await one.stop(patience), 0u);
        }(consumer));
        co_await test::turn();
        EXPECT_FALSE(stopping->ended);
        second->ack();
        EXPECT_TRUE(co_await test::ends(stopping));
        // The server drops a message a moment after it has read the ack.
        auto left = (co_await js.stream("JOBS")).state.messages;
        for (int tries = 0; left != 0 && tries < 5000; ++tries) left = (co_await js.stream("JOBS")).state.messages;
        EXPECT_EQ(left, 0u);
    });
}

TEST_F(live_pull_consumer, may_be_stopped_before_it_starts_and_twice) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_consumer consumer(js, info);
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        EXPECT_FALSE(co_await consumer.next(patience));
    });
}

TEST_F(live_pull_consumer, naks_what_waits_when_it_is_destroyed) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        if (!test::server_at_least(js, 2, 10)) config.ack_wait = 1s;  // 2.9 may mislay one until then
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 10);
        {
            pull_consumer first(js, info);
            auto job = co_await expect_job(first, 1);
            job->ack();
            EXPECT_TRUE(co_await eventually([&] { return first.stats().waiting == 9; }));
        }
        pull_consumer second(js, info);
        std::set<std::string> seen;
        while (seen.size() < 9) {
            auto job = co_await second.next(patience);
            if (!job) co_return ADD_FAILURE() << seen.size();
            seen.emplace(job->payload());
            job->ack();
        }
    });
}

TEST_F(live_pull_consumer, may_be_destroyed_by_its_own_handler) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 10);
        auto consumer = std::make_unique<pull_consumer>(js, info);
        int handled = 0;
        consumer->consume([&](delivery& job) {
            ++handled;
            consumer.reset();
            job.ack();
        });
        EXPECT_TRUE(co_await eventually([&] { return handled > 0; }));
        co_await expect_left(js, 9);
        EXPECT_EQ(handled, 1);
    });
}

TEST_F(live_pull_consumer, keeps_apart_handler_and_next) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_consumer handled(js, info);
        handled.consume([](delivery& job) { job.ack(); });
        EXPECT_EQ(test::failure_at_once([&] { (void)handled.next(1s); }).code, errc::bad_config);
        EXPECT_EQ(test::failure_at_once([&] { handled.consume([](delivery&) {}); }).code, errc::bad_config);
        pull_consumer taken(js, info);
        EXPECT_FALSE(co_await taken.next(0ms));
        EXPECT_EQ(test::failure_at_once([&] { taken.consume([](delivery&) {}); }).code, errc::bad_config);
    });
}

TEST_F(live_pull_consumer, refuses_options_out_of_their_bounds) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        const auto code_of = [&](const pull_options& opts) {
            return test::failure_at_once([&] { const pull_consumer refused(js, info, opts); }).code;
        };
        pull_options opts;
        EXPECT_FALSE(code_of(opts));
        opts.max_in_flight = 8;
        EXPECT_FALSE(code_of(opts));
        opts.max_messages = 7;
        EXPECT_EQ(code_of(opts), errc::bad_config);
        opts = pull_options();
        opts.expires = 999ms;
        EXPECT_EQ(code_of(opts), errc::bad_config);
        opts.expires = 1s;
        EXPECT_EQ(code_of(opts), errc::bad_config);  // with a heartbeat of 5 s
        opts.idle_heartbeat = 500ms;
        EXPECT_FALSE(code_of(opts));
        opts.idle_heartbeat = 99ms;
        EXPECT_EQ(code_of(opts), errc::bad_config);
    });
}

}  // namespace
}  // namespace mote::jetstream
