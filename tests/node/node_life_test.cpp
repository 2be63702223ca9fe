// What becomes of functions when they, their node or somebody's wishes change.

#include <tests/node/python_function.hpp>

#include <mote/process/control_group.hpp>

#include <csignal>

namespace mote::test {
namespace {

class live_function_life : public live_test {};

TEST_F(live_function_life, says_how_a_process_ended_that_ends_at_once_and_waits_longer_each_time) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("mode", "http");
        const auto what = function("crashes", "functions/alpine", "ls /there/is/nothing", variables);
        co_await here->store.create(what);
        const auto got = co_await here->until_served(subject_of("crashes"));
        EXPECT_EQ(got.status, 503) << got.body;
        EXPECT_EQ(got.header("Retry-After"), "1");
        EXPECT_TRUE(contains(got.body, "its process exited with code 2")) << got.body;
        const auto state = co_await here->state_until(
            "crashes", [](const functions::function_state& now) { return !now.trouble.empty(); });
        EXPECT_TRUE(contains(state.trouble, "exited with code 2")) << state.trouble;
        EXPECT_EQ(state.ready, 0U);
        const auto tries = [notes = here->notes] {
            std::size_t count = 0;
            for (auto at = notes->find("cannot start"); at != std::string::npos;
                 at = notes->find("cannot start", at + 1))
                ++count;
            return count;
        };
        const std::function<bool()> thrice = [tries] { return tries() >= 3; };
        const auto began = std::chrono::steady_clock::now();
        const bool tried_again = co_await eventually(thrice);
        EXPECT_TRUE(tried_again);
        EXPECT_LT(tries(), 20U) << "in " << (std::chrono::steady_clock::now() - began) / 1ms << " ms";
        // Another deployment mends it without waiting.
        const auto better = co_await python_function(here, "crashes");
        co_await here->update(better);
        co_await call_until(js.connection(), subject_of("crashes"), is_good);
        const auto well = co_await here->state_until(
            "crashes", [](const functions::function_state& now) { return now.ready == 1 && now.trouble.empty(); });
        EXPECT_EQ(well.generation, 2U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_function_life, starts_a_process_again_that_died_of_a_call) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "dies");
        co_await here->deploy(what);
        const auto before = co_await call(js.connection(), subject_of("dies"));
        const auto lost = co_await call(js.connection(), subject_of("dies"), {}, path_headers("/die"));
        EXPECT_EQ(lost.status, 502) << lost.body;
        const auto after = co_await call_until(js.connection(), subject_of("dies"), is_good);
        EXPECT_NE(after.header("X-Began"), before.header("X-Began"));
        EXPECT_TRUE(contains(*here->notes, "exited with code 3")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_function_life, kills_what_does_not_heed_a_request_to_end) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.stop_grace = 500ms; });
        const auto marker = new_marker();
        functions::text_map variables;
        variables.emplace("stubborn", "1");
        const auto what = co_await python_function(here, "stubborn", variables, marker);
        co_await here->deploy(what);
        EXPECT_GT(processes_with(marker), 0U);
        co_await here->store.remove(what.name());
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_function_life, pauses_and_goes_on) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto marker = new_marker();
        const auto what = co_await python_function(here, "pauses", functions::text_map(), marker);
        co_await here->deploy(what);
        co_await here->edit("pauses", [](functions::description& kept) { kept.paused = true; });
        const auto refused = co_await call_until(js.connection(), subject_of("pauses"),
                                                 [](const called& got) { return got.status == 503; });
        EXPECT_EQ(refused.body, "the function is paused");
        EXPECT_EQ(refused.header("Retry-After"), "1");
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        co_await here->edit("pauses", [](functions::description& kept) { kept.paused = false; });
        co_await call_until(js.connection(), subject_of("pauses"), is_good);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_function_life, ends_the_calls_of_a_function_that_is_removed_and_begins_anew_under_its_name) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.stop_grace = 20s; });
        functions::text_map variables;
        variables.emplace("version", "old");
        const auto what = co_await python_function(here, "removed", variables);
        co_await here->deploy(what);
        const auto long_one = std::make_shared<called>();
        auto work = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await call(nc, subject_of("removed"), "long", path_headers("/sleep/1"));
        };
        const auto running = start(js.connection(), work(js.connection(), long_one));
        co_await here->state_until("removed", [](const functions::function_state& now) { return now.calls >= 1; });
        co_await here->store.remove(what.name());
        variables["version"] = "new";
        const auto again = co_await python_function(here, "removed", variables);
        co_await here->store.create(again);
        const auto got = co_await call_until(js.connection(), subject_of("removed"),
                                             [](const called& seen) { return seen.header("X-Version") == "new"; });
        EXPECT_EQ(got.status, 200);
        co_await ends(running);
        EXPECT_EQ(long_one->status, 200) << long_one->body;
        EXPECT_EQ(long_one->header("X-Version"), "old");
        // The end of the old one's group is not that of the new one.
        for (int i = 0; i < 50; ++i) {
            const auto still = co_await call(js.connection(), subject_of("removed"));
            EXPECT_EQ(still.header("X-Began"), got.header("X-Began"));
            asio::steady_timer pause(js.connection().executor(), 20ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_await here->node.stop(5s);
    });
}

