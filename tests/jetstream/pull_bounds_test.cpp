#include <tests/jetstream/pull_impostor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <utility>
#include <vector>

namespace mote::jetstream {
namespace {

/// Bounds of what a pull consumer claims, beside the number of messages.
class live_pull_bounds : public live_jobs {};

TEST_F(live_pull_bounds, of_bytes_let_everything_through_in_pieces) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const std::string job(100, 'x');
        for (int i = 0; i < 200; ++i) co_await js.publish("jobs.new", job);
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_options opts;
        opts.max_bytes = 2000;
        impostor other(server);
        pull_consumer consumer(js, info, opts);
        std::size_t most = 0;
        for (int i = 0; i < 200; ++i) {
            auto taken = co_await consumer.next(patience);
            if (!taken) {
                ADD_FAILURE() << "at " << i;
                co_return;
            }
            most = std::max(most, consumer.stats().waiting);
            taken->ack();
        }
        EXPECT_LE(most, 2000u / 100u);
        const auto request = co_await next_request(other);
        EXPECT_TRUE(test::contains(request, "\"max_bytes\":2000")) << request;
        EXPECT_TRUE(test::contains(request, "\"batch\":10000")) << request;
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        co_await expect_left(js, 0);
    });
}

TEST_F(live_pull_bounds, of_bytes_tell_of_a_message_that_is_too_large) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        co_await publish_jobs(js, 1, 1);
        co_await js.publish("jobs.new", std::string(5000, 'x'));
        co_await publish_jobs(js, 3, 3);
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        complaint_log troubles;
        pull_options opts;
        opts.max_bytes = 2000;
        opts.on_trouble = troubles.hook();
        pull_consumer consumer(js, info, opts);
        auto first = co_await expect_job(consumer, 1);
        if (first) first->ack();
        bool told = false;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!told && std::chrono::steady_clock::now() < deadline) {
            const auto nothing = co_await consumer.next(50ms);
            EXPECT_FALSE(nothing);
            told = !troubles.codes.empty();
        }
        EXPECT_TRUE(told && troubles.codes.front() == errc::pull_ended);
        EXPECT_TRUE(test::contains(troubles.texts, "Exceeds MaxBytes")) << troubles.texts;
        EXPECT_LT(troubles.codes.size(), 20u) << "it asks again at once";
        co_await js.delete_message("JOBS", 2);
        auto third = co_await expect_job(consumer, 3);
        if (third) third->ack();
    });
}

TEST_F(live_pull_bounds, of_a_threshold_are_asked_for_at_it) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        impostor other(server);
        pull_options opts;
        opts.max_messages = 100;
        opts.threshold = 90;
        pull_consumer consumer(js, info, opts);
        consumer.consume([](delivery& job) { job.ack(); });
        const auto first = co_await next_request(other);
        EXPECT_TRUE(test::contains(first, "\"batch\":100")) << first;
        co_await publish_jobs(js, 1, 10);
        const auto second = co_await next_request(other);
        EXPECT_TRUE(test::contains(second, "\"batch\":10,")) << second;
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
    });
}

TEST_F(live_pull_bounds, of_the_overflow_policy_hold_one_back) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        if (!test::server_at_least(js, 2, 11)) co_return;  // refused: consumer_test.cpp
        auto config = workers();
        config.priority = priority_policy::overflow;
        config.priority_groups = {"one"};
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        pull_options opts;
        opts.group = "one";
        opts.min_pending = 3;
        pull_consumer consumer(js, info, opts);
        co_await publish_jobs(js, 1, 2);
        EXPECT_FALSE(co_await consumer.next(200ms));
        co_await publish_jobs(js, 3, 3);
        auto job = co_await expect_job(consumer, 1);
        if (job) job->ack();
    });
}

