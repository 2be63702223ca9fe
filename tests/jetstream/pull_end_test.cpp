#include <tests/jetstream/pull_impostor.hpp>

namespace mote::jetstream {
namespace {

/// What a pull consumer cannot mend, and leaves to its owner.
class live_pull_end : public live_jobs {};

TEST_F(live_pull_end, ends_when_its_consumer_is_deleted) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        complaint_log ends;
        pull_options opts;
        opts.on_end = ends.hook();
        pull_consumer consumer(js, info, opts);
        EXPECT_FALSE(co_await consumer.next(20ms));
        co_await until_info(js, [](const auto& now) { return now.waiting > 0; });
        co_await js.delete_consumer("JOBS", "workers");
        const auto seen = co_await failure_of(consumer.next(patience));
        EXPECT_EQ(seen.code, errc::consumer_not_found) << seen.text;
        EXPECT_TRUE(test::contains(seen.text, "JOBS > workers")) << seen.text;
        EXPECT_EQ((co_await failure_of(consumer.next(0ms))).code, errc::consumer_not_found);
        EXPECT_EQ(ends.codes.size(), 1u);
        EXPECT_EQ(ends.codes.at(0), errc::consumer_not_found);
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
        // The owner may make it again.
        const auto again = co_await js.create_or_update_consumer("JOBS", workers());
        co_await publish_jobs(js, 1, 1);
        pull_consumer fresh(js, again);
        auto job = co_await expect_job(fresh, 1);
    });
}

TEST_F(live_pull_end, ends_when_there_is_no_such_consumer) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        co_await js.delete_consumer("JOBS", "workers");
        complaint_log ends;
        pull_options opts;
        opts.on_end = ends.hook();
        opts.idle_heartbeat = 200ms;  // what old servers leave to notice it by
        pull_consumer handled(js, info, opts);
        handled.consume([](delivery&) {});
        EXPECT_TRUE(co_await eventually([&] { return ends.codes.size() == 1; }));
        EXPECT_EQ(ends.codes.at(0), errc::consumer_not_found);
        co_await js.delete_stream("JOBS");
        pull_consumer taken(js, info, opts);
        const auto seen = co_await failure_of(taken.next(patience));
        EXPECT_EQ(seen.code, errc::stream_not_found) << seen.text;
    });
}

TEST_F(live_pull_end, ends_when_a_restart_has_lost_what_was_in_memory) {
    with_jetstream([](nats_server& server, context js) -> awaitable<void> {
        auto stream = jobs_stream();
        stream.storage = storage_type::memory;
        co_await js.create_stream(stream);
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        pull_options opts;
        opts.idle_heartbeat = 200ms;
        pull_consumer consumer(js, info, opts);
        EXPECT_FALSE(co_await consumer.next(20ms));
        server.kill();
        server.restart();
        const auto seen = co_await failure_of(consumer.next(patience));
        EXPECT_TRUE(seen.code == errc::consumer_not_found || seen.code == errc::stream_not_found) << seen.text;
    });
}

TEST_F(live_pull_end, ends_with_its_connection) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        auto other = co_await test::connect_to(server);
        complaint_log ends;
        pull_options opts;
        opts.on_end = ends.hook();
        pull_consumer consumer(context(other), info, opts);
        EXPECT_FALSE(co_await consumer.next(20ms));
        other.close();
        EXPECT_EQ((co_await failure_of(consumer.next(patience))).code, nats::errc::closed);
        EXPECT_EQ(ends.codes.size(), 1u);
        EXPECT_EQ(co_await consumer.stop(patience), 0u);
    });
}

TEST_F(live_pull_end, refuses_a_consumer_that_pushes) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto subject = "$JS.API.CONSUMER.CREATE.JOBS.workers";
        const auto body = R"({"stream_name":"JOBS","config":{"durable_name":"workers","name":"workers",
            "ack_policy":"explicit","deliver_subject":"push.here"}})";
        co_await js.connection().request(subject, body);
        auto info = co_await js.consumer("JOBS", "workers");
        EXPECT_TRUE(info.push);
        EXPECT_EQ(test::failure_at_once([&] { const pull_consumer refused(js, info); }).code, errc::bad_config);
        info.push = false;  // as if it had been changed behind our back
        pull_consumer consumer(js, info);
        const auto seen = co_await failure_of(consumer.next(patience));
        EXPECT_TRUE(seen.code == errc::bad_config || seen.code == nats::errc::timeout) << seen.text;
    });
}

TEST_F(live_pull_end, ends_when_the_server_says_so) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        impostor other(server);
        const std::pair<const char*, errc> lines[] = {
            {"409 Consumer Deleted", errc::consumer_not_found},
            {"409 Consumer is push based", errc::bad_config},
            {"400 Bad Request - heartbeat value too large", errc::bad_request}};
        for (const auto& [line, code] : lines) {
            pull_consumer consumer(js, info);
            EXPECT_FALSE(co_await consumer.next(20ms));
            co_await next_request(other);
            other.say(line);
            const auto seen = co_await failure_of(consumer.next(patience));
            EXPECT_EQ(seen.code, code) << line;
            EXPECT_TRUE(test::contains(seen.text, std::string_view(line).substr(4))) << seen.text;
        }
    });
}

TEST_F(live_pull_end, ends_when_it_may_not_listen) {
    test::nats_server_options options;
    options.config = R"(authorization { users = [
        { user: admin, password: a }
        { user: deaf, password: d, permissions: { subscribe: { deny: "_DEAF.>" } } } ] }
no_auth_user: admin)";
    with_jobs(
        [](nats_server& server, context js) -> awaitable<void> {
            const auto info = co_await js.create_or_update_consumer("JOBS", workers());
            auto opts = test::options_for(server);
            opts.user = "deaf";
            opts.password = "d";
            opts.inbox_prefix = "_DEAF";
            auto deaf = co_await nats::connection::connect(std::move(opts));
            pull_consumer consumer(context(deaf), info);
            EXPECT_EQ((co_await failure_of(consumer.next(patience))).code, nats::errc::permission_denied);
            deaf.close();
        },
        options);
}

}  // namespace
}  // namespace mote::jetstream
