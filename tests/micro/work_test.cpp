// Work endpoints: what is published is kept until it is done, and tried again when it fails.

#include <tests/micro/works.hpp>

#include <mote/micro/dead_letters.hpp>
#include <mote/micro/discovery.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace mote::test {
namespace {

TEST_F(work_test, does_everything_once_and_is_found_and_counted_like_any_endpoint) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::map<std::string, int> done;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [&done](micro::event& job) { ++done[std::string(job.data())]; });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 100);
        co_await eventually("all are done", [&] { return done.size() == 100; });
        co_await expect_empty(js, "Jobs_process");
        for (const auto& [job, times] : done) EXPECT_EQ(times, 1) << job;

        micro::discovery others(here.caller);
        const auto info = co_await others.info();
        EXPECT_EQ(info.size(), 1U);
        if (info.size() != 1) co_return;
        const auto& endpoint = info.front().endpoints.at(0);
        EXPECT_EQ(endpoint.name, "process");
        EXPECT_EQ(endpoint.subject, "jobs.do");
        EXPECT_EQ(endpoint.metadata, (micro::metadata{{"mote.kind", "work"}, {"mote.stream", "Jobs_process"}}));
        const auto stats = co_await others.stats();
        EXPECT_EQ(stats.front().endpoints.at(0).requests, 100U);
        EXPECT_EQ(stats.front().endpoints.at(0).errors, 0U);
        // A request gets the acknowledgement of the stream.
        const auto reply = co_await here.caller.request("jobs.do", "one more");
        EXPECT_NE(reply.payload().find(R"("stream":"Jobs_process")"), std::string_view::npos) << reply.payload();
        co_await eventually("it is done too", [&] { return done.contains("one more"); });
        co_await service.stop();
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(work_test, keeps_what_comes_while_nobody_is_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        {
            micro::service first(here.config("Jobs"));
            first.work("process", quick(), [](micro::event&) {});
            co_await first.start(here.connection);
            co_await first.stop();
        }
        co_await publish_all(js, 10);
        std::set<std::string> done;
        micro::service second(here.config("Jobs"));
        second.work("process", quick(), [&done](micro::event& job) { done.emplace(job.data()); });
        co_await second.start(here.connection);
        co_await eventually("all are done", [&] { return done.size() == 10; });
        co_await second.stop();
    });
}

TEST_F(work_test, tries_again_what_fails_and_gives_it_to_the_dead_letters_in_the_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::map<std::string, int> tries;
        auto opts = quick();
        opts.max_tries = 3;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&tries](micro::event job) -> asio::awaitable<void> {
            const std::string what(job.data());
            const auto now = ++tries[what];
            if (what == "third time" && now == 3) co_return;
            if (what == "later") {
                if (now == 1) throw micro::retry_later(10ms);
                co_return;
            }
            if (what == "never") throw micro::give_up("nobody can do this");
            throw std::runtime_error("broken " + what);
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        for (const auto* const what : {"third time", "later", "never", "always"}) {
            jetstream::publish_options with;
            with.headers = {{"X-Kept", what}};
            with.expected_stream = "Jobs_process";  // is not asked of the dead letters
            co_await js.publish("jobs.do", what, with);
        }
        co_await eventually("two are dead", [&] { return stats_of(service).dead == 2; });
        co_await eventually("all have ended", [&] { return stats_of(service).in_flight == 0; });
        co_await expect_empty(js, "Jobs_process");
        EXPECT_EQ(tries, (std::map<std::string, int>{{"third time", 3}, {"later", 2}, {"never", 1}, {"always", 3}}));
        EXPECT_EQ(stats_of(service).redelivered, 5U);

        const auto dead = co_await js.stream("mote_dead");
        EXPECT_EQ(dead.state.messages, 2U);
        std::map<std::string, std::string> reasons;
        for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
            const auto letter = co_await js.message("mote_dead", sequence);
            EXPECT_TRUE(letter);
            if (!letter) co_return;
            EXPECT_EQ(letter->subject, "mote.dead.Jobs.process");
            const auto& headers = letter->message.headers();
            EXPECT_EQ(headers.get("Mote-Dead-Subject"), "jobs.do");
            EXPECT_EQ(headers.get("Mote-Dead-Stream"), "Jobs_process");
            EXPECT_EQ(headers.get("X-Kept"), letter->message.payload());
            reasons[std::string(letter->message.payload())] =
                std::string(*headers.get("Mote-Dead-Reason")) + " " + std::string(*headers.get("Mote-Dead-Tries"));
        }
        EXPECT_EQ(reasons, (std::map<std::string, std::string>{{"never", "nobody can do this 1"},
                                                               {"always", "broken always 3"}}));
        co_await service.stop();
    });
}

