// How many processes a function has, on how many nodes, and what is run of what waits.

#include <tests/node/python_function.hpp>

#include <mote/functions/async_queue.hpp>
#include <mote/process/control_group.hpp>

#include <set>

namespace mote::test {
namespace {

class live_scaling : public live_test {};

functions::text_map zero_labels() {
    functions::text_map labels;
    labels.emplace("com.openfaas.scale.zero", "true");
    labels.emplace("com.openfaas.scale.zero-duration", "2s");
    return labels;
}

TEST_F(live_scaling, goes_to_zero_when_idle_and_starts_once_for_many_calls) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto marker = new_marker();
        functions::text_map variables;
        variables.emplace("start_late", "0.5");
        auto what = co_await python_function(here, "idle", variables, marker);
        what.wanted.labels = zero_labels();
        co_await here->deploy(what);
        const std::function<bool()> none_left = [marker] { return processes_with(marker) == 0U; };
        const bool idle = co_await eventually(none_left);
        EXPECT_TRUE(idle);
        const auto kept = co_await here->store.get(what.name());
        EXPECT_TRUE(kept && kept->what.replicas == 0);

        std::vector<std::shared_ptr<called>> answers;
        std::vector<std::shared_ptr<outcome>> running;
        auto work = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await call(nc, subject_of("idle"), "x");
        };
        for (int i = 0; i < 20; ++i) {
            answers.push_back(std::make_shared<called>());
            running.push_back(start(js.connection(), work(js.connection(), answers.back())));
        }
        for (const auto& one : running) co_await ends(one);
        std::set<std::string> began;
        for (const auto& one : answers) {
            EXPECT_EQ(one->status, 200) << one->body;
            began.insert(one->header("X-Began"));
        }
        EXPECT_EQ(began.size(), 1U) << "more than one was started";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, is_idle_from_the_end_of_a_long_call_on) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "late");
        what.wanted.labels = zero_labels();
        what.wanted.labels->insert_or_assign("com.openfaas.scale.zero-duration", "3s");
        co_await here->deploy(what);
        const auto began = std::chrono::steady_clock::now();
        const auto got = co_await call(js.connection(), subject_of("late"), "x", path_headers("/sleep/4"));
        EXPECT_EQ(got.status, 200) << got.body;
        co_await here->state_until("late", [](const functions::function_state& now) { return now.ready == 0; });
        EXPECT_GE(std::chrono::steady_clock::now() - began, 4s + 3s) << "and not less, however late this looks";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, has_one_process_where_the_port_is_fixed) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + fixed_port());
        auto what = co_await python_function(here, "fixed", variables);
        what.replicas = 3;
        co_await here->deploy(what);
        const auto is_at_rest = [](const functions::function_state& now) {
            return now.ready == 1 && now.starting == 0;
        };
        auto state = co_await here->state_until("fixed", is_at_rest);
        EXPECT_EQ(state.trouble, "");
        co_await here->edit("fixed", [](functions::description& kept) { kept.replicas = 1; });
        // By default as many calls a second are the load of several.
        const auto until = std::chrono::steady_clock::now() + 6s;
        int calls = 0;
        for (; calls <= 100 || std::chrono::steady_clock::now() < until; ++calls) {
            const auto got = co_await call(js.connection(), subject_of("fixed"), "x");
            EXPECT_EQ(got.status, 200) << got.body;
        }
        const auto kept = co_await here->store.get(what.name());
        EXPECT_TRUE(kept && kept->what.replicas == 1);
        state = co_await here->state_until("fixed", is_at_rest);
        EXPECT_EQ(state.trouble, "");
        EXPECT_FALSE(contains(*here->notes, "cannot start")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, is_in_no_trouble_when_what_did_not_start_is_not_wanted_any_more) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.sandbox = false; });
        std::map<std::string, std::string> files;
        files.emplace("server.py", python_server);
        files.emplace("start.sh", "mkdir \"$lock\" || exit 3\nexec python3 -B server.py\n");  // once only
        files.emplace("function.env", "mode=http\n");
        const auto pushed = co_await here->push("test/once", files);
        functions::text_map variables;
        variables.emplace("lock", (here->directory.path() / "lock").string());
        auto what = function("once", "test/once", "sh start.sh", variables);
        what.digest = pushed.digest.text();
        co_await here->deploy(what);
        co_await here->edit("once", [](functions::description& kept) { kept.replicas = 2; });
        const auto before = co_await here->state_until(
            "once", [](const functions::function_state& now) { return now.ready == 1 && !now.trouble.empty(); });
        EXPECT_TRUE(contains(before.trouble, "exited with code 3")) << before.trouble;
        co_await here->edit("once", [](functions::description& kept) { kept.replicas = 1; });
        const auto after = co_await here->state_until(
            "once", [](const functions::function_state& now) { return now.ready == 1 && now.trouble.empty(); });
        EXPECT_EQ(after.trouble, "");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, adds_processes_for_the_calls_in_flight_up_to_the_most) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "grows");
        functions::text_map labels;
        labels.emplace("com.openfaas.scale.min", "1");
        labels.emplace("com.openfaas.scale.max", "3");
        labels.emplace("com.openfaas.scale.type", "capacity");
        labels.emplace("com.openfaas.scale.target", "1");
        what.wanted.labels = labels;
        co_await here->deploy(what);
        std::vector<std::shared_ptr<outcome>> running;
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            const auto got = co_await call(nc, subject_of("grows"), "x", path_headers("/sleep/8"));
            EXPECT_EQ(got.status, 200) << got.body;
        };
        for (int i = 0; i < 10; ++i) running.push_back(start(js.connection(), work(js.connection())));
        const auto state =
            co_await here->state_until("grows", [](const functions::function_state& now) { return now.ready == 3; });
        EXPECT_EQ(state.ready, 3U);
        for (const auto& one : running) co_await ends(one);
        const auto kept = co_await here->store.get(what.name());
        EXPECT_EQ(kept->what.replicas, 3U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, gives_a_call_to_the_process_that_has_the_fewest) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await python_function(here, "two");
        what.replicas = 2;
        co_await here->deploy(what);
        co_await here->state_until("two", [](const functions::function_state& now) { return now.ready == 2; });
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            const auto got = co_await call(nc, subject_of("two"), "x", path_headers("/sleep/10"));
            EXPECT_EQ(got.status, 200) << got.body;
        };
        const auto busy = start(js.connection(), work(js.connection()));
        co_await turn();
        co_await js.connection().flush();  // the node has it
        std::set<std::string> seen;
        for (int i = 0; i < 20; ++i) {
            const auto got = co_await call(js.connection(), subject_of("two"), "x");
            EXPECT_EQ(got.header("X-Asleep"), "0") << i;
            seen.insert(got.header("X-Began"));
        }
        EXPECT_EQ(seen.size(), 1U) << "all of them the one that is not busy";
        EXPECT_FALSE(busy->ended);
        co_await ends(busy);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, counts_what_a_process_uses_that_finishes_its_calls) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "ends");
        co_await here->deploy(what);
        auto work = [](nats::connection nc) -> asio::awaitable<void> {
            const auto got = co_await call(nc, subject_of("ends"), "x", path_headers("/sleep/15"));
            EXPECT_EQ(got.status, 200) << got.body;
        };
        const auto busy = start(js.connection(), work(js.connection()));
        const bool is_measured = mote::process::control_group_kind() != "rlimits";
        const auto before = co_await here->state_until("ends", [is_measured](const functions::function_state& now) {
            return now.in_flight == 1 && (!is_measured || now.cpu_seconds.value_or(0) > 0);
        });
        co_await here->edit("ends", [](functions::description& kept) { kept.replicas = 0; });
        const auto after =
            co_await here->state_until("ends", [](const functions::function_state& now) { return now.ready == 0; });
        EXPECT_EQ(after.in_flight, 1U);
        EXPECT_GE(after.cpu_seconds.value_or(0), before.cpu_seconds.value_or(0));
        EXPECT_EQ(after.memory > 0, is_measured) << "it is there still";
        co_await ends(busy);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, follows_a_number_that_is_set) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "set");
        co_await here->deploy(what);
        co_await here->edit("set", [](functions::description& kept) { kept.replicas = 3; });
        co_await here->state_until("set", [](const functions::function_state& now) { return now.ready == 3; });
        std::set<std::string> began;
        const auto until = std::chrono::steady_clock::now() + 1min;
        while (began.size() < 3 && std::chrono::steady_clock::now() < until) {
            std::vector<std::shared_ptr<called>> answers;
            std::vector<std::shared_ptr<outcome>> running;
            auto work = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
                *into = co_await call(nc, subject_of("set"), "x", path_headers("/sleep/0.1"));
            };
            for (int i = 0; i < 6; ++i) {
                answers.push_back(std::make_shared<called>());
                running.push_back(start(js.connection(), work(js.connection(), answers.back())));
            }
            for (const auto& one : running) co_await ends(one);
            for (const auto& one : answers) began.insert(one->header("X-Began"));
        }
        EXPECT_EQ(began.size(), 3U);
        co_await here->edit("set", [](functions::description& kept) { kept.replicas = 1; });
        co_await here->state_until("set", [](const functions::function_state& now) { return now.ready == 1; });
        co_await call_until(js.connection(), subject_of("set"), is_good);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, shares_calls_among_nodes_and_leaves_alone_what_is_busy_elsewhere) {
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto one = co_await machine::start(js);
        const auto other_nc = co_await connect_to(server);
        const jetstream::context other_js(other_nc);
        const auto other = co_await machine::make(other_js);
        one->copy_key_to(*other);
        co_await other->node.start();
        auto what = co_await python_function(one, "shared");
        what.wanted.labels = zero_labels();
        co_await one->deploy(what);
        co_await one->state_until("shared", [](const functions::function_state& now) { return now.ready == 2; });
        std::set<std::string> began;
        for (int i = 0; i < 60; ++i) {
            const auto got = co_await call(js.connection(), subject_of("shared"), "x");
            EXPECT_EQ(got.status, 200) << got.body;
            began.insert(got.header("X-Began"));
        }
        EXPECT_EQ(began.size(), 2U);
        // One call on one of them, longer than functions may be idle and nodes need to hear of each other.
        const auto got = co_await call(js.connection(), subject_of("shared"), "x", path_headers("/sleep/15"), 60s);
        EXPECT_EQ(got.status, 200) << got.body;
        co_await one->node.stop(5s);
        const auto left = co_await call_until(js.connection(), subject_of("shared"), is_good);
        EXPECT_EQ(left.status, 200);
        co_await other->node.stop(5s);
        other_nc.close();
    });
}

