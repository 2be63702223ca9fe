// How work endpoints are named and opened, and what becomes of that when their service stops meanwhile.

#include <tests/micro/works.hpp>

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace mote::test {
namespace {

micro::service_config plain() {
    micro::service_config config;
    config.name = "Jobs";
    config.version = "1.0.0";
    return config;
}

micro::work_options on(std::string subject, std::string stream = {}) {
    auto opts = quick();
    opts.subject = std::move(subject);
    opts.stream = std::move(stream);
    return opts;
}

void nothing(micro::event&) {}

TEST_F(work_test, endpoints_of_one_name_in_different_groups_have_queues_of_their_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::multiset<std::string> eu;
        std::multiset<std::string> us;
        std::multiset<std::string> shared;
        micro::service service(here.config("Jobs"));
        service.group("eu.west").work("process", [&eu](micro::event& job) { eu.emplace(job.subject()); });
        service.group("us").work("process", [&us](micro::event& job) { us.emplace(job.subject()); });
        service.work("process", on("all.process"), nothing);
        service.group("a").work("shared", on("x", "SHARED"), [&](micro::event& job) { shared.emplace(job.subject()); });
        service.group("b").work("shared", on("x", "SHARED"), [&](micro::event& job) { shared.emplace(job.subject()); });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        for (int i = 0; i < 3; ++i) {
            for (const auto* const subject : {"eu.west.process", "us.process", "a.x", "b.x"})
                co_await js.publish(subject, "");
        }
        co_await eventually("all are done", [&] { return eu.size() + us.size() + shared.size() == 12; });
        EXPECT_EQ(eu.count("eu.west.process"), 3U);
        EXPECT_EQ(us.count("us.process"), 3U);
        EXPECT_EQ(shared.count("a.x"), 3U);
        std::vector<std::string> streams;
        for (const auto& each : service.info().endpoints) streams.push_back(each.metadata.at("mote.stream"));
        EXPECT_EQ(streams, (std::vector<std::string>{"Jobs_eu_west_process", "Jobs_us_process", "Jobs_process",
                                                     "SHARED", "SHARED"}));
        const auto consumer = co_await js.consumer("SHARED", "Jobs_a_shared");
        EXPECT_EQ(consumer.config.filter_subjects, std::vector<std::string>{"a.x"});
        co_await service.stop();
    });
}

TEST(micro_work, refuses_an_endpoint_whose_stream_and_consumer_another_one_has) {
    micro::service service(plain());
    service.work("process", on("a"), nothing);
    const auto same = failure_at_once([&] { service.work("process", on("b"), nothing); });
    EXPECT_EQ(same.code, micro::errc::queue_taken);
    EXPECT_NE(same.text.find("stream Jobs_process, consumer Jobs_process"), std::string::npos) << same.text;
    service.work("process", on("c", "OTHER"), nothing);
    service.group("a.b").work("process", on("d"), nothing);
    const auto alike = failure_at_once([&] { service.group("a").group("b").work("process", on("e"), nothing); });
    EXPECT_EQ(alike.code, micro::errc::queue_taken);
    EXPECT_EQ(service.info().endpoints.size(), 3U);
}

TEST_F(work_test, a_name_is_free_again_when_its_endpoint_is_removed) {
    in_world([](world& here) -> asio::awaitable<void> {
        int done = 0;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), nothing);
        co_await service.start(here.connection);
        co_await service.remove("process");
        service.work("process", quick(), [&done](micro::event&) { ++done; });
        co_await publish_all(jetstream::context(here.caller), 1);
        co_await eventually("it is done", [&] { return done == 1; });
        co_await service.stop();
    });
}

TEST_F(work_test, may_be_stopped_at_any_time_while_it_starts) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto ordered = on("jobs.ordered");
        ordered.order = micro::work_order::by_header("Key");
        for (int flushes = 0; flushes < 14; ++flushes) {
            micro::service service(here.config("Jobs" + std::to_string(flushes)));
            auto opts = ordered;
            opts.subject += std::to_string(flushes);
            service.work("first", on("jobs.first" + std::to_string(flushes)), nothing);
            service.work("second", opts, nothing);
            const auto started = start(here.connection, service.start(here.connection));
            co_await asio::post(here.connection.executor(), asio::use_awaitable);
            for (int i = 0; i < flushes; ++i) co_await here.connection.flush();
            co_await service.stop();
            co_await eventually("the start has ended", [&] { return started->ended; });
            EXPECT_TRUE(!started->seen.code || started->seen.code == micro::errc::stopped) << started->seen.text;
        }
    });
}

