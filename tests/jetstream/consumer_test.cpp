#include <tests/jetstream/jobs.hpp>

namespace mote::jetstream {
namespace {

class live_consumer : public live_jobs {};

TEST_F(live_consumer, is_made_with_the_servers_defaults) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto info = co_await js.create_or_update_consumer("JOBS", workers());
        EXPECT_EQ(info.stream, "JOBS");
        EXPECT_EQ(info.name, "workers");
        EXPECT_FALSE(info.created.empty());
        EXPECT_EQ(info.config.name, "workers");
        EXPECT_TRUE(info.config.durable);
        EXPECT_EQ(info.config.ack, ack_policy::explicit_ack);
        EXPECT_EQ(info.config.ack_wait, 30s);
        EXPECT_EQ(info.config.max_deliver, -1);
        EXPECT_EQ(info.config.max_ack_pending, 1000);
        EXPECT_EQ(info.config.max_waiting, 512);
        EXPECT_FALSE(info.push);
    });
}

TEST_F(live_consumer, is_made_with_all_that_it_is_told) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto config = workers();
        config.description = "does \"it\"";
        config.max_deliver = 5;
        config.backoff = {1s, 5s, 30s};
        config.filter_subjects = {"jobs.a.*"};
        config.max_ack_pending = 100;
        config.max_waiting = 32;
        config.max_batch = 64;
        config.max_expires = 60s;
        config.inactive_threshold = 1h;
        config.replicas = 1;
        config.memory_storage = true;
        config.headers_only = true;
        co_await js.create_or_update_consumer("JOBS", config);
        const auto made = (co_await js.consumer("JOBS", "workers")).config;
        EXPECT_EQ(made.description, config.description);
        EXPECT_EQ(made.max_deliver, 5);
        EXPECT_EQ(made.backoff, config.backoff);
        EXPECT_EQ(made.ack_wait, 1s);  // the first of the back-off
        EXPECT_EQ(made.filter_subjects, config.filter_subjects);
        EXPECT_EQ(made.max_ack_pending, 100);
        EXPECT_EQ(made.max_waiting, 32);
        EXPECT_EQ(made.max_batch, 64);
        EXPECT_EQ(made.max_expires, 60s);
        EXPECT_EQ(made.inactive_threshold, 1h);
        EXPECT_EQ(made.replicas, 1);
        EXPECT_TRUE(made.memory_storage);
        EXPECT_TRUE(made.headers_only);
    });
}

TEST_F(live_consumer, may_start_anywhere_in_a_stream_that_keeps_its_messages) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto stream = jobs_stream();
        stream.retention = retention_policy::limits;
        co_await js.create_stream(stream);
        co_await publish_jobs(js, 1, 5);
        const std::pair<deliver_policy, int> starts[] = {{deliver_policy::all, 1},
                                                         {deliver_policy::last, 5},
                                                         {deliver_policy::by_start_sequence, 3},
                                                         {deliver_policy::by_start_time, 1},
                                                         {deliver_policy::last_per_subject, 5}};
        for (const auto& [policy, number] : starts) {
            auto config = workers();
            config.name = "from-" + std::to_string(static_cast<int>(policy));
            config.deliver = policy;
            config.start_sequence = 3;
            config.start_time = "2020-01-01T00:00:00Z";
            config.ack = policy == deliver_policy::last ? ack_policy::none : ack_policy::all;
            if (policy == deliver_policy::last_per_subject) config.filter_subjects = {">"};
            const auto info = co_await js.create_or_update_consumer("JOBS", config);
            EXPECT_EQ(info.config.deliver, policy);
            EXPECT_EQ(info.config.ack, config.ack);
            pull_consumer consumer(js, info);
            const auto job = co_await expect_job(consumer, number);
            // What the server sent back is taken for the same again.
            EXPECT_FALSE((co_await failure_of(js.create_or_update_consumer("JOBS", info.config))).code);
        }
    });
}

TEST_F(live_consumer, that_is_the_same_is_not_changed) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto requests = js.connection().subscribe("$JS.API.CONSUMER.CREATE.>");
        auto config = workers();
        config.filter_subjects = {"jobs.a"};
        config.max_deliver = 4;
        co_await js.create_or_update_consumer("JOBS", config);
        EXPECT_TRUE(co_await requests.next(patience));
        const auto again = co_await js.create_or_update_consumer("JOBS", config);
        EXPECT_EQ(again.config.max_deliver, 4);
        co_await js.create_or_update_consumer("JOBS", again.config);
        co_await js.connection().flush();
        EXPECT_FALSE(requests.try_next());
    });
}

TEST_F(live_consumer, is_changed_where_it_differs_and_keeps_its_place) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto subject = "$JS.API.CONSUMER.CREATE.JOBS.workers";
        const auto body = R"({"stream_name":"JOBS","config":{"durable_name":"workers","name":"workers",
            "ack_policy":"explicit","max_ack_pending":77,"sample_freq":"50%"}})";
        co_await js.connection().request(subject, body);
        co_await publish_jobs(js, 1, 2);
        {
            pull_consumer consumer(js, co_await js.consumer("JOBS", "workers"));
            auto job = co_await expect_job(consumer, 1);
            co_await job->ack_sync();
            co_await consumer.stop(patience);
        }
        auto config = workers();
        config.description = "new";
        config.ack_wait = 5s;
        config.max_deliver = 3;
        const auto changed = co_await js.create_or_update_consumer("JOBS", config);
        EXPECT_EQ(changed.config.description, "new");
        EXPECT_EQ(changed.config.ack_wait, 5s);
        EXPECT_EQ(changed.config.max_deliver, 3);
        EXPECT_EQ(changed.config.max_ack_pending, 77);
        EXPECT_EQ(changed.ack_floor.stream_sequence, 1u);
        const auto reply = co_await js.connection().request("$JS.API.CONSUMER.INFO.JOBS.workers", "");
        EXPECT_TRUE(test::contains(reply.payload(), R"("sample_freq":"50%")")) << reply.payload();
    });
}