/// A process that a function has left behind in a session of its own goes with it.
asio::awaitable<void> takes_all_along(jetstream::context js, bool sandbox) {
    const node_edit as_asked = [sandbox](node::node_options& opts) { opts.sandbox = sandbox; };
    const auto here = co_await machine::start(js, as_asked);
    const auto marker = std::to_string(::getpid()) + (sandbox ? "777" : "888");
    const auto what = co_await python_function(here, "forks", functions::text_map(), marker);
    co_await here->deploy(what);
    const auto got = co_await call(js.connection(), subject_of("forks"), {}, path_headers("/fork"));
    EXPECT_EQ(got.status, 200) << got.body;
    const std::function<bool()> is_there = [marker] { return processes_with("1000." + marker) == 1U; };
    const bool forked = co_await eventually(is_there);
    EXPECT_TRUE(forked);
    co_await here->store.remove(what.name());
    const bool gone = co_await are_gone(marker);
    EXPECT_TRUE(gone);
    co_await here->node.stop(5s);
}

TEST_F(live_function_life, takes_all_that_it_started_along) {
    with_jetstream([](nats_server&, jetstream::context js) { return takes_all_along(js, true); });
}

TEST_F(live_function_life, takes_all_that_it_started_along_without_a_sandbox) {
    if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    with_jetstream([](nats_server&, jetstream::context js) { return takes_all_along(js, false); });
}

TEST_F(live_function_life, answers_while_its_output_floods_the_log) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("flood", "1");
        const auto what = co_await python_function(here, "floods", variables);
        co_await here->deploy(what);
        const auto quiet = function("quiet", "functions/alpine", "cat");
        co_await here->deploy(quiet);
        for (int i = 0; i < 20; ++i) {
            const auto got = co_await call(js.connection(), subject_of("floods"), "x");
            EXPECT_EQ(got.status, 200) << got.body;
            const auto other = co_await call(js.connection(), subject_of("quiet"), "y");
            EXPECT_EQ(other.body, "y");
        }
        co_await here->node.stop(5s);
    });
}

constexpr const char* own_variable = "MOTE_TEST_OF_THE_NODE_ALONE";

TEST_F(live_function_life, sees_no_variable_of_the_node) {
    ::setenv(own_variable, "leaked", 1);
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto boxed = co_await machine::start(js);
        const auto plain = co_await machine::make(js, [](node::node_options& opts) { opts.sandbox = false; });
        boxed->copy_key_to(*plain);
        co_await plain->node.start();
        functions::text_map variables;
        variables.emplace("colour", "blue");
        const auto what = function("shows", "functions/alpine", "env", variables);
        co_await boxed->deploy(what);
        co_await boxed->state_until("shows", [](const functions::function_state& now) { return now.ready == 2; });
        for (int i = 0; i < 40; ++i) {
            const auto got = co_await call(js.connection(), subject_of("shows"));
            EXPECT_TRUE(contains(got.body, "colour=blue")) << got.body;
            EXPECT_FALSE(contains(got.body, "leaked")) << got.body;
            EXPECT_FALSE(contains(got.body, "NATS_URL")) << got.body;
        }
        const auto web = co_await python_function(boxed, "web", variables);
        co_await boxed->deploy(web);
        co_await boxed->state_until("web", [](const functions::function_state& now) { return now.ready == 2; });
        for (int i = 0; i < 20; ++i) {
            const auto got = co_await call(js.connection(), subject_of("web"));
            EXPECT_TRUE(contains(got.header("X-Variables"), "colour")) << got.header("X-Variables");
            EXPECT_FALSE(contains(got.header("X-Variables"), own_variable)) << got.header("X-Variables");
        }
        co_await plain->node.stop(5s);
        co_await boxed->node.stop(5s);
    });
    ::unsetenv(own_variable);
}

TEST_F(live_function_life, comes_back_with_its_node) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto marker = new_marker();
        std::string first_id;
        temp_dir directory;
        const node_edit at_one_place = [&directory](node::node_options& opts) { opts.directory = directory.path(); };
        {
            const auto here = co_await machine::start(js, at_one_place);
            const auto what = co_await python_function(here, "returns", functions::text_map(), marker);
            co_await here->deploy(what);
            first_id = here->node.id();
            co_await here->node.stop(5s);
        }
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        const auto again = co_await machine::start(js, at_one_place);
        EXPECT_EQ(again->node.id(), first_id);
        co_await call_until(js.connection(), subject_of("returns"), is_good);
        co_await again->node.stop(5s);
    });
}

TEST_F(live_function_life, ends_with_a_node_that_is_destroyed) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto marker = new_marker();
        {
            const auto here = co_await machine::start(js);
            const auto what = co_await python_function(here, "orphan", functions::text_map(), marker);
            co_await here->deploy(what);
            EXPECT_GT(processes_with(marker), 0U);
        }
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
    });
}