TEST_F(live_pull_bounds, do_not_matter_when_it_drains_to_a_handler) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 20);
        std::deque<delivery> held;
        job_log seen;
        pull_options opts;
        opts.max_in_flight = 2;
        opts.max_messages = 10;
        pull_consumer consumer(js, info, opts);
        consumer.consume([&](delivery& job) {
            seen.add(job);
            held.push_back(std::move(job));
        });
        EXPECT_TRUE(co_await eventually([&] { return consumer.stats().waiting == 8; }));
        std::optional<std::size_t> unsettled;
        boost::asio::co_spawn(js.connection().executor(), consumer.drain(patience),
                              [&unsettled](std::exception_ptr failed, std::size_t count) {
                                  if (!failed) unsettled = count;
                              });
        const bool ended = co_await eventually([&] {
            if (!held.empty()) {
                held.front().ack();
                held.pop_front();
            }
            return unsettled.has_value();
        });
        EXPECT_TRUE(ended);
        EXPECT_TRUE(unsettled == 0u);
        EXPECT_EQ(seen.all.size(), 10u) << "what it had claimed, and no more";
        co_await expect_left(js, 10);
    });
}

TEST_F(live_pull_bounds, do_not_matter_when_it_drains_to_next) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 5);
        pull_consumer consumer(js, info);
        auto first = co_await expect_job(consumer, 1);
        if (first) first->ack();
        EXPECT_TRUE(co_await eventually([&] { return consumer.stats().waiting == 4; }));
        std::optional<std::size_t> unsettled;
        boost::asio::co_spawn(js.connection().executor(), consumer.drain(patience),
                              [&unsettled](std::exception_ptr failed, std::size_t count) {
                                  if (!failed) unsettled = count;
                              });
        for (int number = 2; number <= 5; ++number) {
            auto job = co_await expect_job(consumer, number);
            if (job) job->ack();
        }
        EXPECT_FALSE(co_await consumer.next(patience));
        EXPECT_TRUE(co_await eventually([&] { return unsettled.has_value(); }));
        EXPECT_TRUE(unsettled == 0u);
        co_await expect_left(js, 0);
    });
}

TEST_F(live_pull_bounds, let_a_drain_end_in_time) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 5);
        pull_consumer consumer(js, info);
        auto first = co_await expect_job(consumer, 1);
        EXPECT_TRUE(co_await eventually([&] { return consumer.stats().waiting == 4; }));
        EXPECT_EQ(co_await consumer.drain(300ms), 1u);
        EXPECT_FALSE(co_await consumer.next(10ms));
        if (first) first->ack();
        pull_consumer other(js, info);  // gets at once what was nak'ed
        std::set<std::string> rest;     // in any order
        for (int i = 0; i < 4; ++i) {
            auto job = co_await other.next(patience);
            if (job) rest.emplace(job->payload());
            if (job) job->ack();
        }
        EXPECT_EQ(rest, (std::set<std::string>{"2", "3", "4", "5"}));
        pull_consumer idle(js, info);
        EXPECT_EQ(co_await idle.drain(patience), 0u) << "it never started";
    });
}

TEST_F(live_pull_bounds, are_refused_where_they_make_no_sense) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        const auto code_of = [&](const pull_options& opts) {
            return test::failure_at_once([&] { pull_consumer refused(js, info, opts); }).code;
        };
        pull_options opts;
        opts.max_messages = 10;
        opts.threshold = 10;
        EXPECT_EQ(code_of(opts), errc::bad_config);
        opts.threshold = 9;
        EXPECT_FALSE(code_of(opts));
        opts.min_pending = 1;
        EXPECT_EQ(code_of(opts), errc::bad_config);
        opts.min_pending = 0;
        opts.priority = 1;
        EXPECT_EQ(code_of(opts), errc::bad_config);
    });
}

TEST_F(live_pull_bounds, let_another_one_come_in_the_place_of_one_that_is_set_aside) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_options opts;
        opts.max_in_flight = 1;
        opts.max_messages = 1;
        pull_consumer consumer(js, info, opts);
        std::vector<delivery> held;
        consumer.consume([&](delivery& job) {
            held.push_back(std::move(job));
            if (held.size() < 3) held.back().set_aside();  // also once it was moved
        });
        co_await publish_jobs(js, 1, 5);
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 3; }));
        EXPECT_EQ(consumer.stats().in_flight, 3u);
        held[0].set_aside();  // once is enough
        held[0].ack();
        held[0].set_aside();
        co_await js.connection().flush();
        EXPECT_EQ(held.size(), 3u) << "the third has the only place";
        auto second = std::move(held[1]);
        second.ack();
        held[2].ack();
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 4; }));
        held[3].ack();
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 5; }));
        held[4].set_aside();
        EXPECT_EQ(co_await consumer.stop(50ms), 1u) << "it is still to be settled";
    });
}

}  // namespace
}  // namespace mote::jetstream