TEST_F(live_scaling, runs_the_calls_that_wait_in_the_queue) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto queue = co_await functions::async_queue::open(js);
        functions::async_call early;
        early.function = functions::function_name::parse("later");
        early.call_id = "early";
        early.body = "first";
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "later");
        co_await here->store.create(what);
        co_await here->until_served(subject_of("later"));
        co_await queue.enqueue(early);
        functions::async_call longer = early;
        longer.call_id = "longer";
        longer.path = "/sleep/8";
        std::optional<functions::call_record> seen;
        for (int i = 0; i < 3000 && !(seen && functions::is_final(seen->state)); ++i) {
            seen = co_await queue.state("early");
            asio::steady_timer pause(js.connection().executor(), 20ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        EXPECT_TRUE(seen.has_value());
        if (!seen) co_return;
        EXPECT_EQ(functions::to_text(seen->state), "done") << seen->reason;
        EXPECT_EQ(seen->status, 200);
        EXPECT_EQ(seen->body, "first");
        // A stop waits for what runs.
        co_await queue.enqueue(longer);
        co_await call_until(js.connection(), subject_of("later"),
                            [](const called& got) { return got.header("X-Asleep") == "1"; });
        co_await here->node.stop(20s);
        const auto ended = co_await queue.state("longer");
        EXPECT_TRUE(ended.has_value());
        if (!ended) co_return;
        EXPECT_EQ(functions::to_text(ended->state), "done") << ended->reason;
    });
}

