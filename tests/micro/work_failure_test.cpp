// Work that fails: who watches sees it, and whatever it is, it ends.

#include <tests/micro/works.hpp>
#include <tests/support/raw_client.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/dead_letters.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/middleware/logging.hpp>
#include <mote/micro/middleware/tracing.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

namespace mote::test {
namespace {

void fail_as_told(micro::event& job) {
    if (job.data() == "refused") throw micro::service_error(422, "no such order");
    if (job.data() == "broken") throw std::runtime_error("out of paper");
    if (job.data() == "hopeless") throw micro::give_up("nobody can do this");
}

/// What those who watch have seen of each message, by its payload.
struct watched {
    std::map<std::string, std::pair<int, bool>> ends;
    std::map<std::string, bool> spans;
    std::multiset<std::string> lines;

    std::vector<micro::middleware> watchers() {
        const auto at_end = micro::before([this](micro::request& req) {
            micro::at_end(req, [this, what = std::string(req.data())](const micro::call_end& end) {
                ends[what] = {end.status, end.failed};
                if (!spans_seen.empty()) spans[what] = spans_seen.back().failed;
            });
        });
        const auto log = [this](micro::log_level level, std::string_view line) {
            const auto at = line.find("status=");
            lines.insert(std::to_string(static_cast<int>(level)) + " " + std::string(line.substr(at, 10)));
        };
        return {at_end, micro::tracing("Jobs", [this](micro::span made) { spans_seen.push_back(std::move(made)); }),
                micro::logging(micro::logger(log))};
    }
    std::vector<micro::span> spans_seen;
};

asio::awaitable<void> expect_seen(world* here, micro::work_options opts) {
    watched seen;
    auto config = here->config("Jobs");
    config.middleware = seen.watchers();
    micro::service service(config);
    opts.max_tries = 1;
    service.work("process", opts, fail_as_told);
    co_await service.start(here->connection);
    const jetstream::context js(here->caller);
    for (const auto* const what : {"refused", "broken", "hopeless", "done"}) {
        co_await js.publish("jobs.do", what);
        const std::string name = what;
        co_await eventually("it has ended", [&] { return seen.ends.contains(name); });
    }
    EXPECT_EQ(seen.ends,
              (std::map<std::string, std::pair<int, bool>>{
                  {"refused", {422, true}}, {"broken", {500, true}}, {"hopeless", {500, true}}, {"done", {0, false}}}));
    co_await eventually("there are four spans", [&] { return seen.spans_seen.size() == 4; });
    std::multiset<bool> failed;
    for (const auto& each : seen.spans_seen) failed.insert(each.failed);
    EXPECT_EQ(failed, (std::multiset<bool>{false, true, true, true}));
    EXPECT_EQ(seen.lines, (std::multiset<std::string>{"1 status=0 t", "2 status=422", "3 status=500", "3 status=500"}));
    EXPECT_EQ(stats_of(service).errors, 3U);
    co_await service.stop();
}

TEST_F(work_test, waits_before_each_try_as_long_as_it_was_told) {
    in_world([](world& here) -> asio::awaitable<void> {
        using clock = std::chrono::steady_clock;
        std::map<std::string, std::vector<clock::time_point>> tries;
        auto opts = quick();
        opts.backoff = {300ms, 900ms};
        opts.max_tries = 4;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&tries](micro::event& job) {
            auto& seen = tries[std::string(job.data())];
            seen.push_back(clock::now());
            if (seen.size() == 4) return;
            if (job.data() == "later" && seen.size() == 1) throw micro::retry_later(1500ms);
            throw std::runtime_error("not yet");
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        for (const auto* const what : {"backoff", "later"}) co_await js.publish("jobs.do", what);
        co_await eventually("both are done",
                            [&] { return tries["backoff"].size() == 4 && tries["later"].size() == 4; });
        const auto pause = [&tries](const char* what, std::size_t before) {
            return tries[what].at(before) - tries[what].at(before - 1);
        };
        // A fifth more or less, but for what a handler asks for itself.
        EXPECT_GE(pause("backoff", 1), 230ms);
        EXPECT_GE(pause("backoff", 2), 710ms);
        EXPECT_GE(pause("backoff", 3), 710ms) << "the last one is for all that follow";
        EXPECT_GE(pause("later", 1), 1490ms);
        EXPECT_GE(pause("later", 2), 710ms);
        co_await service.stop();
    });
}

TEST_F(work_test, tells_others_how_much_waits_and_how_long_it_took) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        auto opts = quick();
        opts.max_in_flight = 1;
        micro::service service(here.config("Jobs"));
        service.work("process", opts,
                     [open_later](micro::event) -> asio::awaitable<void> { co_await open_later.pass(); });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 100);
        micro::discovery others(here.caller);
        micro::endpoint_stats seen;
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while ((seen.pending < 90 || seen.in_flight == 0) && std::chrono::steady_clock::now() < limit) {
            const auto all = co_await others.stats();
            if (all.size() == 1) seen = all.front().endpoints.at(0);
        }
        EXPECT_GE(seen.in_flight, 1U);
        EXPECT_GE(seen.pending, 90U) << "all but the one in flight and those that were asked for ahead";
        EXPECT_LE(seen.pending, 99U);
        EXPECT_FALSE(seen.latency.p90) << "before there were twenty";
        open_later.open();
        co_await eventually("all are done", [&] {
            const auto now = stats_of(service);
            return now.requests == 100 && now.in_flight == 0;
        });
        co_await expect_empty(js, "Jobs_process");
        while (seen.pending != 0 && std::chrono::steady_clock::now() < limit)
            seen = (co_await others.stats()).front().endpoints.at(0);
        EXPECT_EQ(seen.pending, 0U);
        EXPECT_TRUE(seen.latency.p50 && seen.latency.p90 && seen.latency.p99);
        EXPECT_LE(seen.latency.p90.value_or(0ns), seen.latency.max);
        co_await service.stop();
    });
}

