#include <tests/jetstream/pull_impostor.hpp>
#include <tests/support/tcp_proxy.hpp>

namespace mote::jetstream {
namespace {

class live_pull_repair : public live_jobs {};

/// Acks all, and remembers it.
delivery_handler acks_into(job_log& seen) {
    return [&seen](delivery& job) {
        seen.add(job);
        job.ack();
    };
}

TEST_F(live_pull_repair, goes_on_after_a_restart_of_the_server) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        auto config = workers();
        // 2.9 may count an empty stream from 1 again, and take the first new messages for ones that it has delivered.
        config.ack_wait = 1s;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 100);
        job_log seen;
        pull_consumer consumer(js, info);
        consumer.consume(acks_into(seen));
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 100; }));
        server.kill();
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        co_await publish_jobs(js, 101, 200);
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 200; }));
    });
}

TEST_F(live_pull_repair, makes_next_wait_within_its_timeout_while_the_server_is_away) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_consumer consumer(js, info);
        EXPECT_FALSE(co_await consumer.next(20ms));
        server.kill();
        EXPECT_FALSE(co_await consumer.next(700ms));
        EXPECT_FALSE(co_await consumer.next(0ms));
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        co_await publish_jobs(js, 1, 1);
        auto job = co_await expect_job(consumer, 1);
        job->ack();
    });
}

TEST_F(live_pull_repair, may_be_started_and_stopped_while_the_server_is_away) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 3);
        server.stop();
        EXPECT_TRUE(
            co_await eventually([&] { return js.connection().status() == nats::connection_status::reconnecting; }));
        pull_consumer stopped(js, info);
        stopped.consume([](delivery&) {});
        EXPECT_EQ(co_await stopped.stop(200ms), 0u);
        job_log seen;
        pull_consumer consumer(js, info);
        consumer.consume(acks_into(seen));
        server.restart();
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 3; }));
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
    });
}

/// Reads through a proxy that cuts the connection under load, while another connection publishes.
awaitable<void> read_through_cuts(nats_server& server) {
    test::tcp_proxy proxy(server.port());
    auto direct = co_await test::connect_to(server);
    auto proxied = co_await nats::connection::connect(test::options_for(test::through(proxy)));
    const context writer(direct);
    co_await writer.create_stream(jobs_stream());
    auto config = workers();
    config.ack_wait = 1s;
    const auto info = co_await writer.create_or_update_consumer("JOBS", config);
    job_log seen;
    pull_options opts;
    opts.max_messages = 20;
    pull_consumer consumer(context(proxied), info, opts);
    consumer.consume(acks_into(seen));
    int published = 0;
    for (std::uint64_t round = 1; round <= 4; ++round) {
        co_await publish_jobs(writer, published + 1, published + 1000);
        published += 1000;
        const auto enough = static_cast<std::size_t>(published - 700);
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() >= enough; }));
        proxy.cut();
        co_await test::wait_reconnected(proxied, round);
    }
    EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == static_cast<std::size_t>(published); }));
    co_await expect_left(writer, 0);
    const auto now = consumer.stats();
    EXPECT_LE(now.requested + now.waiting, 20u);
    EXPECT_EQ(co_await consumer.stop(patience), 0u);
    proxied.close();
    direct.close();
}

TEST_F(live_pull_repair, loses_nothing_over_cut_connections) {
    nats_server server;
    test::run(read_through_cuts(server));
}

TEST_F(live_pull_repair, claims_no_more_after_a_reconnect_than_before) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        test::tcp_proxy proxy(server.port());
        auto proxied = co_await nats::connection::connect(test::options_for(test::through(proxy)));
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        impostor watching(server);
        pull_options opts;
        opts.max_in_flight = 4;
        opts.max_messages = 5;
        pull_consumer consumer(context(proxied), info, opts);
        std::vector<delivery> held;
        consumer.consume([&](delivery& job) { held.push_back(std::move(job)); });
        co_await next_request(watching);
        const auto before = watching.inbox();
        proxy.cut();
        co_await next_request(watching);
        EXPECT_NE(watching.inbox(), before);
        co_await publish_jobs(js, 1, 50);
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 4 && consumer.stats().waiting == 1; }));
        EXPECT_EQ((co_await js.consumer("JOBS", "workers")).ack_pending, 5u);
        held.clear();
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 4; }));
        proxied.close();
    });
}

TEST_F(live_pull_repair, gives_back_what_waits_when_its_connection_drains) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 5);
        auto other = co_await test::connect_to(server);
        pull_consumer first(context(other), info);
        auto job = co_await expect_job(first, 1);
        EXPECT_TRUE(co_await eventually([&] { return first.stats().waiting == 4; }));
        job->ack();
        EXPECT_EQ(co_await first.stop(patience), 0u);
        co_await other.drain();
        pull_consumer second(js, info);
        for (int i = 0; i < 4; ++i) {
            auto again = co_await second.next(patience);
            if (!again) co_return ADD_FAILURE() << i;
            again->ack();
        }
    });
}

