#include <tests/jetstream/jobs.hpp>

#include <boost/asio/co_spawn.hpp>

namespace mote::jetstream {
namespace {

/// Asking once for some messages.
class live_fetch : public live_jobs {};

void ack_all(fetch_result& result) {
    for (auto& each : result.deliveries) each.ack();
}

fetch_options within(std::chrono::nanoseconds expires) {
    fetch_options opts;
    opts.expires = expires;
    return opts;
}

fetch_options at_once() {
    fetch_options opts;
    opts.no_wait = true;
    return opts;
}

TEST_F(live_fetch, gives_as_many_as_it_is_asked_for_in_order) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        co_await publish_jobs(js, 1, 5);
        auto first = co_await consumer.fetch(3, within(patience));
        EXPECT_EQ(first.end, fetch_end::filled);
        EXPECT_FALSE(first.error);
        EXPECT_EQ(first.deliveries.size(), 3u);
        EXPECT_EQ(consumer.stats().in_flight, 3u);
        for (std::size_t i = 0; i < first.deliveries.size(); ++i)
            EXPECT_EQ(first.deliveries[i].payload(), std::to_string(i + 1));
        ack_all(first);
        auto rest = co_await consumer.fetch(10, at_once());
        EXPECT_EQ(rest.end, fetch_end::no_messages) << rest.text;
        EXPECT_EQ(rest.deliveries.size(), 2u);
        ack_all(rest);
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        co_await expect_left(js, 0);
        EXPECT_EQ(consumer.stats().received, 5u);
    });
}

TEST_F(live_fetch, ends_when_its_time_is_over) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        co_await publish_jobs(js, 1, 1);
        auto some = co_await consumer.fetch(2, within(300ms));
        EXPECT_EQ(some.end, fetch_end::expired) << some.text;
        EXPECT_FALSE(some.error);
        EXPECT_EQ(some.deliveries.size(), 1u);
        ack_all(some);
        const auto none = co_await consumer.fetch(2, at_once());
        EXPECT_EQ(none.end, fetch_end::no_messages) << none.text;
        EXPECT_TRUE(none.deliveries.empty());
    });
}

TEST_F(live_fetch, waits_for_what_comes_later) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        bool published = false;
        std::function<awaitable<void>()> later = [js, &published]() { return publish_jobs(js, 1, 2); };
        auto fetching = consumer.fetch(2, within(patience));
        boost::asio::co_spawn(js.connection().executor(), later(),
                              [&published](std::exception_ptr) { published = true; });
        const auto both = co_await std::move(fetching);
        EXPECT_EQ(both.end, fetch_end::filled);
        EXPECT_EQ(both.deliveries.size(), 2u);
        EXPECT_TRUE(co_await eventually([&] { return published; }));
    });
}

TEST_F(live_fetch, takes_no_more_bytes_than_it_may) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        const std::string job(100, 'x');
        for (int i = 0; i < 5; ++i) co_await js.publish("jobs.new", job);
        auto opts = within(patience);
        opts.max_bytes = 400;  // with subjects and replies
        const auto some = co_await consumer.fetch(5, opts);
        EXPECT_EQ(some.end, fetch_end::bytes) << some.text;
        EXPECT_EQ(some.deliveries.size(), 2u);
        opts.max_bytes = 50;
        const auto none = co_await consumer.fetch(5, opts);
        EXPECT_EQ(none.end, fetch_end::bytes) << none.text;
        EXPECT_TRUE(none.deliveries.empty());
    });
}

