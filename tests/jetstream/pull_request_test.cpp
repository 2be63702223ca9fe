// What pull requests say of groups, whatever the server knows of them.

#include <tests/jetstream/json_object.hpp>
#include <tests/jetstream/pull_impostor.hpp>

#include <boost/asio/co_spawn.hpp>

namespace mote::jetstream {
namespace {

class live_pull_requests : public live_jobs {};

/// A consumer that the server does not have: only an impostor answers.
consumer_info of_group(priority_policy policy) {
    consumer_info info;
    info.stream = "JOBS";
    info.name = "workers";
    info.config = workers();
    info.config.priority = policy;
    info.config.priority_groups = {"one"};
    return info;
}

pull_options in_group() {
    pull_options opts;
    opts.group = "one";
    opts.expires = 60s;
    opts.idle_heartbeat = 30s;
    opts.max_messages = 8;
    return opts;
}

fetch_options of_a_minute() {
    fetch_options opts;
    opts.expires = 60s;
    opts.heartbeat = 30s;
    return opts;
}

void expect_json(const std::string& request, std::string_view expected) {
    EXPECT_EQ(detail::object(request), detail::object(expected)) << request;
}

using fetched = std::shared_ptr<std::optional<fetch_result>>;

/// Begins to fetch; the result comes when the impostor ends it.
fetched begin_fetch(const context& js, pull_consumer& consumer, std::size_t batch) {
    auto result = std::make_shared<std::optional<fetch_result>>();
    boost::asio::co_spawn(js.connection().executor(), consumer.fetch(batch, of_a_minute()),
                          [result](std::exception_ptr failed, fetch_result made) {
                              if (!failed) result->emplace(std::move(made));
                          });
    return result;
}

awaitable<void> expect_end(fetched result, fetch_end end) {
    EXPECT_TRUE(co_await eventually([&] { return result->has_value(); }));
    if (result->has_value()) {
        EXPECT_EQ((*result)->end, end) << (*result)->text;
    }
}

TEST_F(live_pull_requests, say_no_more_than_they_have_to) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        impostor other(server);
        pull_consumer consumer(js, of_group(priority_policy::overflow), in_group());
        EXPECT_FALSE(co_await consumer.next(20ms));
        const auto request = co_await next_request(other);
        expect_json(request, R"({"expires":60000000000,"batch":8,"idle_heartbeat":30000000000,"group":"one"})");
    });
}

TEST_F(live_pull_requests, say_from_how_many_messages_on_they_want_some) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        impostor other(server);
        auto opts = in_group();
        opts.min_pending = 3;
        opts.min_ack_pending = 5;
        pull_consumer consumer(js, of_group(priority_policy::overflow), opts);
        const auto result = begin_fetch(js, consumer, 2);
        auto request = co_await next_request(other);
        expect_json(request, R"({"expires":60000000000,"batch":2,"idle_heartbeat":30000000000,"group":"one",
            "min_pending":3,"min_ack_pending":5})");
        other.say("408 Request Timeout");
        co_await expect_end(result, fetch_end::expired);
        EXPECT_FALSE(co_await consumer.next(20ms));
        request = co_await next_request(other);
        expect_json(request, R"({"expires":60000000000,"batch":8,"idle_heartbeat":30000000000,"group":"one",
            "min_pending":3,"min_ack_pending":5})");
    });
}

TEST_F(live_pull_requests, say_their_priority) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        impostor other(server);
        auto opts = in_group();
        opts.priority = 9;
        pull_consumer consumer(js, of_group(priority_policy::prioritized), opts);
        const auto result = begin_fetch(js, consumer, 2);
        auto request = co_await next_request(other);
        expect_json(request, R"({"expires":60000000000,"batch":2,"idle_heartbeat":30000000000,"group":"one",
            "priority":9})");
        other.say("408 Request Timeout");
        co_await expect_end(result, fetch_end::expired);
        EXPECT_FALSE(co_await consumer.next(20ms));
        request = co_await next_request(other);
        expect_json(request, R"({"expires":60000000000,"batch":8,"idle_heartbeat":30000000000,"group":"one",
            "priority":9})");
    });
}

TEST_F(live_pull_requests, of_a_fetch_have_the_pin_as_long_as_it_holds) {
    with_jobs([](nats_server& server, context js) -> awaitable<void> {
        if (!test::server_at_least(js, 2, 11)) co_return;  // refused: pinned_test.cpp
        auto config = workers();
        config.priority = priority_policy::pinned_client;
        config.priority_groups = {"one"};
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        co_await publish_jobs(js, 1, 3);
        impostor watching(server);
        int unpinned = 0;
        auto opts = in_group();
        opts.on_unpinned = [&unpinned] { ++unpinned; };
        pull_consumer consumer(js, info, opts);
        constexpr auto without_pin = R"({"expires":60000000000,"batch":1,"idle_heartbeat":30000000000,"group":"one"})";
        auto job = co_await consumer.fetch(1, of_a_minute());
        auto request = co_await next_request(watching);
        expect_json(request, without_pin);
        const std::string pin(job.deliveries.at(0).headers().get("Nats-Pin-Id").value_or("none"));
        job.deliveries.front().ack();
        job = co_await consumer.fetch(1, of_a_minute());
        request = co_await next_request(watching);
        auto with_pin = detail::object(without_pin);
        with_pin["id"] = pin;
        EXPECT_EQ(detail::object(request), with_pin) << request;
        EXPECT_EQ(unpinned, 0);
        job.deliveries.at(0).ack();
        co_await js.unpin_consumer("JOBS", "workers", "one");
        job = co_await consumer.fetch(1, of_a_minute());
        request = co_await next_request(watching);
        EXPECT_EQ(job.end, fetch_end::failed) << job.text;
        EXPECT_EQ(unpinned, 1);
        job = co_await consumer.fetch(1, of_a_minute());
        request = co_await next_request(watching);
        expect_json(request, without_pin);
        EXPECT_EQ(job.deliveries.size(), 1u) << job.text;
        for (auto& each : job.deliveries) each.ack();
    });
}

TEST_F(live_pull_requests, of_the_first_priority_are_served_first) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        if (!test::server_at_least(js, 2, 12)) co_return;  // refused: server_age_test.cpp
        auto config = workers();
        config.priority = priority_policy::prioritized;
        config.priority_groups = {"one"};
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        auto opts = in_group();
        opts.priority = 1;
        pull_consumer second(js, info, opts);
        opts.priority = 0;
        pull_consumer first(js, info, opts);
        EXPECT_FALSE(co_await second.next(20ms));
        EXPECT_FALSE(co_await first.next(20ms));
        co_await until_info(js, [](const auto& now) { return now.waiting == 2; });
        for (int number = 1; number <= 3; ++number) {
            co_await publish_jobs(js, number, number);
            auto job = co_await expect_job(first, number);
            if (job) job->ack();
        }
        EXPECT_EQ(co_await first.stop(patience), 0u);
        co_await publish_jobs(js, 4, 4);
        auto job = co_await expect_job(second, 4);
        if (job) job->ack();
        EXPECT_EQ(co_await second.stop(patience), 0u);
    });
}

}  // namespace
}  // namespace mote::jetstream
