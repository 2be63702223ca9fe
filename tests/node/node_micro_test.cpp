// Functions that are NATS micro services themselves, supervised by a node.

#include <tests/node/machine.hpp>

#include <mote/micro/discovery.hpp>

#include <algorithm>
#include <csignal>
#include <set>

namespace mote::test {
namespace {

class live_micro_function : public live_test {};

/// The program runs without a sandbox, because it lies in the build directory.
void without_sandbox(node::node_options& opts) { opts.sandbox = false; }

functions::description micro_function(std::string name, functions::text_map variables = functions::text_map()) {
    variables.emplace("mode", "micro");
    return function(std::move(name), "functions/alpine", std::string(MOTE_TEST_NODE_PROGRAM) + " micro",
                    std::move(variables));
}

/// The value that a line `name=value` of the answer has.
std::string value_in(const std::string& text, const std::string& name) {
    const auto begin = text.find(name + '=');
    if (begin == std::string::npos) return {};
    const auto from = begin + name.size() + 1;
    return text.substr(from, text.find('\n', from) - from);
}

bool by_program(const called& got) { return contains(got.body, "pid="); }

TEST_F(live_micro_function, is_told_where_and_what_to_serve) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        const auto what = micro_function("own");
        co_await here->store.create(what);
        const auto got = co_await call_until(js.connection(), subject_of("own"), by_program, "hello");
        EXPECT_EQ(value_in(got.body, "subject"), "fn.openfaas-fn.own");
        EXPECT_EQ(value_in(got.body, "queue"), "fn");
        EXPECT_EQ(value_in(got.body, "body"), "hello");
        EXPECT_EQ(value_in(got.body, "url"), "nats://" + js.connection().connected_server());
        EXPECT_TRUE(contains(value_in(got.body, "instance"), here->node.id())) << got.body;
        EXPECT_EQ(value_in(got.body, "name"), "own");
        const auto state =
            co_await here->state_until("own", [](const functions::function_state& now) { return now.ready == 1; });
        EXPECT_EQ(state.trouble, "");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, is_asked_for_the_call_that_started_it) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        auto what = micro_function("cold");
        what.replicas = 0;
        co_await here->store.create(what);
        const auto got = co_await call_until(
            js.connection(), subject_of("cold"), [](const called& seen) { return seen.body != ""; }, "first");
        EXPECT_EQ(value_in(got.body, "body"), "first") << got.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, streams_its_answer_to_the_call_that_started_it_too) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        functions::text_map counts;
        counts.emplace("micro_counts", "yes");
        auto what = micro_function("counts", counts);
        what.replicas = 0;
        co_await here->store.create(what);
        std::string wanted;
        for (int i = 1; i <= 200; ++i) wanted += std::to_string(i);
        const auto is_whole = [](const called& seen) { return seen.body != ""; };
        for (int i = 0; i < 3; ++i) {
            const auto got = co_await call_until(js.connection(), subject_of("counts"), is_whole);
            EXPECT_EQ(got.body, wanted) << i;
        }
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, is_started_again_when_it_is_killed) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        const auto what = micro_function("killed");
        co_await here->store.create(what);
        const auto first = co_await call_until(js.connection(), subject_of("killed"), by_program);
        const auto pid = std::atoi(value_in(first.body, "pid").c_str());
        EXPECT_GT(pid, 1);
        if (pid > 1) ::kill(pid, SIGKILL);
        const auto is_other = [before = first.body](const called& got) {
            return by_program(got) && value_in(got.body, "pid") != value_in(before, "pid");
        };
        const std::function<bool(const called&)> good = is_other;
        const auto second = co_await call_until(js.connection(), subject_of("killed"), good);
        EXPECT_NE(value_in(second.body, "instance"), value_in(first.body, "instance"));
        EXPECT_TRUE(contains(*here->notes, "ended by signal 9")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, gives_way_to_the_next_version_without_a_gap) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        functions::text_map variables;
        variables.emplace("version", "1");
        variables.emplace("micro_late", "1");
        const auto first = micro_function("renewed", variables);
        co_await here->store.create(first);
        co_await call_until(js.connection(), subject_of("renewed"), by_program);
        variables["version"] = "2";
        const auto second = micro_function("renewed", variables);
        co_await here->update(second);
        std::set<std::string> versions;
        const auto until = std::chrono::steady_clock::now() + 20s;
        int after = 0;
        while (after < 50 && std::chrono::steady_clock::now() < until) {
            const auto got = co_await try_call(js.connection(), subject_of("renewed"));
            EXPECT_TRUE(by_program(got)) << got.status << ' ' << got.body;
            const auto version = value_in(got.body, "version");
            versions.insert(version);
            after += version == "2" ? 1 : 0;
        }
        EXPECT_EQ(after, 50);
        EXPECT_EQ(versions.size(), 2U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, gives_way_to_the_next_version_without_breaking_a_long_call_off) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);  // gives a process two seconds to end
        functions::text_map variables;
        variables.emplace("version", "1");
        variables.emplace("micro_slow", "yes");
        const auto first = micro_function("patient", variables);
        co_await here->store.create(first);
        co_await call_until(js.connection(), subject_of("patient"), by_program);
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            const auto got = co_await call(nc, subject_of("patient"), "long");
            EXPECT_EQ(value_in(got.body, "version"), "1") << got.status << got.body;
        };
        const auto going = start(js.connection(), work(js.connection()));
        variables["version"] = "2";
        variables.erase("micro_slow");
        const auto second = micro_function("patient", variables);
        co_await here->update(second);
        const auto by_the_second = [](const called& got) { return value_in(got.body, "version") == "2"; };
        const std::function<bool(const called&)> good = by_the_second;
        co_await call_until(js.connection(), subject_of("patient"), good);
        const bool ended = co_await ends(going);
        EXPECT_TRUE(ended);
        EXPECT_FALSE(going->seen.code) << going->seen.text;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, goes_to_zero_when_its_service_is_idle_and_starts_with_the_next_call) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        auto what = micro_function("idle");
        what.wanted.labels = functions::text_map();
        what.wanted.labels->emplace("com.openfaas.scale.zero", "true");
        what.wanted.labels->emplace("com.openfaas.scale.zero-duration", "5s");
        co_await here->store.create(what);
        const auto first = co_await call_until(js.connection(), subject_of("idle"), by_program);
        asio::steady_timer pause(js.connection().executor());
        for (int i = 0; i < 25; ++i) {
            pause.expires_after(300ms);
            co_await pause.async_wait(asio::use_awaitable);
            const auto busy = co_await call_until(js.connection(), subject_of("idle"), by_program);
            EXPECT_EQ(value_in(busy.body, "pid"), value_in(first.body, "pid")) << "it was not idle";
        }
        std::optional<functions::stored_function> kept;
        for (int i = 0; i < 1000 && !(kept && kept->what.replicas == 0); ++i) {
            pause.expires_after(20ms);
            co_await pause.async_wait(asio::use_awaitable);
            kept = co_await here->store.get(what.name());
        }
        EXPECT_TRUE(kept && kept->what.replicas == 0);
        const auto pid = std::atoi(value_in(first.body, "pid").c_str());
        const std::function<bool()> has_ended = [pid] { return ::kill(pid, 0) != 0; };
        const bool ended = co_await eventually(has_ended);
        EXPECT_TRUE(ended);
        const auto again = co_await call_until(js.connection(), subject_of("idle"), by_program, "woken");
        EXPECT_EQ(value_in(again.body, "body"), "woken");
        EXPECT_NE(value_in(again.body, "pid"), value_in(first.body, "pid"));
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, gets_more_processes_by_the_calls_that_its_service_counts) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        auto what = micro_function("grows");
        what.wanted.labels = functions::text_map();
        what.wanted.labels->emplace("com.openfaas.scale.max", "3");
        co_await here->store.create(what);
        std::set<std::string> pids;
        const auto until = std::chrono::steady_clock::now() + 30s;
        asio::steady_timer pause(js.connection().executor());
        while (pids.size() < 3 && std::chrono::steady_clock::now() < until) {
            const auto got = co_await try_call(js.connection(), subject_of("grows"));
            if (by_program(got)) pids.insert(value_in(got.body, "pid"));
            pause.expires_after(10ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        EXPECT_EQ(pids.size(), 3U);
        const auto state = co_await here->state_until(
            "grows", [](const functions::function_state& now) { return now.ready == 3 && now.calls > 20; });
        EXPECT_GT(state.calls, 20U);
        co_await here->node.stop(5s);
    });
}

