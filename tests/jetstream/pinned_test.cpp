// Consumers that give all to one of those who pull.

#include <tests/jetstream/jobs.hpp>

namespace mote::jetstream {
namespace {

class live_pinned : public live_jobs {};

consumer_config pinned_workers() {
    auto config = workers();
    config.priority = priority_policy::pinned_client;
    config.priority_groups = {"one"};
    config.priority_timeout = 30s;
    return config;
}

pull_options of_the_group() {
    pull_options opts;
    opts.group = "one";
    opts.max_in_flight = 4;
    return opts;
}

std::string pin_of(const std::optional<delivery>& job) {
    return job ? std::string(job->headers().get("Nats-Pin-Id").value_or("")) : std::string();
}

TEST_F(live_pinned, give_all_to_one_until_it_is_unpinned) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        if (!test::server_at_least(js, 2, 11)) co_return;
        const auto info = co_await js.create_or_update_consumer("JOBS", pinned_workers());
        EXPECT_EQ(info.config.priority, priority_policy::pinned_client);
        EXPECT_EQ(info.config.priority_groups, std::vector<std::string>{"one"});
        EXPECT_EQ(info.config.priority_timeout, 30s);
        int unpinned = 0;
        auto opts = of_the_group();
        opts.on_unpinned = [&unpinned] { ++unpinned; };
        pull_consumer first(js, info, opts);
        pull_consumer second(js, info, of_the_group());
        co_await publish_jobs(js, 1, 1);
        auto job = co_await expect_job(first, 1);
        const auto pin = pin_of(job);
        EXPECT_NE(pin, "");
        if (job) job->ack();
        auto none = co_await second.next(50ms);
        EXPECT_FALSE(none);
        // More than one request asks for.
        for (int number = 2; number <= 40; ++number) {
            co_await publish_jobs(js, number, number);
            job = co_await expect_job(first, number);
            EXPECT_EQ(pin_of(job), pin);
            if (job) job->ack();
        }
        co_await js.unpin_consumer("JOBS", "workers", "one");
        co_await publish_jobs(js, 41, 42);
        job = co_await expect_job(second, 41);
        EXPECT_NE(pin_of(job), "");
        EXPECT_NE(pin_of(job), pin);
        if (job) job->ack();
        EXPECT_TRUE(co_await eventually([&] { return unpinned == 1; }));
        job = co_await expect_job(second, 42);
        if (job) job->ack();
        co_await second.stop(patience);
        co_await js.unpin_consumer("JOBS", "workers", "one");
        co_await publish_jobs(js, 43, 43);
        job = co_await expect_job(first, 43);
        if (job) job->ack();
        EXPECT_EQ(first.stats().troubles, 0u);
        co_await first.stop(patience);
    });
}

TEST_F(live_pinned, get_a_new_pin_when_the_server_has_forgotten_the_old_one) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        if (!test::server_at_least(js, 2, 11)) co_return;
        const auto info = co_await js.create_or_update_consumer("JOBS", pinned_workers());
        pull_consumer consumer(js, info, of_the_group());
        co_await publish_jobs(js, 1, 1);
        auto job = co_await expect_job(consumer, 1);
        if (job) job->ack();
        server.kill();
        server.restart();
        for (bool published = false; !published;) {
            try {
                co_await publish_jobs(js, 2, 2);
                published = true;
            } catch (const boost::system::system_error&) {
                continue;
            }
        }
        // The server has forgotten the pin; it is asked for anew.
        std::optional<delivery> next;
        while (!next || next->payload() != "2") {
            next = co_await consumer.next(patience);
            if (!next) break;
            next->ack();
        }
        EXPECT_TRUE(next);
        co_await consumer.stop(patience);
    });
}

TEST_F(live_pinned, are_refused_where_the_server_or_the_options_do_not_allow_them) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto without_group = pinned_workers();
        without_group.priority_groups.clear();
        const auto code_of_making = [js](const consumer_config& config) {
            return test::failure_at_once([&] { (void)js.create_or_update_consumer("JOBS", config); }).code;
        };
        EXPECT_EQ(code_of_making(without_group), errc::bad_config);
        if (!test::server_at_least(js, 2, 11)) {
            EXPECT_EQ(code_of_making(pinned_workers()), errc::not_supported);
            const auto seen = test::failure_at_once([&] { (void)js.unpin_consumer("JOBS", "workers", "one"); });
            EXPECT_EQ(seen.code, errc::not_supported);
            co_return;
        }
        auto info = co_await js.create_or_update_consumer("JOBS", pinned_workers());
        for (const auto* const group : {"", "two"}) {
            pull_options opts;
            opts.group = group;
            EXPECT_THROW(pull_consumer(js, info, opts), boost::system::system_error) << group;
        }
        info = co_await js.create_or_update_consumer("JOBS", workers());
        EXPECT_EQ(info.config.priority, priority_policy::none);
        EXPECT_TRUE(info.config.priority_groups.empty());
        EXPECT_THROW(pull_consumer(js, info, of_the_group()), boost::system::system_error);
    });
}

}  // namespace
}  // namespace mote::jetstream