TEST_F(work_test, who_watches_sees_what_inline_work_threw) {
    in_world([](world& here) -> asio::awaitable<void> { co_await expect_seen(&here, quick()); });
}

TEST_F(work_test, who_watches_sees_what_work_on_a_thread_threw) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.threads = 1;
        co_await expect_seen(&here, opts);
    });
}

TEST_F(work_test, a_header_that_nobody_may_send_keeps_no_message_from_the_dead_letters) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [](micro::event&) { throw micro::give_up("nobody can do this"); });
        co_await service.start(here.connection);
        // A publisher whose library does not look at names.
        raw_client raw(here.server.port());
        raw.publish("jobs.do", "x", "NATS/1.0\r\nCustomer Name: Ada\r\nX-Kept: yes\r\n\r\n");
        raw.flush();
        co_await eventually("it is dead", [&] { return stats_of(service).dead == 1; });
        const micro::dead_letters kept(here.caller);
        const auto letters = co_await kept.list();
        EXPECT_EQ(letters.size(), 1U);
        for (const auto& each : letters) {
            EXPECT_EQ(each.reason, "nobody can do this");
            EXPECT_EQ(each.headers.lines(), "X-Kept: yes\r\n");
        }
        co_await expect_empty(jetstream::context(here.caller), "Jobs_process");
        co_await service.stop();
    });
}

/// What the dead letters do not take at first is buried in the end, once, for the reason that it had first.
asio::awaitable<void> expect_first_reason(world* here, micro::work_options opts, std::string reason, int tries) {
    int tried = 0;
    micro::service service(here->config("Jobs"));
    service.work("process", opts, [&tried](micro::event& job) {
        ++tried;
        if (job.data() == "hopeless") throw micro::give_up("reason " + std::to_string(tried));
        throw std::runtime_error("reason " + std::to_string(tried));
    });
    co_await service.start(here->connection);
    const jetstream::context js(here->caller);
    auto letters = (co_await js.stream("mote_dead")).config;
    letters.subjects = {"nobody.publishes.here"};
    co_await js.update_stream(letters);
    co_await js.publish("jobs.do", opts.max_tries == 1 ? "broken" : "hopeless");
    const auto refusals = [here] {
        return std::count_if(here->failures->begin(), here->failures->end(),
                             [](const auto& each) { return each.error == "not taken by the dead letters"; });
    };
    co_await eventually("it is refused twice", [&] { return refusals() >= 2; });
    EXPECT_EQ(stats_of(service).dead, 0U);
    letters.subjects = {"mote.dead.>"};
    co_await js.update_stream(letters);
    co_await eventually("it is dead", [&] { return stats_of(service).dead == 1; });
    EXPECT_EQ(tried, tries) << "it was given up";
    const micro::dead_letters kept(here->caller);
    const auto found = co_await kept.list();
    EXPECT_EQ(found.size(), 1U);
    for (const auto& each : found) {
        EXPECT_EQ(each.reason, reason);
        EXPECT_EQ(each.tries, static_cast<std::uint64_t>(tries));
    }
    co_await expect_empty(js, "Jobs_process");
    co_await service.stop();
}