TEST_F(live_scaling, runs_no_more_queued_calls_at_once_than_the_bundle_says) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        std::map<std::string, std::string> files;
        files.emplace("server.py", python_server);
        files.emplace("function.env", "mode=http\nmax_inflight=1\nfprocess=python3 -B server.py\n");
        const auto pushed = co_await here->push("test/narrow", files);
        auto what = function("narrow", "test/narrow", "");
        what.digest = pushed.digest.text();
        co_await here->deploy(what);
        const auto queue = co_await functions::async_queue::open(js);
        functions::async_call one;
        one.function = functions::function_name::parse("narrow");
        one.path = "/sleep/0.3";
        for (int i = 0; i < 4; ++i) {
            one.call_id = "narrow" + std::to_string(i);
            co_await queue.enqueue(one);
        }
        for (int i = 0; i < 4; ++i) {
            std::optional<functions::call_record> seen;
            for (int tries = 0; tries < 3000 && !(seen && functions::is_final(seen->state)); ++tries) {
                seen = co_await queue.state("narrow" + std::to_string(i));
                asio::steady_timer pause(js.connection().executor(), 20ms);
                co_await pause.async_wait(asio::use_awaitable);
            }
            EXPECT_TRUE(seen.has_value());
            if (!seen) co_return;
            EXPECT_EQ(functions::to_text(seen->state), "done") << seen->reason;
            EXPECT_EQ(seen->attempts, 1U) << "it was refused while another one ran";
        }
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, leaves_the_queue_to_others_where_it_is_told_to) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.run_async = false; });
        const auto what = function("waits", "functions/alpine", "cat");
        co_await here->deploy(what);
        const auto queue = co_await functions::async_queue::open(js);
        functions::async_call asked;
        asked.function = functions::function_name::parse("waits");
        asked.call_id = "waits";
        co_await queue.enqueue(asked);
        const auto other = co_await call(js.connection(), subject_of("waits"), "now");
        EXPECT_EQ(other.body, "now");
        const auto pending = co_await queue.pending();
        EXPECT_EQ(pending.size(), 1U);
        const auto state = co_await queue.state("waits");
        EXPECT_TRUE(state && state->state == functions::call_state::queued);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_scaling, deletes_bundles_that_nothing_means_any_more) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.prune_every = 3s;  // more than lies between a content and its name, which is not spared longer
            opts.keep_bundles = 0s;
        });
        std::map<std::string, std::string> files;
        files.emplace("run", "unused");
        const auto old = co_await here->push("test/app", files);
        files["run"] = "named";
        const auto named = co_await here->push("test/app", files);
        const auto what = co_await python_function(here, "used");
        co_await here->deploy(what);
        const auto name = functions::image_name::parse("test/python");
        co_await here->bundles.remove(name);  // only the function means it now
        auto pinned = functions::image_name::parse("test/app");
        pinned.digest = old.digest;
        // Said when a look is over, which is after its content went.
        const std::function<bool()> said = [here] { return contains(*here->notes, "deleted old bundles"); };
        const bool is_pruned = co_await eventually(said);
        EXPECT_TRUE(is_pruned) << *here->notes;
        const auto found = co_await here->bundles.find(pinned);
        EXPECT_FALSE(found.has_value());
        pinned.digest = named.digest;
        const auto still_named = co_await here->bundles.find(pinned);
        EXPECT_TRUE(still_named.has_value());
        pinned.digest = functions::bundle_digest::parse(what.digest);
        const auto still_used = co_await here->bundles.find(pinned);
        EXPECT_TRUE(still_used.has_value());
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
