// A version that does not start: the one before it stays, whatever befalls its processes, the number of them or the node.

#include <tests/node/python_function.hpp>

#include <set>

namespace mote::test {
namespace {

class live_failed_update : public live_test {};

const std::string exited = "its process exited with code 1";

asio::awaitable<functions::description> version(std::shared_ptr<machine> on, std::string number) {
    functions::text_map variables;
    variables.emplace("version", number);
    auto what = co_await python_function(on, "kept", variables);
    co_return what;
}

/// One whose process ends at once.
functions::description broken(functions::description what) {
    what.wanted.process = "sh -c false";
    return what;
}

bool by_the_first(const called& got) { return got.header("X-Version") == "1"; }
bool is_in_trouble(const functions::function_state& now) { return now.trouble == exited; }

/// The first version answers, and it is told why the newest does not.
asio::awaitable<void> expect_the_first(std::shared_ptr<machine> here, std::uint32_t ready) {
    co_await call_until(here->nc, subject_of("kept"), by_the_first);
    const std::function<bool(const functions::function_state&)> good = [ready](const functions::function_state& now) {
        return now.ready == ready && now.generation == 1 && is_in_trouble(now);
    };
    co_await here->state_until("kept", good);
}

asio::awaitable<std::shared_ptr<machine>> with_a_broken_version(jetstream::context js) {
    auto here = co_await machine::start(js);
    const auto first = co_await version(here, "1");
    co_await here->deploy(first);
    co_await here->state_until("kept", [](const functions::function_state& now) { return now.ready == 1; });
    const auto second = broken(first);
    co_await here->update(second);
    co_await expect_the_first(here, 1);
    co_return here;
}

/// Another node, that knows what the bucket says and nothing else.
asio::awaitable<std::shared_ptr<machine>> after_a_restart(std::shared_ptr<machine> before) {
    co_await before->node.stop(5s);
    auto again = co_await machine::make(before->js);
    before->copy_key_to(*again);
    co_await again->node.start();
    co_return again;
}

asio::awaitable<void> expect_the_first_after_a_restart(std::shared_ptr<machine> here) {
    const auto again = co_await after_a_restart(here);
    const auto got = co_await call(here->nc, subject_of("kept"), "x");
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("X-Version"), "1");
    co_await expect_the_first(again, 1);
    co_await again->node.stop(5s);
}

TEST_F(live_failed_update, starts_the_version_before_again_when_its_process_ends) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await with_a_broken_version(js);
        std::set<std::string> began;
        for (int i = 0; i < 3; ++i) {
            const auto got = co_await call_until(js.connection(), subject_of("kept"), by_the_first);
            began.insert(got.header("X-Began"));
            co_await call(js.connection(), subject_of("kept"), "x", path_headers("/die"));
            co_await expect_the_first(here, 1);
        }
        EXPECT_EQ(began.size(), 3U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_failed_update, has_as_many_of_the_version_before_as_are_wanted) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await with_a_broken_version(js);
        co_await here->edit("kept", [](functions::description& kept) { kept.replicas = 3; });
        co_await expect_the_first(here, 3);
        co_await here->edit("kept", [](functions::description& kept) { kept.replicas = 1; });
        co_await expect_the_first(here, 1);
        co_await here->edit("kept", [](functions::description& kept) { kept.replicas = 0; });
        co_await here->state_until(
            "kept", [](const functions::function_state& now) { return now.ready == 0 && now.starting == 0; });
        const auto got = co_await call(js.connection(), subject_of("kept"), "x");
        EXPECT_EQ(got.status, 200) << got.body;
        EXPECT_EQ(got.header("X-Version"), "1");
        co_await expect_the_first(here, 1);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_failed_update, runs_the_version_before_after_a_restart_of_the_node) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await with_a_broken_version(js);
        // One more, which does not start either: the last one that ever did is meant.
        const auto kept = co_await here->store.get(functions::function_name::parse("kept"));
        co_await here->update(kept->what);
        co_await expect_the_first_after_a_restart(here);
    });
}