TEST_F(live_pull_repair, gives_back_what_waits_when_nobody_stops_it_before_the_drain) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 10);
        auto other = co_await test::connect_to(server);
        pull_options opts;
        opts.max_in_flight = 2;
        opts.max_messages = 10;
        pull_consumer first(context(other), info, opts);
        std::vector<delivery> held;
        first.consume([&](delivery& job) { held.push_back(std::move(job)); });
        EXPECT_TRUE(co_await eventually([&] { return held.size() == 2 && first.stats().waiting == 8; }));
        co_await other.drain();
        EXPECT_TRUE(co_await eventually([&] { return first.stats().waiting == 0; }));
        pull_consumer second(js, info);
        for (int i = 0; i < 8; ++i) {
            auto again = co_await second.next(patience);
            if (!again) co_return ADD_FAILURE() << i;
            again->ack();
        }
    });
}

TEST_F(live_pull_repair, asks_anew_with_another_inbox_when_heartbeats_stop) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        test::tcp_proxy proxy(server.port());
        auto proxied = co_await nats::connection::connect(test::options_for(test::through(proxy)));
        impostor watching(server);
        complaint_log complaints;
        pull_options opts;
        opts.idle_heartbeat = 100ms;
        opts.on_trouble = complaints.hook();
        pull_consumer consumer(context(proxied), info, opts);
        job_log seen;
        consumer.consume(acks_into(seen));
        co_await next_request(watching);
        const auto before = watching.inbox();
        proxy.stall();
        EXPECT_TRUE(co_await eventually([&] { return !complaints.codes.empty(); }));
        EXPECT_EQ(complaints.codes.at(0), errc::no_heartbeat);
        proxy.resume();
        EXPECT_TRUE(test::contains(co_await next_request(watching), "\"batch\":500"));
        EXPECT_NE(watching.inbox(), before);
        co_await publish_jobs(js, 1, 100);
        EXPECT_TRUE(co_await eventually([&] { return seen.different.size() == 100; }));
        proxied.close();
    });
}

TEST_F(live_pull_repair, takes_heartbeats_for_a_sign_of_life) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_options opts;
        opts.idle_heartbeat = 500ms;
        pull_consumer consumer(js, info, opts);
        EXPECT_FALSE(co_await consumer.next(2500ms));
        EXPECT_EQ(consumer.stats().troubles, 0u);
        EXPECT_EQ(consumer.stats().requested, 500u);
    });
}

TEST_F(live_pull_repair, asks_anew_for_all_when_the_server_ends_its_requests) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        impostor other(server);
        complaint_log complaints;
        pull_options opts;
        opts.on_trouble = complaints.hook();
        pull_consumer consumer(js, info, opts);
        job_log seen;
        consumer.consume(acks_into(seen));
        co_await next_request(other);
        int published = 0;
        for (const auto* const line : {"409 Leadership Change", "409 Server Shutdown", "409 Exceeded MaxWaiting",
                                       "423 Nats-Wrong-Pin-Id", "404 No Messages"}) {
            const auto before = other.inbox();
            other.say(line);
            EXPECT_TRUE(test::contains(co_await next_request(other), "\"batch\":500")) << line;
            EXPECT_NE(other.inbox(), before) << line;
            co_await publish_jobs(js, published + 1, published + 5);
            published += 5;
            EXPECT_TRUE(co_await eventually([&] {
                return seen.different.size() == static_cast<std::size_t>(published);
            })) << line;
            EXPECT_TRUE(test::contains(complaints.texts, std::string_view(line).substr(4))) << complaints.texts;
        }
        EXPECT_EQ(complaints.codes.size(), 5u);
        for (const auto& code : complaints.codes) EXPECT_EQ(code, errc::pull_ended);
    });
}

TEST_F(live_pull_repair, asks_for_what_an_expired_request_did_not_bring) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        impostor other(server);
        pull_consumer consumer(js, info);
        consumer.consume([](delivery& job) { job.ack(); });
        co_await next_request(other);
        const auto inbox = other.inbox();
        other.say("408 Request Timeout", "Nats-Pending-Messages: 300\r\nNats-Pending-Bytes: 0\r\n");
        EXPECT_TRUE(test::contains(co_await next_request(other), "\"batch\":300"));
        EXPECT_EQ(other.inbox(), inbox);
        other.say("409 Batch Completed", "Nats-Pending-Messages: 100\r\nNats-Pending-Bytes: 9\r\n");
        EXPECT_TRUE(co_await eventually([&] { return consumer.stats().requested == 400; }));
        EXPECT_EQ(consumer.stats().troubles, 0u);
    });
}

}  // namespace
}  // namespace mote::jetstream