TEST_F(live_fetch, says_why_it_failed_beside_what_it_has) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        co_await publish_jobs(js, 1, 1);
        auto fetching = consumer.fetch(2, within(patience));
        std::function<awaitable<void>()> remove = [js]() -> awaitable<void> {
            return js.delete_consumer("JOBS", "workers");
        };
        std::optional<fetch_result> result;
        boost::asio::co_spawn(js.connection().executor(), std::move(fetching),
                              [&result](std::exception_ptr failed, fetch_result made) {
                                  if (!failed) result.emplace(std::move(made));
                              });
        co_await until_info(js, [](const auto& now) { return now.waiting > 0; });
        co_await remove();
        EXPECT_TRUE(co_await eventually([&] { return result.has_value(); }));
        if (!result) co_return;
        EXPECT_EQ(result->end, fetch_end::failed);
        EXPECT_EQ(result->error, errc::consumer_not_found) << result->text;
        EXPECT_EQ(result->deliveries.size(), 1u);
    });
}

TEST_F(live_fetch, sees_that_nobody_is_there) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        co_await js.delete_consumer("JOBS", "workers");
        auto opts = within(patience);
        opts.heartbeat = 200ms;
        const auto none = co_await consumer.fetch(2, opts);
        EXPECT_EQ(none.end, fetch_end::failed);
        // 2.9 does not answer.
        const bool told = none.error == nats::errc::no_responders || none.error == errc::no_heartbeat;
        EXPECT_TRUE(told) << none.error.message();
    });
}

TEST_F(live_fetch, sees_that_the_server_was_away) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        std::optional<fetch_result> result;
        boost::asio::co_spawn(js.connection().executor(), consumer.fetch(2, within(patience)),
                              [&result](std::exception_ptr failed, fetch_result made) {
                                  if (!failed) result.emplace(std::move(made));
                              });
        co_await until_info(js, [](const auto& now) { return now.waiting > 0; });
        server.kill();
        server.restart();
        EXPECT_TRUE(co_await eventually([&] { return result.has_value(); }));
        if (!result) co_return;
        EXPECT_EQ(result->end, fetch_end::failed);
        // Some servers find the time to say it.
        const bool told = result->error == nats::errc::disconnected || result->error == errc::pull_ended;
        EXPECT_TRUE(told) << result->error.message() << ": " << result->text;
        co_await test::wait_reconnected(js.connection(), 1);
        co_await publish_jobs(js, 1, 1);
        const auto again = co_await consumer.fetch(1, within(patience));
        EXPECT_EQ(again.deliveries.size(), 1u);
    });
}

TEST_F(live_fetch, ends_with_its_connection) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", workers()));
        std::optional<fetch_result> result;
        boost::asio::co_spawn(js.connection().executor(), consumer.fetch(2, within(patience)),
                              [&result](std::exception_ptr failed, fetch_result made) {
                                  if (!failed) result.emplace(std::move(made));
                              });
        co_await until_info(js, [](const auto& now) { return now.waiting > 0; });
        js.connection().close();
        EXPECT_TRUE(co_await eventually([&] { return result.has_value(); }));
        EXPECT_TRUE(result && result->error == nats::errc::closed);
        EXPECT_EQ((co_await failure_of(consumer.fetch(2, within(patience)))).code, nats::errc::closed);
    });
}

TEST_F(live_fetch, is_refused_out_of_its_bounds) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.max_batch = 10;
        pull_consumer consumer(js, co_await js.create_or_update_consumer("JOBS", config));
        const auto code_of = [&](std::size_t batch, const fetch_options& opts) {
            return test::failure_at_once([&] { (void)consumer.fetch(batch, opts); }).code;
        };
        EXPECT_EQ(code_of(0, within(1s)), errc::bad_config);
        EXPECT_EQ(code_of(11, within(1s)), errc::bad_config);
        EXPECT_EQ(code_of(1, within(0s)), errc::bad_config);
        auto opts = within(1s);
        opts.heartbeat = 600ms;
        EXPECT_EQ(code_of(1, opts), errc::bad_config);
        EXPECT_FALSE(co_await consumer.next(10ms));
        EXPECT_EQ(code_of(1, within(1s)), errc::bad_config) << "next gets the messages";
    });
}

}  // namespace
}  // namespace mote::jetstream