TEST_F(work_test, may_be_stopped_at_any_time_while_it_opens_what_was_added) {
    in_world([](world& here) -> asio::awaitable<void> {
        for (int flushes = 0; flushes < 8; ++flushes) {
            micro::service service(here.config("Jobs" + std::to_string(flushes)));
            service.endpoint("other", [](micro::request& req) { req.respond({}); });
            co_await service.start(here.connection);
            service.work("late", on("jobs.late" + std::to_string(flushes)), nothing);
            for (int i = 0; i < flushes; ++i) co_await here.connection.flush();
            co_await service.stop();
            EXPECT_TRUE(here.failures->empty());
        }
        for (int i = 0; i < 10; ++i) co_await here.connection.flush();  // what was under way ends
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(work_test, what_was_added_and_cannot_be_opened_is_told_and_opened_later) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        jetstream::stream_config other;
        other.name = "OTHER";
        other.subjects = {"jobs.>"};
        co_await js.create_stream(other);
        int done = 0;
        micro::service service(here.config("Jobs"));
        co_await service.start(here.connection);
        service.work("process", quick(), [&done](micro::event&) { ++done; });
        co_await eventually("it is not ready", [&] { return !service.health().ready; });
        EXPECT_TRUE(service.health().reason.starts_with("process: ")) << service.health().reason;
        EXPECT_FALSE(here.failures->empty());
        co_await js.delete_stream("OTHER");
        co_await eventually("it is mended", [&] { return service.health().ready; });
        co_await publish_all(js, 1);
        co_await eventually("it works", [&] { return done == 1; });
        co_await service.stop();
    });
}

/// A stream of somebody else, which has the subjects of the work endpoint.
asio::awaitable<void> take_the_subjects(jetstream::context js) {
    jetstream::stream_config other;
    other.name = "OTHER";
    other.subjects = {"jobs.>"};
    co_await js.create_stream(other);
}

TEST_F(work_test, one_endpoint_that_jetstream_refuses_keeps_no_other_from_its_work_and_is_opened_later) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        co_await take_the_subjects(js);
        int done = 0;
        int others = 0;
        micro::service service(here.config("Jobs"));
        service.work("bad", quick(), [&done](micro::event&) { ++done; });
        service.work("good", on("good.do"), [&others](micro::event&) { ++others; });
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);

        const auto echoed = co_await ask(here.caller, "echo", "served");
        EXPECT_EQ(echoed, body("served"));
        co_await js.publish("good.do", "");
        co_await eventually("the other queue is worked on", [&] { return others == 1; });
        const auto health = service.health();
        EXPECT_FALSE(health.ready);
        EXPECT_TRUE(health.reason.starts_with("bad: ") && contains(health.reason, "overlap")) << health.reason;
        EXPECT_FALSE(here.failures->empty());
        for (const auto& each : *here.failures) {
            EXPECT_EQ(each.endpoint, "bad");
            EXPECT_EQ(each.subject, "jobs.do");
            EXPECT_TRUE(contains(each.cause, "overlap")) << each.cause;
        }
        const auto seen = co_await ask(here.caller, "$SRV.STATS.Jobs");
        EXPECT_TRUE(contains(seen.body, "overlap")) << seen.body;
        EXPECT_GE(stats_of(service).errors, 1U);
        EXPECT_EQ(service.stats().endpoints.at(1).errors, 0U);

        co_await js.delete_stream("OTHER");
        co_await eventually("it is mended", [&] { return service.health().ready; });
        co_await publish_all(js, 1);
        co_await eventually("it works", [&] { return done == 1; });
        co_await service.stop();
    });
}

TEST_F(work_test, starts_without_jetstream_and_says_on_each_endpoint_that_it_is_missing) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            micro::service service(here.config("Jobs"));
            service.work("first", on("jobs.first"), nothing);
            service.work("second", on("jobs.second"), nothing);
            service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
            co_await service.start(here.connection);
            const auto echoed = co_await ask(here.caller, "echo", "served");
            EXPECT_EQ(echoed, body("served"));
            for (std::size_t index = 0; index < 2; ++index) {
                const auto stats = service.stats().endpoints.at(index);
                EXPECT_GE(stats.errors, 1U);
                EXPECT_TRUE(contains(stats.last_error, "JetStream")) << stats.last_error;
                EXPECT_FALSE(contains(stats.last_error, "[mote.")) << stats.last_error;
            }
            EXPECT_FALSE(service.health().ready);
            co_await service.stop();
            const auto told = here.failures->size();
            asio::steady_timer timer(co_await asio::this_coro::executor, 1500ms);
            co_await timer.async_wait(asio::use_awaitable);
            EXPECT_EQ(here.failures->size(), told) << "nobody tries any more";
        },
        false);
}

TEST_F(work_test, a_jetstream_that_does_not_answer_holds_the_start_up_once) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            int asked = 0;
            const auto mute = here.caller.subscribe("$JS.API.>", [&asked](const nats::message_view&) { ++asked; });
            co_await here.caller.flush();
            micro::service service(here.config("Jobs"));
            for (int i = 0; i < 20; ++i) {
                auto opts = on("jobs.do" + std::to_string(i));
                opts.jetstream.timeout = 100ms;
                service.work("w" + std::to_string(i), opts, nothing);
            }
            co_await service.start(here.connection);
            EXPECT_LT(asked, 20);
            for (const auto& each : service.stats().endpoints) EXPECT_GE(each.errors, 1U) << each.name;
            co_await service.stop();
        },
        false);
}