TEST_F(work_test, takes_typed_handlers_and_what_they_cannot_read_is_dead_at_once_or_after_its_tries) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<int> done;
        auto opts = quick();
        opts.max_tries = 2;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&done](int number) { done.push_back(number); });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await js.publish("jobs.do", "7");
        co_await js.publish("jobs.do", "seven");
        co_await eventually("one is dead", [&] { return stats_of(service).dead == 1; });
        EXPECT_EQ(done, std::vector{7});
        EXPECT_TRUE(stats_of(service).last_error.starts_with("400:")) << stats_of(service).last_error;
        EXPECT_EQ(service.info().endpoints.at(0).metadata.at("mote.request.type"), "application/json");
        co_await service.stop();
    });
}

TEST_F(work_test, takes_a_message_id_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        int done = 0;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [&done](micro::event&) { ++done; });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        jetstream::publish_options once;
        once.message_id = "order-1";
        const auto first = co_await js.publish("jobs.do", "x", once);
        const auto second = co_await js.publish("jobs.do", "x", once);
        EXPECT_FALSE(first.duplicate);
        EXPECT_TRUE(second.duplicate);
        co_await js.publish("jobs.do", "y");
        co_await eventually("both are done", [&] { return done == 2; });
        co_await service.stop();
        EXPECT_EQ(done, 2);
    });
}

TEST_F(work_test, keeps_long_work_and_bounds_what_it_takes_at_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        int started = 0;
        int now = 0;
        int most = 0;
        auto opts = quick();
        opts.max_in_flight = 3;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&, open_later](micro::event) -> asio::awaitable<void> {
            ++started;
            most = std::max(most, ++now);
            co_await open_later.pass();
            --now;
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 10);
        co_await eventually("three have started", [&] { return started == 3; });
        // Three times the ack wait: without in-progress acks they would come again.
        asio::steady_timer timer(co_await asio::this_coro::executor, 3s);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_EQ(started, 3);
        open_later.open();
        co_await eventually("all are done", [&] { return started == 10 && now == 0; });
        EXPECT_EQ(most, 3);
        EXPECT_EQ(stats_of(service).redelivered, 0U);
        co_await expect_empty(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_test, middleware_is_around_work_and_its_refusal_is_a_failed_try) {
    in_world([](world& here) -> asio::awaitable<void> {
        int seen = 0;
        int done = 0;
        auto config = here.config("Jobs");
        config.middleware = {micro::before([&seen](micro::request& req) {
            if (++seen == 1) req.respond_error(503, "not yet");
        })};
        micro::service service(config);
        service.work("process", quick(), [&done](micro::event&) { ++done; });
        co_await service.start(here.connection);
        co_await publish_all(jetstream::context(here.caller), 1);
        co_await eventually("it is done", [&] { return done == 1; });
        EXPECT_EQ(seen, 2);
        EXPECT_EQ(stats_of(service).errors, 1U);
        EXPECT_EQ(stats_of(service).last_error, "503:not yet");
        co_await service.stop();
    });
}

TEST_F(work_test, each_dead_letter_has_the_refusal_of_its_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        int refused = 0;
        auto opts = quick();
        opts.max_tries = 1;
        opts.middleware = {[&refused, open_later](micro::request& req, micro::next) -> asio::awaitable<void> {
            req.respond_error(403, "not " + std::string(req.data()));
            ++refused;
            co_await open_later.pass();
        }};
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [](micro::event&) {});
        co_await service.start(here.connection);
        co_await publish_all(jetstream::context(here.caller), 2);
        co_await eventually("both are refused", [&] { return refused == 2; });
        open_later.open();
        co_await eventually("both are dead", [&] { return stats_of(service).dead == 2; });
        const micro::dead_letters kept(here.caller);
        const auto letters = co_await kept.list();
        std::set<std::string> reasons;
        for (const auto& each : letters) reasons.insert(each.reason);
        EXPECT_EQ(reasons, (std::set<std::string>{"403:not 0", "403:not 1"}));
        EXPECT_EQ(stats_of(service).errors, 2U);
        co_await service.stop();
    });
}