/// Who serves a subject: ids of services, and none while the node is one of them.
asio::awaitable<std::set<std::string>> services_on(nats::connection nc, std::string subject) {
    const auto all = co_await micro::discovery(nc).info();
    std::set<std::string> ids;
    bool by_node = false;
    for (const auto& one : all) {
        const bool serves = std::any_of(one.endpoints.begin(), one.endpoints.end(),
                                        [&](const auto& endpoint) { return endpoint.subject == subject; });
        if (!serves) continue;
        ids.insert(one.id);
        by_node = by_node || one.metadata.contains("function.node");
    }
    if (by_node) ids.clear();
    co_return ids;
}

TEST_F(live_micro_function, that_does_not_say_which_process_it_is_is_counted_once_for_each) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, without_sandbox);
        functions::text_map variables;
        variables.emplace("micro_late", "1");  // both are there before either serves
        auto what = micro_function("plain", variables);
        what.wanted.labels = functions::text_map();
        what.wanted.labels->emplace("com.openfaas.scale.min", "2");
        what.wanted.labels->emplace("com.openfaas.scale.max", "2");
        what.replicas = 2;
        co_await here->store.create(what);
        co_await here->state_until("plain", [](const functions::function_state& now) { return now.ready == 2; });
        std::set<std::string> ids;
        asio::steady_timer pause(js.connection().executor());
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (ids.size() != 2 && std::chrono::steady_clock::now() < until) {
            ids = co_await services_on(js.connection(), subject_of("plain"));
            pause.expires_after(20ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        EXPECT_EQ(ids.size(), 2U);
        // An odd number: whoever counts one of the two twice never comes to it.
        constexpr std::uint64_t calls = 41;
        std::set<std::string> pids;
        for (std::uint64_t i = 0; i < calls; ++i) {
            const auto got = co_await call(js.connection(), subject_of("plain"));
            pids.insert(value_in(got.body, "pid"));
        }
        EXPECT_EQ(pids.size(), 2U);
        const auto state = co_await here->state_until(
            "plain", [](const functions::function_state& now) { return now.calls == calls; });
        EXPECT_EQ(state.ready, 2U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_micro_function, that_serves_nothing_is_in_trouble) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.sandbox = false;
            opts.start_timeout = 1s;
        });
        functions::text_map variables;
        variables.emplace("mode", "micro");
        const auto what = function("mute", "functions/alpine", "sleep 1000", variables);
        co_await here->store.create(what);
        const auto got = co_await here->until_served(subject_of("mute"));
        EXPECT_EQ(got.status / 100, 5) << got.body;
        const auto state = co_await here->state_until(
            "mute", [](const functions::function_state& now) { return !now.trouble.empty(); });
        EXPECT_TRUE(contains(state.trouble, "serves no micro endpoint on fn.openfaas-fn.mute")) << state.trouble;
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