TEST_F(work_test, a_domain_that_does_not_answer_keeps_no_endpoint_of_another_one_from_its_work) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.caller.subscribe("$JS.hub.API.>", [](const nats::message_view&) {});
        co_await here.caller.flush();
        int done = 0;
        micro::service service(here.config("Jobs"));
        auto far = on("far.do");
        far.jetstream.domain = "hub";
        far.jetstream.timeout = 300ms;
        service.work("far", far, nothing);
        far.subject = "farther.do";
        service.work("farther", far, nothing);
        service.work("near", quick(), [&done](micro::event&) { ++done; });
        co_await service.start(here.connection);
        EXPECT_EQ(service.stats().endpoints.at(2).errors, 0U) << service.stats().endpoints.at(2).last_error;
        co_await publish_all(jetstream::context(here.caller), 1);
        co_await eventually("it works", [&] { return done == 1; });
        std::set<std::string> causes;
        for (const auto& each : *here.failures)
            if (each.endpoint == "farther") causes.insert(each.cause);
        EXPECT_TRUE(causes.contains("not tried: JetStream did not answer for endpoint \"far\""));
        co_await service.stop();
    });
}

TEST_F(work_test, does_not_start_with_options_that_no_jetstream_could_take) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", on("jobs.do", "a.name.with.dots"), nothing);
        const auto failed = co_await failure_of(service.start(here.connection));
        EXPECT_EQ(failed.code, jetstream::errc::bad_config) << failed.text;
        EXPECT_EQ(service.health().reason, "not started");
    });
}

TEST_F(work_test, what_was_added_with_options_that_no_jetstream_could_take_is_told_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        co_await service.start(here.connection);
        service.work("process", on("jobs.do", "a.name.with.dots"), nothing);
        co_await eventually("it is told", [&] { return !here.failures->empty(); });
        asio::steady_timer timer(co_await asio::this_coro::executor, 1500ms);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_EQ(here.failures->size(), 1U) << "nobody tries again";
        EXPECT_EQ(stats_of(service).errors, 1U);
        EXPECT_TRUE(service.health().reason.starts_with("process: ")) << service.health().reason;
        co_await service.stop();
    });
}

/// `body` in a world whose service may not publish to some subject.
asio::awaitable<void> in_world_without(nats_server* server, std::function<asio::awaitable<void>(world&)> body) {
    auto opts = options_for(*server);
    opts.user = "s";
    opts.password = "p";
    const auto connection = co_await nats::connection::connect(opts);
    opts.user = "all";
    const auto caller = co_await nats::connection::connect(opts);
    world here{*server, connection, caller};
    co_await body(here);
    connection.close();
    caller.close();
}

nats_server_options denying(const std::string& subject) {
    nats_server_options options;
    options.config = "authorization { users = [ { user: s, password: p, permissions: { publish: { deny: [\"" + subject +
                     "\"] } } },\n{ user: all, password: p } ] }\n";
    return options;
}

TEST_F(work_test, a_permission_that_is_missing_to_make_its_stream_is_an_error_of_the_endpoint) {
    nats_server server(denying("$JS.API.STREAM.CREATE.Jobs_process"));
    run(in_world_without(&server, [](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), nothing);
        service.work("other", on("other.do"), nothing);
        co_await service.start(here.connection);
        EXPECT_TRUE(contains(stats_of(service).last_error, "permission")) << stats_of(service).last_error;
        EXPECT_EQ(service.stats().endpoints.at(1).errors, 0U);
        EXPECT_TRUE(service.health().reason.starts_with("process: ")) << service.health().reason;
        co_await service.stop();
    }));
}

TEST_F(work_test, an_ack_that_it_may_not_send_is_an_error_of_the_endpoint) {
    nats_server server(denying("$JS.ACK.Jobs_process.>"));
    run(in_world_without(&server, [](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), nothing);
        service.work("other", on("other.do"), nothing);
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 1);
        co_await js.publish("other.do", "");
        co_await eventually("it is counted", [&] { return stats_of(service).errors >= 1; });
        EXPECT_TRUE(contains(stats_of(service).last_error, "$JS.ACK.Jobs_process")) << stats_of(service).last_error;
        EXPECT_FALSE(here.failures->empty());
        for (const auto& each : *here.failures) EXPECT_EQ(each.endpoint, "process");
        co_await expect_empty(js, "Jobs_other");
        EXPECT_EQ(service.stats().endpoints.at(1).errors, 0U);
        co_await service.stop();
    }));
}

}  // namespace
}  // namespace mote::test