TEST_F(live_failed_update, goes_on_trying_the_newest_until_it_starts_and_then_forgets_the_one_before) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) { opts.sandbox = false; });
        const auto first = co_await version(here, "1");
        co_await here->deploy(first);
        const auto lock = here->directory.path() / "not-yet";
        std::ofstream(lock) << "";
        std::map<std::string, std::string> files;
        files.emplace("server.py", python_server);
        files.emplace("start.sh", "test -e \"$lock\" && exit 1\nexec python3 -B server.py\n");
        files.emplace("function.env", "mode=http\n");
        const auto pushed = co_await here->push("test/later", files);
        auto second = function("kept", "test/later", "sh start.sh", {{"lock", lock.string()}, {"version", "2"}});
        second.digest = pushed.digest.text();
        co_await here->update(second);
        co_await expect_the_first(here, 1);
        auto kept = co_await here->store.get(first.name());
        EXPECT_TRUE(kept->what.previous && kept->what.previous->generation == 1);
        std::filesystem::remove(lock);
        co_await call_until(js.connection(), subject_of("kept"),
                            [](const called& got) { return got.header("X-Version") == "2"; });
        co_await here->state_until("kept", [](const functions::function_state& now) {
            return now.ready == 1 && now.generation == 2 && now.trouble.empty();
        });
        for (int i = 0; i < 3000 && kept->what.previous; ++i) {
            asio::steady_timer pause(js.connection().executor(), 20ms);
            co_await pause.async_wait(asio::use_awaitable);
            kept = co_await here->store.get(first.name());
        }
        EXPECT_FALSE(kept->what.previous);
        // So the next one that does not start leaves the second.
        const auto third = broken(second);
        co_await here->update(third);
        co_await here->state_until("kept", [](const functions::function_state& now) {
            return now.ready == 1 && now.generation == 2 && is_in_trouble(now);
        });
        co_await here->node.stop(5s);
    });
}

TEST_F(live_failed_update, of_a_fixed_port_has_the_version_before_after_a_restart_too) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + fixed_port());
        variables.emplace("version", "1");
        const auto first = co_await python_function(here, "kept", variables);
        co_await here->deploy(first);
        const auto second = broken(first);
        co_await here->update(second);
        co_await expect_the_first(here, 1);
        co_await expect_the_first_after_a_restart(here);
    });
}

TEST_F(live_failed_update, keeps_the_bundle_of_the_version_before) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js, [](node::node_options& opts) {
            opts.prune_every = 3s;  // more than lies between a content and its name, which is not spared longer
            opts.keep_bundles = 0s;
        });
        const auto first = co_await version(here, "1");
        co_await here->deploy(first);
        auto second = function("kept", "functions/alpine", "false", {{"mode", "http"}});
        co_await here->update(second);
        const auto name = functions::image_name::parse("test/python");
        co_await here->bundles.remove(name);  // only the first version means it now
        // Nothing means the first of these any more: it goes not sooner than the other would.
        std::map<std::string, std::string> files;
        files.emplace("run", "unused");
        const auto unused = co_await here->push("test/app", files);
        files["run"] = "named";
        co_await here->push("test/app", files);
        auto pinned = functions::image_name::parse("test/app");
        pinned.digest = unused.digest;
        auto found = co_await here->bundles.find(pinned);
        for (int i = 0; i < 3000 && found; ++i) {
            asio::steady_timer pause(js.connection().executor(), 20ms);
            co_await pause.async_wait(asio::use_awaitable);
            found = co_await here->bundles.find(pinned);
        }
        EXPECT_FALSE(found.has_value());
        pinned.digest = functions::bundle_digest::parse(first.digest);
        const auto still_used = co_await here->bundles.find(pinned);
        EXPECT_TRUE(still_used.has_value());
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
