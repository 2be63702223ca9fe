// Other versions and other numbers of processes, while calls go on.

#include <tests/node/python_function.hpp>

#include <array>
#include <map>
#include <set>
#include <vector>

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
        const auto until = std::chrono::steady_clock::now() + 1min;
        int after = 0;
        while (after < 100 && std::chrono::steady_clock::now() < until) {
            const auto got = co_await call(js.connection(), subject_of("renewed"));
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

/// A call of some seconds more than a process is given to end in, and than the test takes to see it busy.
asio::awaitable<void> call_for_long(nats::connection nc, std::string name, std::string version) {
    const auto got = co_await call(nc, subject_of(name), "x", path_headers("/sleep/8"));
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

/// Calls of which so many are on their way until there are enough; all have to be answered.
struct load {
    std::string name{}, path{"/"}, body{};
    bool enough = false;
    std::map<std::string, int> answers{};  // by version
    std::vector<std::shared_ptr<outcome>> going{};
};

asio::awaitable<void> go_on_calling(nats::connection nc, std::shared_ptr<load> what) {
    while (!what->enough) {
        const auto got = co_await call(nc, subject_of(what->name), what->body, path_headers(what->path));
        EXPECT_EQ(got.status, 200) << got.body;
        auto version = got.header("X-Version");
        if (version.empty()) version = got.body;
        ++what->answers[version];
        if (got.status != 200) co_return;
    }
}

void begin(const nats::connection& nc, const std::shared_ptr<load>& what, int at_once) {
    for (int i = 0; i < at_once; ++i) what->going.push_back(start(nc, go_on_calling(nc, what)));
}

/// Until a version has answered so often.
asio::awaitable<void> until_answered(std::shared_ptr<load> what, std::string version, int often) {
    const std::function<bool()> condition = [&] { return what->answers[version] >= often; };
    const bool came = co_await eventually(condition);
    EXPECT_TRUE(came) << what->answers[version] << " of version " << version;
}

asio::awaitable<void> finish(std::shared_ptr<load> what) {
    what->enough = true;
    for (const auto& one : what->going) {
        co_await ends(one);
        EXPECT_FALSE(one->seen.code) << one->seen.text;
    }
}

bool are_three(const functions::function_state& now) { return now.ready == 3 && now.starting == 0; }

TEST_F(live_update, of_several_processes_takes_one_for_each_new_one_that_is_ready) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.sandbox = false;  // the processes share a directory of the machine
            opts.start_timeout = 120s;
        });
        functions::text_map variables;
        variables.emplace("max_inflight", "1");
        variables.emplace("version", "1");
        const auto marker = new_marker();
        auto first = co_await python_function(here, "three", variables, marker);
        functions::text_map labels;  // whatever the load is
        labels.emplace("com.openfaas.scale.min", "3");
        labels.emplace("com.openfaas.scale.max", "3");
        first.wanted.labels = labels;
        first.replicas = 3;
        co_await here->deploy(first);
        co_await here->state_until("three", are_three);
        const auto calls = std::make_shared<load>();
        calls->name = "three";
        calls->path = "/sleep/0.05";
        begin(js.connection(), calls, 3);
        const auto gate = here->directory.path() / "gate";
        std::filesystem::create_directory(gate);
        variables["version"] = "2";
        variables.emplace("gate", gate.string());
        auto second = co_await python_function(here, "three", variables, marker);
        second.wanted.labels = labels;
        std::vector<std::uint32_t> ready;
        std::unique_ptr<functions::node_table> seen;
        const std::function<void()> on_change = [&] {
            ready.push_back(seen->of(functions::function_name::parse("three")).ready);
        };
        const auto bucket = co_await functions::open_node_bucket(js);
        seen = std::make_unique<functions::node_table>(js, bucket, on_change);
        co_await seen->ready(10s);
        co_await here->update(second);
        for (int i = 0; i < 3; ++i) {
            const auto door = gate / std::to_string(i);
            const std::function<bool()> is_there = [door] { return std::filesystem::exists(door); };
            const bool came = co_await eventually(is_there);
            EXPECT_TRUE(came);
            const int before = calls->answers["2"];
            std::ofstream(door / "open");
            co_await until_answered(calls, "2", before + 20);
            const int old = calls->answers["1"];
            if (i < 2) co_await until_answered(calls, "1", old + 20);
        }
        const auto state = co_await here->state_until(
            "three", [](const functions::function_state& now) { return now.generation == 2 && are_three(now); });
        EXPECT_EQ(state.trouble, "");
        co_await seen->stop();
        EXPECT_FALSE(ready.empty());
        for (const auto one : ready) EXPECT_EQ(one, 3U);
        co_await finish(calls);
        const std::function<bool()> are_only_new = [marker] { return processes_with(marker) == 3U; };
        const bool old_have_gone = co_await eventually(are_only_new);
        EXPECT_TRUE(old_have_gone);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_update, of_a_fixed_port_lets_calls_end_and_others_wait) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        // Less than a call takes.
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.stop_grace = 1s; });
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + fixed_port());
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "fixed", variables);
        co_await here->deploy(first);
        const auto calls = std::make_shared<load>();
        calls->name = "fixed";
        calls->path = "/sleep/2";
        begin(js.connection(), calls, 20);
        co_await call_until(js.connection(), subject_of("fixed"),
                            [](const called& got) { return got.header("X-Asleep") == "20"; });
        variables["version"] = "2";
        const auto second = co_await python_function(here, "fixed", variables);
        co_await here->update(second);
        co_await until_answered(calls, "2", 20);
        co_await finish(calls);
        EXPECT_GE(calls->answers["1"], 20);
        EXPECT_FALSE(contains(*here->notes, "cannot start")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_update, of_a_fixed_port_that_does_not_start_leaves_the_version_before) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + fixed_port());
        variables.emplace("version", "1");
        auto what = co_await python_function(here, "fixed", variables);
        co_await here->deploy(what);
        const auto calls = std::make_shared<load>();
        calls->name = "fixed";
        calls->path = "/sleep/0.1";
        begin(js.connection(), calls, 5);
        const auto is_kept = [](const functions::function_state& now) {
            return now.ready == 1 && now.generation == 1 && !now.trouble.empty();
        };
        const auto before = co_await call(js.connection(), subject_of("fixed"));
        // One that no process can be started of: the one that is there stays.
        what.wanted.variables->insert_or_assign("mode", "nonsense");
        co_await here->update(what);
        auto state = co_await here->state_until("fixed", is_kept);
        EXPECT_TRUE(contains(state.trouble, "nonsense")) << state.trouble;
        auto after = co_await call(js.connection(), subject_of("fixed"));
        EXPECT_EQ(after.header("X-Began"), before.header("X-Began"));
        // One whose process ends: there is another one of the version before.
        what.wanted.variables->erase("mode");
        what.wanted.process = "sh -c false";
        co_await here->update(what);
        const std::function<bool(const functions::function_state&)> has_ended =
            [&](const functions::function_state& now) { return is_kept(now) && contains(now.trouble, "code"); };
        state = co_await here->state_until("fixed", has_ended);
        EXPECT_TRUE(contains(state.trouble, "its process exited with code 1")) << state.trouble;
        after = co_await call(js.connection(), subject_of("fixed"));
        EXPECT_EQ(after.header("X-Version"), "1");
        EXPECT_NE(after.header("X-Began"), before.header("X-Began"));
        // A good one.
        variables["version"] = "3";
        const auto good = co_await python_function(here, "fixed", variables);
        co_await here->update(good);
        co_await until_answered(calls, "3", 5);
        co_await finish(calls);
        state = co_await here->state_until("fixed", [](const functions::function_state& now) {
            return now.ready == 1 && now.generation == 4 && now.trouble.empty();
        });
        EXPECT_EQ(state.trouble, "");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_update, changes_versions_while_fifty_calls_are_on_their_way) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "busy", variables);
        co_await here->deploy(first);
        const auto calls = std::make_shared<load>();
        calls->name = "busy";
        calls->path = "/sleep/0.3";
        begin(js.connection(), calls, 50);
        co_await until_answered(calls, "1", 50);
        variables["version"] = "2";
        const auto second = co_await python_function(here, "busy", variables);
        co_await here->update(second);
        co_await until_answered(calls, "2", 100);
        co_await finish(calls);
        co_await here->node.stop(5s);
    });
}

constexpr std::array<const char*, 3> fork_modes{"classic", "serializing", "streaming"};

TEST_F(live_update, changes_versions_of_forks_while_fifty_calls_are_on_their_way) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        for (const std::string mode : fork_modes) {
            auto what = function(mode, "functions/alpine", "sh", {{"mode", mode}, {"version", "1"}});
            co_await here->deploy(what);
            const auto calls = std::make_shared<load>();
            calls->name = mode;
            calls->body = "sleep 0.5; echo $version\n";
            begin(js.connection(), calls, 50);
            co_await until_answered(calls, "1\n", 50);
            what.wanted.variables->insert_or_assign("version", "2");
            co_await here->update(what);
            co_await until_answered(calls, "2\n", 100);
            co_await finish(calls);
        }
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