TEST_F(live_function_life, ends_with_a_node_that_is_killed_and_another_takes_its_place) {
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto marker = new_marker();
        temp_dir directory;
        const auto helper = co_await machine::make(js);
        mote::test::process killed({MOTE_TEST_NODE_PROGRAM, "node", server.url(), directory.path().string()});
        const bool serves = killed.wait_for_output("serving as", 60s);
        EXPECT_TRUE(serves) << killed.output();
        const auto what = co_await python_function(helper, "survives", functions::text_map(), marker);
        co_await helper->deploy(what);
        EXPECT_GT(processes_with(marker), 0U);
        killed.kill(SIGKILL);
        killed.wait(60s);
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        const node_edit at_its_place = [&directory](node::node_options& opts) { opts.directory = directory.path(); };
        const auto heir = co_await machine::start(js, at_its_place);
        EXPECT_TRUE(contains(killed.output(), "serving as " + heir->node.id())) << killed.output();
        co_await call_until(js.connection(), subject_of("survives"), is_good);
        const auto state = co_await heir->state_until(
            "survives", [](const functions::function_state& now) { return now.ready == 1 && now.trouble.empty(); });
        EXPECT_EQ(state.generation, 1U);
        EXPECT_EQ(state.ready, 1U) << "and none of the node that was killed";
        co_await heir->node.stop(5s);
    });
}

TEST_F(live_function_life, ends_with_a_killed_node_also_where_there_is_no_sandbox_and_it_went_its_own_way) {
    if (mote::process::control_group_kind() == "rlimits")
        GTEST_SKIP() << "no control groups here, and nothing else finds them all";
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto marker = std::to_string(::getpid()) + "666";  // `sleep` takes it for a fraction
        temp_dir directory;
        const auto helper = co_await machine::make(js);
        mote::test::process_options without;
        without.env["node_without_sandbox"] = "1";
        std::vector<std::string> words{MOTE_TEST_NODE_PROGRAM, "node", server.url(), directory.path().string()};
        mote::test::process killed(words, without);
        const bool serves = killed.wait_for_output("serving as", 60s);
        EXPECT_TRUE(serves) << killed.output();
        const auto what = co_await python_function(helper, "leaves", functions::text_map(), marker);
        co_await helper->deploy(what);
        // It leaves a process in a session of its own.
        const auto got = co_await call(js.connection(), subject_of("leaves"), {}, path_headers("/fork"));
        EXPECT_EQ(got.status, 200);
        const std::function<bool()> is_left = [marker] { return processes_with("1000." + marker) == 1U; };
        const bool left = co_await eventually(is_left);
        EXPECT_TRUE(left);
        killed.kill(SIGKILL);
        killed.wait(60s);
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        const std::string said = killed.output(), before = "serving as ";
        const auto id = said.substr(said.find(before) + before.size(), 8);
        const std::function<bool()> no_guard = [id] { return processes_with("mote-" + id) == 0U; };
        const bool guard_gone = co_await eventually(no_guard);
        EXPECT_TRUE(guard_gone);
    });
}

TEST_F(live_function_life, is_not_ended_by_a_second_node_in_the_same_directory) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "stays");
        co_await here->deploy(what);
        const auto before = co_await call(js.connection(), subject_of("stays"));
        node::node_options same = machine::options(here->directory.path(), here->notes, node_edit());
        node::node second(js.connection(), same);
        const auto refused = co_await failure_of(second.start());
        EXPECT_TRUE(refused.code.failed());
        const auto after = co_await call(js.connection(), subject_of("stays"));
        EXPECT_EQ(after.header("X-Began"), before.header("X-Began"));
        co_await here->node.stop(5s);
    });
}

TEST_F(live_function_life, is_not_ended_by_a_node_whose_id_is_the_beginning_of_its_nodes_id) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto id = "t" + std::to_string(::getpid());
        const node_edit longer = [id](node::node_options& opts) { opts.id = id + "-b"; };
        const node_edit shorter = [id](node::node_options& opts) { opts.id = id; };
        const auto one = co_await machine::start(js, longer);
        const auto what = co_await python_function(one, "keeps");
        co_await one->deploy(what);
        const auto before = co_await call(js.connection(), subject_of("keeps"));
        const auto other = co_await machine::make(js, shorter);
        one->copy_key_to(*other);
        co_await other->node.start();
        co_await one->state_until("keeps", [](const functions::function_state& now) { return now.ready == 2; });
        bool seen = false;
        for (int i = 0; i < 60 && !seen; ++i) {
            const auto got = co_await call(js.connection(), subject_of("keeps"));
            seen = got.header("X-Began") == before.header("X-Began");
        }
        EXPECT_TRUE(seen);
        EXPECT_FALSE(contains(*one->notes, "ended by")) << *one->notes;
        co_await other->node.stop(5s);
        co_await one->node.stop(5s);
    });
}

TEST_F(live_function_life, needs_a_node_whose_id_can_be_one) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::make(js, [](node::node_options& opts) { opts.id = "a.b"; });
        const auto refused = co_await failure_of(here->node.start());
        EXPECT_TRUE(contains(refused.text, "a.b")) << refused.text;
    });
}

}  // namespace
}  // namespace mote::test
