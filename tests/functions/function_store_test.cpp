// Functions and namespaces in their bucket, and what is in it as others see it.

#include <mote/functions/error.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <tests/jetstream/live_test.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::eventually;
using test::failure_of;
using test::nats_server;

description described(std::string name, std::string space = std::string(default_namespace)) {
    description what;
    what.wanted.service = std::move(name);
    what.wanted.space = std::move(space);
    what.wanted.image = "a/b";
    return what;
}

function_namespace space_named(std::string name) {
    function_namespace space;
    space.name = std::move(name);
    return space;
}

function_name named(std::string_view text) { return function_name::parse(text); }

class function_store_test : public test::live_test {
protected:
    /// Runs `body(store, js)` with an empty store.
    template <class Body>
    void with_store(Body body) {
        with_jetstream([body](nats_server&, jetstream::context js) -> awaitable<void> { return prepared(js, body); });
    }

private:
    template <class Body>
    static awaitable<void> prepared(jetstream::context js, Body body) {
        auto store = co_await function_store::open(js);
        co_await body(store, js);
    }
};

TEST_F(function_store_test, creates_reads_changes_and_removes) {
    with_store([](function_store store, jetstream::context js) -> awaitable<void> {
        const auto f = named("f");
        const auto none = co_await store.get(f);
        EXPECT_FALSE(none);
        const auto what = described("f");
        const auto created = co_await store.create(what);
        const auto found = co_await store.get(f);
        EXPECT_TRUE(found);
        if (!found) co_return;
        EXPECT_EQ(found->revision, created);
        EXPECT_EQ(found->what.wanted.image, "a/b");
        const auto again = co_await failure_of(store.create(what));
        EXPECT_EQ(again.code, errc::function_exists);
        EXPECT_TRUE(contains(again.text, "f.openfaas-fn"));
        const std::function<void(description&)> edit = [](description& now) { now.replicas = 5; };
        const auto changed = co_await store.change(f, edit);
        EXPECT_GT(changed.revision, created);
        EXPECT_EQ(changed.what.replicas, 5U);
        const auto removed = co_await store.remove(f);
        EXPECT_GT(removed, changed.revision);
        const auto gone = co_await store.get(f);
        EXPECT_FALSE(gone);
        const auto twice = co_await failure_of(store.remove(f));
        EXPECT_EQ(twice.code, errc::function_not_found);
        const auto missing = co_await failure_of(store.change(f, edit));
        EXPECT_EQ(missing.code, errc::function_not_found);
        const auto back = co_await store.create(what);
        EXPECT_GT(back, removed);
        const auto other = co_await function_store::open(js);  // it is there already
        const auto seen = co_await other.get(f);
        EXPECT_TRUE(seen);
    });
}

TEST_F(function_store_test, writes_nothing_when_the_change_throws) {
    with_store([](function_store store, jetstream::context) -> awaitable<void> {
        const auto what = described("f");
        const auto created = co_await store.create(what);
        const std::function<void(description&)> edit = [](description& now) {
            now.replicas = 5;
            throw_error(errc::bad_setting, "no");
        };
        const auto name = what.name();
        const auto refused = co_await failure_of(store.change(name, edit));
        EXPECT_EQ(refused.code, errc::bad_setting);
        const auto found = co_await store.get(name);
        EXPECT_EQ(found->revision, created);
    });
}

awaitable<void> count_up(function_store store, function_name name, int times, int* done) {
    const std::function<void(description&)> edit = [](description& what) { ++what.generation; };
    for (int i = 0; i < times; ++i) co_await store.change(name, edit);
    ++*done;
}

TEST_F(function_store_test, loses_no_change_of_several_at_once) {
    with_store([](function_store store, jetstream::context js) -> awaitable<void> {
        const auto what = described("f");
        const auto name = what.name();
        co_await store.create(what);
        int done = 0;
        for (int i = 0; i < 4; ++i)
            boost::asio::co_spawn(js.connection().executor(), count_up(store, name, 10, &done), boost::asio::detached);
        const bool ended = co_await eventually([&] { return done == 4; });
        EXPECT_TRUE(ended);
        const auto found = co_await store.get(name);
        EXPECT_EQ(found->what.generation, 41U);
    });
}

