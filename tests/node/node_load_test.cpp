// More processes while there is load, by each kind that follows it by itself, and as few as before when it is over.

#include <tests/node/python_function.hpp>

#include <mote/process/control_group.hpp>

namespace mote::test {
namespace {

/// What takes longer than `run` lets a test: what a load was counts for half a minute.
class live_load : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    template <class Body>
    void with_jetstream(Body body) {
        nats_server server;
        asio::io_context loop(1);
        bool ended = false;
        std::exception_ptr failed;
        asio::co_spawn(loop, connected(server, body), [&](std::exception_ptr thrown) {
            ended = true;
            failed = std::move(thrown);
            loop.stop();
        });
        loop.run_for(std::chrono::seconds(170));
        EXPECT_TRUE(ended) << "the test's coroutine has not ended";
        if (failed) std::rethrow_exception(failed);
    }

private:
    template <class Body>
    static asio::awaitable<void> connected(nats_server& server, Body body) {
        auto connection = co_await connect_to(server);
        const jetstream::context js(connection);
        co_await body(js);
        connection.close();
    }
};

/// Labels with which there is one process without load.
functions::text_map labels_of(const std::string& most) {
    functions::text_map labels;
    labels.emplace("com.openfaas.scale.min", "1");
    labels.emplace("com.openfaas.scale.max", most);
    return labels;
}

/// How many replicas are wanted now.
asio::awaitable<std::uint32_t> wanted_of(std::shared_ptr<machine> on, std::string name) {
    const auto parsed = functions::function_name::parse(name);
    const auto kept = co_await on->store.get(parsed);
    EXPECT_TRUE(kept.has_value()) << name;
    co_return kept ? kept->what.replicas : 0;
}

/// Until so many are wanted and take calls, for at most 80 s.
asio::awaitable<void> falls_to(std::shared_ptr<machine> on, std::string name, std::uint32_t number,
                               bool takes_calls = true) {
    const auto until = std::chrono::steady_clock::now() + 80s;
    asio::steady_timer pause(on->nc.executor());
    auto wanted = co_await wanted_of(on, name);
    while (wanted != number && std::chrono::steady_clock::now() < until) {
        pause.expires_after(200ms);
        co_await pause.async_wait(asio::use_awaitable);
        wanted = co_await wanted_of(on, name);
    }
    EXPECT_EQ(wanted, number) << name;
    co_await on->state_until(name, [number](const functions::function_state& now) { return now.ready == number; });
    if (takes_calls) co_await call_until(on->nc, subject_of(name), is_good);
}

/// Calls one after the other, at most 40 a second, until `over`.
asio::awaitable<void> keep_calling(nats::connection nc, std::string name, std::shared_ptr<bool> over) {
    asio::steady_timer pause(nc.executor());
    while (!*over) {
        const auto got = co_await call(nc, subject_of(name), "x");
        EXPECT_EQ(got.status, 200) << got.body;
        pause.expires_after(25ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

TEST_F(live_load, of_many_calls_a_second_gives_more_processes_for_as_long_as_it_lasts) {
    with_jetstream([](jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "asked");
        what.wanted.labels = labels_of("3");  // no type: by calls a second, from five on
        co_await here->deploy(what);
        const auto before = co_await wanted_of(here, "asked");
        EXPECT_EQ(before, 1U);
        const auto over = std::make_shared<bool>(false);
        const auto calling = start(js.connection(), keep_calling(js.connection(), "asked", over));
        const auto state =
            co_await here->state_until("asked", [](const functions::function_state& now) { return now.ready == 3; });
        EXPECT_EQ(state.ready, 3U);
        const auto most = co_await wanted_of(here, "asked");
        EXPECT_EQ(most, 3U);
        *over = true;
        co_await ends(calling);
        co_await falls_to(here, "asked", 1);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_load, of_a_processor_gives_more_processes_for_as_long_as_it_lasts) {
    if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    with_jetstream([](jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "computes");
        auto labels = labels_of("2");
        labels.emplace("com.openfaas.scale.type", "cpu");
        // Thousandths of a core: what one busy thread gets of a busy machine, too.
        labels.emplace("com.openfaas.scale.target", "100");
        what.wanted.labels = labels;
        co_await here->deploy(what);
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            const auto got = co_await call(nc, subject_of("computes"), "x", path_headers("/spin/10"));
            EXPECT_EQ(got.status, 200) << got.body;
        };
        const auto computing = start(js.connection(), work(js.connection()));
        const auto state =
            co_await here->state_until("computes", [](const functions::function_state& now) { return now.ready == 2; });
        EXPECT_EQ(state.ready, 2U);
        co_await ends(computing);
        co_await falls_to(here, "computes", 1);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_load, of_a_processor_is_not_that_of_a_start) {
    if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    with_jetstream([](jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.start_timeout = 60s;  // a busy machine may give it little of a processor
        });
        functions::text_map variables;
        variables.emplace("start_busy", "2");
        auto what = co_await python_function(here, "starts", variables);
        auto labels = labels_of("4");
        labels.emplace("com.openfaas.scale.type", "cpu");
        labels.emplace("com.openfaas.scale.target", "100");
        what.wanted.labels = labels;
        co_await here->deploy(what);
        auto other = what;
        other.wanted.service = "computes";
        co_await here->state_until("starts", [](const functions::function_state& now) { return now.ready == 1; });
        co_await here->deploy(other);
        const auto got = co_await call(js.connection(), subject_of("computes"), "x", path_headers("/spin/6"));
        EXPECT_EQ(got.status, 200) << got.body;
        co_await here->state_until("computes", [](const functions::function_state& now) { return now.ready > 1; });
        // It was looked at as often as the other one, and has only started.
        const auto wanted = co_await wanted_of(here, "starts");
        EXPECT_EQ(wanted, 1U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_load, that_is_over_before_the_node_starts_again_leaves_no_more_processes_than_it_needs) {
    with_jetstream([](jetstream::context js) -> asio::awaitable<void> {
        const auto first = co_await machine::start(js);
        auto what = co_await python_function(first, "busy");
        auto labels = labels_of("3");
        labels.emplace("com.openfaas.scale.type", "capacity");
        labels.emplace("com.openfaas.scale.target", "1");
        what.wanted.labels = labels;
        co_await first->deploy(what);
        auto set = what;
        set.wanted.service = "set";
        co_await first->deploy(set);
        co_await first->edit("set", [](functions::description& kept) { kept.replicas = 2; });
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            co_await call(nc, subject_of("busy"), "x", path_headers("/sleep/8"));
        };
        std::vector<std::shared_ptr<outcome>> running;
        for (int i = 0; i < 10; ++i) running.push_back(start(js.connection(), work(js.connection())));
        co_await first->state_until("busy", [](const functions::function_state& now) { return now.ready == 3; });
        for (const auto& one : running) co_await ends(one);
        const auto next = co_await machine::make(js);
        first->copy_key_to(*next);
        co_await first->node.stop(5s);
        const auto raised = co_await wanted_of(next, "busy");
        EXPECT_EQ(raised, 3U);
        co_await next->node.start();
        co_await falls_to(next, "busy", 1);
        const auto still = co_await wanted_of(next, "set");
        EXPECT_EQ(still, 2U) << "nobody but who set it takes it back";
        co_await next->node.stop(5s);
    });
}

/// How long a function stays after it was changed so that it runs, until none of it is wanted any more.
asio::awaitable<std::chrono::nanoseconds> stays_for(std::shared_ptr<machine> on, std::string name,
                                                    std::function<void(functions::description&)> change) {
    const auto began = std::chrono::steady_clock::now();
    co_await on->edit(name, change);
    co_await falls_to(on, name, 0, false);
    co_return std::chrono::steady_clock::now() - began;
}

TEST_F(live_load, that_never_came_leaves_a_function_its_time_from_when_somebody_wanted_it) {
    with_jetstream([](jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "wanted");
        auto labels = labels_of("2");
        labels.emplace("com.openfaas.scale.zero", "true");
        labels.emplace("com.openfaas.scale.zero-duration", "5s");
        what.wanted.labels = labels;
        co_await here->deploy(what);
        co_await falls_to(here, "wanted", 0, false);
        // A number that is set, and the end of a pause.
        const auto set = co_await stays_for(here, "wanted", [](functions::description& kept) { kept.replicas = 1; });
        EXPECT_GT(set, 4s) << "looked at each second";
        co_await here->edit("wanted", [](functions::description& kept) {
            kept.paused = true;
            kept.replicas = 1;
        });
        asio::steady_timer pause(here->nc.executor(), 7s);
        co_await pause.async_wait(asio::use_awaitable);
        const auto paused = co_await wanted_of(here, "wanted");
        EXPECT_EQ(paused, 1U) << "a pause changes no number";
        const auto resumed =
            co_await stays_for(here, "wanted", [](functions::description& one) { one.paused = false; });
        EXPECT_GT(resumed, 4s) << "looked at each second";
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