TEST_F(live_consumer, does_not_change_what_cannot_be_changed) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_or_update_consumer("JOBS", workers());
        auto config = workers();
        config.deliver = deliver_policy::new_messages;
        const auto seen = co_await failure_of(js.create_or_update_consumer("JOBS", config));
        EXPECT_EQ(seen.code.category(), jetstream_category()) << seen.text;
        EXPECT_EQ((co_await js.consumer("JOBS", "workers")).config.deliver, deliver_policy::all);
    });
}

TEST_F(live_consumer, that_is_not_durable_gets_a_name) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        consumer_config config;
        config.durable = false;
        config.inactive_threshold = 1min;
        const auto info = co_await js.create_or_update_consumer("JOBS", config);
        EXPECT_FALSE(info.name.empty());
        EXPECT_FALSE(info.config.durable);
        EXPECT_EQ(info.config.name, info.name);
        EXPECT_EQ(info.config.inactive_threshold, 1min);
        co_await publish_jobs(js, 1, 1);
        pull_consumer consumer(js, info);
        const auto job = co_await expect_job(consumer, 1);
    });
}

TEST_F(live_consumer, is_listed_and_deleted) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        EXPECT_TRUE((co_await js.consumer_names("JOBS")).empty());
        co_await js.create_or_update_consumer("JOBS", workers());
        const auto names = co_await js.consumer_names("JOBS");
        EXPECT_TRUE(names.size() == 1 && names.front() == "workers");
        co_await js.delete_consumer("JOBS", "workers");
        EXPECT_TRUE((co_await js.consumer_names("JOBS")).empty());
        EXPECT_EQ((co_await failure_of(js.consumer("JOBS", "workers"))).code, errc::consumer_not_found);
        EXPECT_EQ((co_await failure_of(js.delete_consumer("JOBS", "workers"))).code, errc::consumer_not_found);
        EXPECT_EQ((co_await failure_of(js.consumer("NONE", "workers"))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.create_or_update_consumer("NONE", workers()))).code, errc::stream_not_found);
    });
}

TEST_F(live_consumer, is_listed_over_all_pages) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto stream = jobs_stream();
        stream.retention = retention_policy::limits;
        stream.storage = storage_type::memory;
        stream.max_consumers = 2000;
        co_await js.create_stream(stream);
        std::vector<awaitable<consumer_info>> made;
        for (int i = 0; i < 1030; ++i) {
            consumer_config config;
            config.name = "c" + std::to_string(i);
            made.push_back(js.create_or_update_consumer("JOBS", config));
        }
        for (auto& each : made) co_await std::move(each);
        const auto names = co_await js.consumer_names("JOBS");
        EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 1030u);
    });
}

TEST_F(live_consumer, is_refused_at_once_when_it_cannot_be) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        const auto code_of = [&](const std::string& stream, const consumer_config& config) {
            return test::failure_at_once([&] { (void)js.create_or_update_consumer(stream, config); }).code;
        };
        EXPECT_EQ(code_of("a.b", workers()), errc::bad_config);
        EXPECT_EQ(code_of("JOBS", consumer_config()), errc::bad_config);
        auto config = workers();
        config.name = "a b";
        EXPECT_EQ(code_of("JOBS", config), errc::bad_config);
        config = workers();
        config.filter_subjects = {"jobs..a"};
        EXPECT_EQ(code_of("JOBS", config), errc::bad_config);
        config = workers();
        config.deliver = deliver_policy::by_start_time;
        config.start_time = "yesterday";
        EXPECT_EQ(code_of("JOBS", config), errc::bad_config);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.consumer("JOBS", ""); }).code, errc::bad_config);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.delete_consumer("JOBS", "*"); }).code, errc::bad_config);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.consumer_names(">"); }).code, errc::bad_config);
        co_return;
    });
}

TEST_F(live_consumer, with_metadata_or_several_filters_is_of_2_10) {
    with_jobs([](nats_server&, context js) -> awaitable<void> {
        auto tagged = workers();
        tagged.metadata["team"] = "a";
        auto several = workers();
        several.name = "several";
        several.filter_subjects = {"jobs.a", "jobs.b"};
        if (!test::server_at_least(js, 2, 10)) {
            for (const auto& each : {tagged, several}) {
                const auto seen = test::failure_at_once([&] { (void)js.create_or_update_consumer("JOBS", each); });
                EXPECT_EQ(seen.code, errc::not_supported);
                EXPECT_TRUE(test::contains(seen.text, "needs nats-server 2.10")) << seen.text;
            }
            EXPECT_TRUE((co_await js.consumer_names("JOBS")).empty());
            co_return;
        }
        const auto made = co_await js.create_or_update_consumer("JOBS", several);
        EXPECT_EQ(made.config.filter_subjects, several.filter_subjects);
        tagged.filter_subjects = {"jobs.c"};
        const auto info = co_await js.create_or_update_consumer("JOBS", tagged);
        EXPECT_EQ(info.config.metadata.at("team"), "a");
        tagged.metadata["team"] = "b";
        EXPECT_EQ((co_await js.create_or_update_consumer("JOBS", tagged)).config.metadata.at("team"), "b");
        // Now it matches what is sent in full, with what the server has added.
        auto requests = js.connection().subscribe("$JS.API.CONSUMER.CREATE.>");
        co_await js.create_or_update_consumer("JOBS", tagged);
        co_await js.connection().flush();
        EXPECT_FALSE(requests.try_next());
    });
}

}  // namespace
}  // namespace mote::jetstream