TEST_F(work_test, what_was_given_up_and_could_not_be_buried_at_once_keeps_its_reason) {
    in_world([](world& here) -> asio::awaitable<void> { co_await expect_first_reason(&here, quick(), "reason 1", 1); });
}

TEST_F(work_test, what_failed_its_last_try_and_could_not_be_buried_at_once_keeps_its_reason) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.max_tries = 1;
        co_await expect_first_reason(&here, opts, "reason 1", 1);
    });
}

TEST_F(work_test, what_is_done_in_order_and_could_not_be_buried_at_once_keeps_its_reason) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.order = micro::work_order::by_header("Key");
        co_await expect_first_reason(&here, opts, "reason 1", 1);
    });
}

/// In place of the dead letters a stream that is full.
asio::awaitable<void> fill_dead_letters(jetstream::context js) {
    co_await js.delete_stream("mote_dead");
    jetstream::stream_config full;
    full.name = "mote_dead";
    full.subjects = {"mote.dead.>"};
    full.max_messages = 1;
    full.discard = jetstream::discard_policy::new_messages;
    co_await js.create_stream(full);
    co_await js.publish("mote.dead.some.other", "");
}

TEST_F(work_test, a_burial_that_is_tried_again_is_no_request_and_waits_for_a_second) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [](micro::event&) { throw micro::give_up("nobody can do this"); });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await fill_dead_letters(js);
        int burials = 0;
        const auto seen = here.caller.subscribe("mote.dead.>", [&burials](const nats::message_view&) { ++burials; });
        co_await here.caller.flush();
        const auto begin = std::chrono::steady_clock::now();
        co_await publish_all(js, 1);
        co_await eventually("it is tried again", [&] { return burials >= 3; });
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 1800ms) << "the backoff is 20 ms";
        EXPECT_EQ(stats_of(service).requests, 1U);
        EXPECT_EQ(stats_of(service).redelivered, 0U);
        EXPECT_EQ(stats_of(service).errors, 1U);
        co_await js.purge_stream("mote_dead");
        co_await eventually("it is dead", [&] { return stats_of(service).dead == 1; });
        EXPECT_EQ(stats_of(service).requests, 1U);
        co_await eventually("nothing is in flight", [&] { return stats_of(service).in_flight == 0; });
        co_await service.stop();
    });
}

TEST_F(work_test, what_comes_while_an_instance_stops_has_had_no_try) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.max_tries = 1;
        std::multiset<std::string> done;
        const auto note = [&done](micro::event& job) { done.emplace(job.data()); };
        constexpr int rounds = 3;
        raw_client raw(here.server.port());
        for (int round = 0; round < rounds; ++round) {
            micro::service service(here.config("Jobs"));
            service.work("process", opts, note);
            co_await service.start(here.connection);
            if (round != 0) co_await eventually("it has what came before", [&] { return done.size() == 4U * round; });
            co_await here.connection.flush();  // the server has its request for messages
            for (int i = 0; i < 4; ++i) raw.publish("jobs.do", std::to_string(4 * round + i));
            raw.flush();
            std::this_thread::sleep_for(100ms);  // they are on their way, and nothing is read here meanwhile
            co_await service.stop();
            EXPECT_EQ(stats_of(service).dead, 0U);
        }
        micro::service last(here.config("Jobs"));
        last.work("process", opts, note);
        co_await last.start(here.connection);
        co_await eventually("all are done", [&] { return done.size() + stats_of(last).dead == 4U * rounds; });
        EXPECT_EQ(done.size(), 4U * rounds);
        EXPECT_EQ(std::set(done.begin(), done.end()).size(), 4U * rounds);
        EXPECT_EQ(stats_of(last).dead, 0U);
        co_await last.stop();
    });
}

}  // namespace
}  // namespace mote::test
