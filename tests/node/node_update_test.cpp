// Other versions and other numbers of processes, while calls go on.

#include <tests/node/python_function.hpp>

#include <set>

namespace mote::test {
namespace {

class live_update : public live_test {};

TEST_F(live_update, changes_versions_without_losing_a_call) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "renewed", variables);
        co_await here->deploy(first);
        variables["version"] = "2";
        variables["start_late"] = "0.3";
        const auto second = co_await python_function(here, "renewed", variables);
        // One that is on its way while the versions change.
        const auto long_one = std::make_shared<called>();
        auto work = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await call(nc, subject_of("renewed"), "long", path_headers("/sleep/1"));
        };
        const auto running = start(js.connection(), work(js.connection(), long_one));
        co_await here->update(second);
        std::set<std::string> versions;
        const auto until = std::chrono::steady_clock::now() + 20s;
        int after = 0;
        while (after < 100 && std::chrono::steady_clock::now() < until) {
            const auto got = co_await try_call(js.connection(), subject_of("renewed"));
            EXPECT_EQ(got.status, 200) << got.body;
            versions.insert(got.header("X-Version"));
            after += got.header("X-Version") == "2" ? 1 : 0;
        }
        EXPECT_EQ(after, 100);
        EXPECT_EQ(versions.size(), 2U);
        co_await ends(running);
        EXPECT_EQ(long_one->status, 200) << long_one->body;
        co_await here->node.stop(5s);
    });
}

/// A call of two seconds more than a process is given to end in.
asio::awaitable<void> call_for_long(nats::connection nc, std::string name, std::string version) {
    const auto got = co_await call(nc, subject_of(name), "x", path_headers("/sleep/4"));
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("X-Version"), version);
}

bool by_the_second(const called& got) { return got.header("X-Version") == "2"; }
/// Then there is none that is not.
bool by_a_busy_one(const called& got) { return got.header("X-Asleep") == "1"; }

TEST_F(live_update, changes_versions_without_breaking_a_long_call_off) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "long", variables);
        co_await here->deploy(first);
        const auto going = start(js.connection(), call_for_long(js.connection(), "long", "1"));
        variables["version"] = "2";
        const auto second = co_await python_function(here, "long", variables);
        co_await here->update(second);
        co_await call_until(js.connection(), subject_of("long"), by_the_second);
        co_await ends(going);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_update, has_fewer_processes_without_breaking_a_long_call_off) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("version", "1");
        auto what = co_await python_function(here, "fewer", variables);
        what.replicas = 2;
        co_await here->deploy(what);
        co_await here->state_until("fewer", [](const functions::function_state& now) { return now.ready == 2; });
        const auto one = start(js.connection(), call_for_long(js.connection(), "fewer", "1"));
        const auto other = start(js.connection(), call_for_long(js.connection(), "fewer", "1"));
        co_await call_until(js.connection(), subject_of("fewer"), by_a_busy_one);
        co_await here->edit("fewer", [](functions::description& kept) { kept.replicas = 1; });
        co_await here->state_until("fewer", [](const functions::function_state& now) { return now.ready == 1; });
        co_await ends(one);
        co_await ends(other);
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