TEST_F(function_store_test, keeps_namespaces_beside_the_functions) {
    with_store([](function_store store, jetstream::context) -> awaitable<void> {
        auto dev = space_named("dev");
        dev.labels = text_map{{"team", "a"}};
        const auto early = described("f", "dev");
        const auto nowhere = co_await failure_of(store.create(early));
        EXPECT_EQ(nowhere.code, errc::namespace_not_found);
        co_await store.create_namespace(dev);
        co_await store.create(early);
        const auto names = co_await store.namespace_names();
        EXPECT_EQ(names, (std::vector<std::string>{"dev", "openfaas-fn"}));
        const auto all = co_await store.namespaces();
        EXPECT_EQ(all.size(), 2U);
        EXPECT_EQ(all[0].labels->at("team"), "a");
        const auto found = co_await store.find_namespace("dev");
        EXPECT_EQ(found->labels->at("team"), "a");
        const auto missing = co_await store.find_namespace("nope");
        EXPECT_FALSE(missing);
        dev.labels.reset();
        co_await store.update_namespace(dev);
        const auto changed = co_await store.find_namespace("dev");
        EXPECT_FALSE(changed->labels);
    });
}

TEST_F(function_store_test, refuses_what_cannot_be_done_to_a_namespace) {
    with_store([](function_store store, jetstream::context) -> awaitable<void> {
        const auto dev = space_named("dev");
        const auto usual = space_named(std::string(default_namespace));
        const auto wrong = space_named("a.b");
        co_await store.create_namespace(dev);
        const auto twice = co_await failure_of(store.create_namespace(dev));
        EXPECT_EQ(twice.code, errc::namespace_exists);
        const auto default_one = co_await failure_of(store.create_namespace(usual));
        EXPECT_EQ(default_one.code, errc::namespace_exists);
        const auto bad = co_await failure_of(store.create_namespace(wrong));
        EXPECT_EQ(bad.code, errc::bad_name);
        const auto update_default = co_await failure_of(store.update_namespace(usual));
        EXPECT_EQ(update_default.code, errc::namespace_not_found);
        const auto remove_default = co_await failure_of(store.remove_namespace(std::string(default_namespace)));
        EXPECT_EQ(remove_default.code, errc::namespace_not_found);
        const auto what = described("f", "dev");
        co_await store.create(what);
        const auto full = co_await failure_of(store.remove_namespace("dev"));
        EXPECT_EQ(full.code, errc::namespace_not_empty);
        const auto name = what.name();
        co_await store.remove(name);
        co_await store.remove_namespace("dev");
        const auto gone = co_await failure_of(store.remove_namespace("dev"));
        EXPECT_EQ(gone.code, errc::namespace_not_found);
    });
}

awaitable<void> try_create(function_store store, description what, int* done) {
    co_await failure_of(store.create(what));
    ++*done;
}
awaitable<void> try_remove(function_store store, std::string space, int* done) {
    co_await failure_of(store.remove_namespace(space));
    ++*done;
}

TEST_F(function_store_test, leaves_no_function_behind_in_a_namespace_that_is_removed_meanwhile) {
    with_store([](function_store store, jetstream::context js) -> awaitable<void> {
        const auto executor = js.connection().executor();
        for (int i = 0; i < 30; ++i) {
            const auto space = "s" + std::to_string(i);
            const auto made = space_named(space);
            co_await store.create_namespace(made);
            int done = 0;
            const auto what = described("f", space);
            boost::asio::co_spawn(executor, try_create(store, what, &done), boost::asio::detached);
            boost::asio::co_spawn(executor, try_remove(store, space, &done), boost::asio::detached);
            const bool ended = co_await eventually([&] { return done == 2; });
            EXPECT_TRUE(ended);
            const auto left = co_await store.find_namespace(space);
            const auto name = what.name();
            const auto function = co_await store.get(name);
            EXPECT_TRUE(left || !function) << space;
        }
    });
}

/// What a table told, in order.
struct told {
    std::vector<std::string> changes{};
    std::vector<std::string> troubles{};

    table_hooks hooks() {
        table_hooks all;
        all.on_change = [this](const function_name& name, const stored_function* found) {
            changes.push_back(name.full() + (found == nullptr ? " gone" : ' ' + std::to_string(found->what.replicas)));
        };
        all.on_trouble = [this](const std::string& what) { troubles.push_back(what); };
        return all;
    }
};

TEST_F(function_store_test, is_followed_by_a_table_from_what_is_there_on) {
    with_store([](function_store store, jetstream::context js) -> awaitable<void> {
        const auto before = described("before");
        const auto dev = space_named("dev");
        co_await store.create(before);
        co_await store.create_namespace(dev);
        told seen;
        function_table table(js, store, seen.hooks());
        EXPECT_EQ(table.revision(), 0U);
        co_await table.ready(20s);
        EXPECT_EQ(table.all().size(), 1U);
        EXPECT_NE(table.find(named("before")), nullptr);
        EXPECT_EQ(table.find(named("after")), nullptr);
        const auto after = described("after", "dev");
        const auto created = co_await store.create(after);
        const bool heard = co_await eventually([&] { return table.revision() >= created; });
        EXPECT_TRUE(heard);
        EXPECT_NE(table.find(after.name()), nullptr);
        const std::function<void(description&)> edit = [](description& what) { what.replicas = 4; };
        const auto name = after.name();
        co_await store.change(name, edit);
        const auto removed = co_await store.remove(name);
        const bool gone = co_await eventually([&] { return table.revision() >= removed; });
        EXPECT_TRUE(gone);
        EXPECT_EQ(table.find(after.name()), nullptr);
        EXPECT_EQ(seen.changes,
                  (std::vector<std::string>{"before.openfaas-fn 1", "after.dev 1", "after.dev 4", "after.dev gone"}));
        EXPECT_EQ(seen.troubles.size(), 0U);
        co_await table.stop();
        co_await store.create(after);
        co_await js.connection().flush();
        EXPECT_EQ(seen.changes.size(), 4U);
    });
}

