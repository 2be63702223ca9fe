// Processes that are asked how they are, behind a real NATS server.

#include <tests/node/python_function.hpp>

namespace mote::test {
namespace {

class live_health : public live_test {};

/// What annotations say of a check: soon, often, twice. A busy machine makes well processes slow.
functions::description checked(functions::description what, const std::string& path,
                               const std::string& timeout = "30s") {
    what.wanted.annotations = functions::text_map();
    auto& annotations = *what.wanted.annotations;
    annotations.emplace("com.openfaas.health.http.path", path);
    annotations.emplace("com.openfaas.health.http.initialDelaySeconds", "10ms");
    annotations.emplace("com.openfaas.health.http.periodSeconds", "50ms");
    annotations.emplace("com.openfaas.health.http.timeoutSeconds", timeout);
    annotations.emplace("com.openfaas.health.http.failureThreshold", "2");
    return what;
}

TEST_F(live_health, of_a_process_that_is_well_changes_nothing) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "well");
        co_await here->deploy(checked(what, "/health"));
        const auto first = co_await call(js.connection(), subject_of("well"));
        EXPECT_EQ(first.status, 200);
        const std::function<bool(const called&)> was_asked = [](const called& got) {
            return std::atoi(got.header("X-Looks").c_str()) >= 5;
        };
        const auto later = co_await call_until(js.connection(), subject_of("well"), was_asked);
        EXPECT_EQ(later.header("X-Began"), first.header("X-Began"));
        co_await here->node.stop(5s);
    });
}

TEST_F(live_health, that_is_lost_costs_the_process_its_life_and_another_takes_its_place) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "ill");
        co_await here->deploy(checked(what, "/health"));
        const auto first = co_await call(js.connection(), subject_of("ill"), {}, path_headers("/sick"));
        EXPECT_EQ(first.status, 200);
        const std::function<bool(const called&)> is_other = [began = first.header("X-Began")](const called& got) {
            return got.status == 200 && got.header("X-Began") != began;
        };
        co_await call_until(js.connection(), subject_of("ill"), is_other);
        EXPECT_TRUE(contains(*here->notes, "it failed its health check, /health: status 500")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_health, is_lost_by_who_does_not_answer_in_time) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "hung");
        const auto asked = checked(what, "/sleep/30", "300ms");
        co_await here->store.create(asked);
        const auto state = co_await here->state_until(
            "hung", [](const functions::function_state& now) { return contains(now.trouble, "health check"); });
        EXPECT_TRUE(contains(state.trouble, "/sleep/30: ")) << state.trouble;
        co_await here->node.stop(5s);
    });
}

/// A node that is not patient, and a process that starts late and says so by the annotations of a check.
asio::awaitable<void> check_late_start(jetstream::context js, std::string probe) {
    const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.start_timeout = 1s; });
    functions::text_map variables;
    variables.emplace("start_late", "3");
    auto what = co_await python_function(here, "heavy", variables);
    what.wanted.annotations = functions::text_map();
    what.wanted.annotations->emplace("com.openfaas." + probe + ".http.initialDelaySeconds", "30");
    co_await here->store.create(what);
    const auto state =
        co_await here->state_until("heavy", [](const functions::function_state& now) { return now.starting != 0; });
    EXPECT_EQ(state.trouble, "");
    const auto got = co_await call(js.connection(), subject_of("heavy"));
    EXPECT_EQ(got.status, 200) << "who calls meanwhile waits as long: " << got.body;
    EXPECT_FALSE(contains(*here->notes, "cannot start")) << *here->notes;
    co_await here->node.stop(5s);
}

TEST_F(live_health, that_is_looked_at_late_lets_a_start_take_as_much_longer) {
    for (const auto* const probe : {"health", "ready"})
        with_jetstream([probe](nats_server&, jetstream::context js) { return check_late_start(js, probe); });
}

TEST_F(live_health, is_asked_for_before_calls_come_where_ready_says_so) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "soon");
        what.wanted.annotations = functions::text_map();
        what.wanted.annotations->emplace("com.openfaas.ready.http.path", "/ready");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("soon"));
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.header("X-Early"), "0");
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