TEST_F(work_test, a_refusal_on_a_thread_of_the_endpoint_counts_as_any_other) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.max_tries = 1;
        opts.threads = 1;
        opts.middleware = {micro::before([](micro::request& req) { req.respond_error(403, "not here"); })};
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [](micro::event&) {});
        co_await service.start(here.connection);
        co_await publish_all(jetstream::context(here.caller), 1);
        co_await eventually("it is dead", [&] { return stats_of(service).dead == 1; });
        EXPECT_EQ(stats_of(service).errors, 1U);
        EXPECT_EQ(stats_of(service).last_error, "403:not here");
        const micro::dead_letters kept(here.caller);
        const auto letters = co_await kept.list();
        EXPECT_EQ(letters.size(), 1U);
        for (const auto& each : letters) EXPECT_EQ(each.reason, "403:not here");
        co_await service.stop();
    });
}

TEST_F(work_test, services_that_share_a_stream_may_start_at_the_same_moment) {
    in_world([](world& here) -> asio::awaitable<void> {
        constexpr std::size_t many = 6;
        std::vector<std::unique_ptr<micro::service>> services;
        std::vector<nats::connection> connections;
        std::size_t done = 0;
        for (std::size_t i = 0; i < many; ++i) {
            auto opts = quick();
            opts.subject = "jobs." + std::to_string(i);
            opts.stream = "SHARED";
            services.push_back(std::make_unique<micro::service>(here.config("Jobs" + std::to_string(i))));
            services.back()->work("process", opts, [&done](micro::event&) { ++done; });
            connections.push_back(co_await connect_to(here.server));
        }
        // nats-server 2.9 may make a stream, or take in a subject, twice when two ask at once: there one starts after the other.
        const std::size_t alone = here.connection.server().version.starts_with("2.9.") ? many : 0;
        for (std::size_t i = 0; i < alone; ++i) co_await services[i]->start(connections[i]);
        std::size_t started = alone;
        std::string failures;
        for (std::size_t i = alone; i < many; ++i)
            asio::co_spawn(here.connection.executor(), failure_of(services[i]->start(connections[i])),
                           [&](const std::exception_ptr&, const failure& how) {
                               ++started;
                               failures += how.text;
                           });
        co_await eventually("all have started", [&] { return started == many; });
        EXPECT_EQ(failures, "");
        const jetstream::context js(here.caller);
        for (std::size_t i = 0; i < many; ++i) co_await js.publish("jobs." + std::to_string(i), "x");
        co_await eventually("all is done", [&] { return done == many; });
        for (const auto& each : services) co_await each->stop();
    });
}

TEST_F(work_test, is_seen_only_when_its_stream_is_there_or_is_refused) {
    // JetStream is played here, so that the question comes for certain while the stream is not there yet.
    in_world(
        [](world& here) -> asio::awaitable<void> {
            auto answered = std::make_shared<int>(0);
            auto asked = std::make_shared<int>(0);
            const auto inbox = here.caller.new_inbox();
            const auto answers = here.caller.subscribe(inbox, [answered](const nats::message_view& reply) {
                if (!reply.payload.empty()) ++*answered;  // else: no responders
            });
            const auto api =
                here.caller.subscribe("$JS.API.>", [nc = here.caller, inbox, asked](const nats::message_view& request) {
                    if (++*asked == 1) nc.publish("$SRV.PING.Jobs", inbox, "", nats::headers());
                    nc.publish(request.reply, R"({"error":{"code":503,"err_code":10076,"description":"away"}})");
                });
            co_await here.caller.flush();
            micro::service service(here.config("Jobs"));
            service.work("process", quick(), [](micro::event&) {});
            co_await service.start(here.connection);
            EXPECT_GE(*asked, 1);
            co_await here.caller.flush();
            EXPECT_EQ(*answered, 0) << "it was asked before it was open";
            EXPECT_TRUE(contains(service.health().reason, "away")) << service.health().reason;
            const auto ping = co_await ask(here.caller, "$SRV.PING.Jobs");
            EXPECT_TRUE(contains(ping.body, service.id())) << "it is seen when it is known to be in trouble";
            co_await service.stop();
        },
        false);
}

}  // namespace
}  // namespace mote::test