TEST_F(function_store_test, tells_a_table_of_what_cannot_be_read_and_goes_on) {
    with_store([](function_store store, jetstream::context js) -> awaitable<void> {
        told seen;
        function_table table(js, store, seen.hooks());
        co_await table.ready(20s);
        co_await store.bucket().put("openfaas-fn.bad", "no JSON");
        co_await store.bucket().put("Odd.key.of.others", "{}");
        const auto good = described("good");
        const auto other_name = write_description(good);
        co_await store.bucket().put("openfaas-fn.other", other_name);
        const auto created = co_await store.create(good);
        const bool heard = co_await eventually([&] { return table.revision() >= created; });
        EXPECT_TRUE(heard);
        EXPECT_EQ(table.all().size(), 1U);
        EXPECT_EQ(seen.troubles.size(), 2U);
        EXPECT_TRUE(contains(seen.troubles.at(0), "openfaas-fn.bad"));
        co_await table.stop();
    });
}

class function_table_test : public test::live_test {
protected:
    /// The bucket goes, with all in it, and another one comes.
    static awaitable<void> lose_bucket(nats_server&, jetstream::context js) {
        auto store = co_await function_store::open(js);
        const auto kept = described("kept");
        const auto lost = described("lost");
        co_await store.create(kept);
        co_await store.create(lost);
        told seen;
        function_table table(js, store, seen.hooks());
        co_await table.ready(20s);
        EXPECT_EQ(table.all().size(), 2U);
        co_await kv::bucket::destroy(js, function_store::bucket_name);
        auto again = co_await function_store::open(js);
        co_await again.create(kept);
        const bool heard = co_await eventually([&] { return table.all().size() == 1; });
        EXPECT_TRUE(heard);
        EXPECT_EQ(table.find(lost.name()), nullptr);
        EXPECT_NE(table.find(kept.name()), nullptr);
        EXPECT_GT(seen.troubles.size(), 0U);
        EXPECT_EQ(seen.changes.back(), "lost.openfaas-fn gone");
        EXPECT_EQ(table.revision(), 1U);
        co_await table.stop();
    }
    static awaitable<void> lose_server(nats_server& server, jetstream::context js) {
        auto store = co_await function_store::open(js);
        const auto one = described("one");
        co_await store.create(one);
        told seen;
        function_table table(js, store, seen.hooks());
        co_await table.ready(20s);
        server.kill();
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        const auto two = described("two");
        bool written = false;
        for (int tries = 0; tries < 100 && !written; ++tries) {
            const auto failed = co_await failure_of(store.create(two));
            written = !failed.code || failed.code == errc::function_exists;
        }
        EXPECT_TRUE(written);
        const bool heard = co_await eventually([&] { return table.all().size() == 2; });
        EXPECT_TRUE(heard);
        EXPECT_EQ(std::count(seen.changes.begin(), seen.changes.end(), "one.openfaas-fn 1"), 1);
        co_await table.stop();
    }
    static awaitable<void> go_at_once(nats_server&, jetstream::context js) {
        auto store = co_await function_store::open(js);
        told seen;
        {
            function_table table(js, store, seen.hooks());
        }
        const auto one = described("one");
        co_await store.create(one);
        co_await test::turn();
        EXPECT_EQ(seen.changes.size(), 0U);
        function_table late(js, store);
        const auto failed = co_await failure_of(late.ready(0s));
        EXPECT_EQ(failed.code, nats::errc::timeout);
        co_await late.ready(20s);
        co_await late.ready(0s);  // known already
        co_await late.stop();
        co_await late.stop();
    }
};

TEST_F(function_table_test, forgets_what_a_new_bucket_does_not_have) { with_jetstream(lose_bucket); }
TEST_F(function_table_test, goes_on_when_the_server_is_back_and_tells_nothing_twice) { with_jetstream(lose_server); }
TEST_F(function_table_test, tells_nothing_once_it_is_gone) { with_jetstream(go_at_once); }

}  // namespace
}  // namespace mote::functions
