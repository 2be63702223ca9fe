#include <mote/kv/bucket.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sstream>

namespace mote::kv {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::failure_of;
using test::nats_server;

constexpr std::chrono::nanoseconds patience = 20s;

/// What a watcher should hand out next: `key=value`, `key DEL`, `key PURGE`, or `|` for the mark.
std::string shown(const std::optional<entry>& seen) {
    if (!seen) return "|";
    switch (seen->operation) {
        case operation::put: return seen->key + "=" + seen->value;
        case operation::del: return seen->key + " DEL";
        case operation::purge: return seen->key + " PURGE";
    }
    return "?";
}

/// Expects what the text lists, divided by commas.
awaitable<void> expect(watcher& watch, std::string expected) {
    std::istringstream list(expected);
    std::string each;
    while (std::getline(list >> std::ws, each, ',')) {
        const bool before = watch.caught_up();
        const auto seen = co_await watch.next(patience);
        EXPECT_EQ(shown(seen), each);
        if (each == "|") {
            EXPECT_FALSE(before);
            EXPECT_TRUE(watch.caught_up());
        }
    }
}

class live_watch : public test::live_test {
protected:
    /// Runs `body(server, js, bucket)` with a bucket `b` of history 5 in which a=2 (before: 1), b was deleted, c.d=3.
    template <class Body>
    void with_values(Body body) {
        with_jetstream([body](nats_server& server, jetstream::context js) -> awaitable<void> {
            return prepared(server, std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, jetstream::context js, Body body) {
        bucket_config config;
        config.bucket = "b";
        config.history = 5;
        const auto made = co_await bucket::create(js, config);
        co_await made.put("a", "1");
        co_await made.put("b", "x");
        co_await made.put("a", "2");
        co_await made.del("b");
        co_await made.put("c.d", "3");
        co_await body(server, js, made);
    }
};

TEST_F(live_watch, hands_out_what_is_there_then_the_mark_then_changes) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        EXPECT_FALSE(watch.caught_up());
        co_await expect(watch, "a=2, b DEL, c.d=3, |");
        EXPECT_FALSE(co_await watch.next(10ms));
        co_await b.put("a", "4");
        co_await expect(watch, "a=4");  // first: 2.9 skips what is not delivered yet when another key is purged
        co_await b.purge("c.d");
        co_await b.del("a");
        co_await expect(watch, "c.d PURGE, a DEL");
        const auto quiet = co_await watch.next(10ms);
        EXPECT_FALSE(quiet);
    });
}

TEST_F(live_watch, of_an_entry_tells_all_of_it) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch("a");
        const auto seen = co_await watch.next(patience);
        if (!seen) {
            ADD_FAILURE() << "nothing came";
            co_return;
        }
        EXPECT_EQ(seen->bucket, "b");
        EXPECT_EQ(seen->key, "a");
        EXPECT_EQ(seen->value, "2");
        EXPECT_EQ(seen->revision, 3u);
        EXPECT_EQ(seen->delta, 0u);
        EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - seen->created), 1min);
    });
}

TEST_F(live_watch, of_an_empty_bucket_begins_with_the_mark) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        bucket_config config;
        config.bucket = "empty";
        const auto b = co_await bucket::create(js, config);
        auto watch = co_await b.watch();
        co_await expect(watch, "|");
        co_await b.put("a", "1");
        co_await expect(watch, "a=1");
    });
}

TEST_F(live_watch, follows_a_filter) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        auto one = co_await b.watch("a");
        auto tree = co_await b.watch("c.>");
        auto token = co_await b.watch("*");
        co_await b.put("c.e", "5");
        co_await b.put("a", "6");
        co_await expect(one, "a=2, |, a=6");
        co_await expect(tree, "c.d=3, |, c.e=5");
        co_await expect(token, "a=2, b DEL, |, a=6");
    });
}

TEST_F(live_watch, follows_several_filters) {
    with_values([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        const std::vector<std::string> filters{"b", "c.>"};
        if (!test::server_at_least(js, 2, 10)) {
            const auto refused = co_await failure_of(b.watch(filters));
            EXPECT_EQ(refused.code, jetstream::errc::not_supported);
            EXPECT_TRUE(test::contains(refused.text, "several filters needs nats-server 2.10")) << refused.text;
            co_return;
        }
        auto watch = co_await b.watch(filters);
        co_await b.put("a", "6");
        co_await b.put("c.e", "5");
        co_await expect(watch, "b DEL, c.d=3, |, c.e=5");
        const std::vector<std::string> overlapping{"c.d", "c.>"};
        EXPECT_TRUE(test::contains((co_await failure_of(b.watch(overlapping))).text, "overlap"));
    });
}

TEST_F(live_watch, refuses_options_that_contradict_each_other) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.updates_only = true;
        opts.include_history = true;
        EXPECT_EQ(test::failure_at_once([&] { (void)b.watch(">", opts); }).code, errc::bad_config);
        opts.include_history = false;
        opts.resume_from = 3;
        EXPECT_EQ(test::failure_at_once([&] { (void)b.watch(">", opts); }).code, errc::bad_config);
        const std::vector<std::string> none;
        EXPECT_EQ(test::failure_at_once([&] { (void)b.watch(none); }).code, errc::bad_key);
        co_return;
    });
}

TEST_F(live_watch, includes_the_history) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.include_history = true;
        auto watch = co_await b.watch(">", opts);
        co_await expect(watch, "a=1, b=x, a=2, b DEL, c.d=3, |");
    });
}

TEST_F(live_watch, of_updates_only_begins_with_the_mark) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.updates_only = true;
        auto watch = co_await b.watch(">", opts);
        co_await b.put("a", "9");
        co_await expect(watch, "|, a=9");
    });
}

TEST_F(live_watch, ignores_deletes) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.del("c.d");  // the last of the initial ones is a marker
        watch_options opts;
        opts.ignore_deletes = true;
        auto watch = co_await b.watch(">", opts);
        co_await b.del("a");
        co_await b.purge("a");
        co_await b.put("a", "7");
        co_await expect(watch, "a=2, |, a=7");
    });
}

TEST_F(live_watch, brings_no_values_when_only_meta_is_asked_for) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.meta_only = true;
        auto watch = co_await b.watch(">", opts);
        co_await expect(watch, "a=, b DEL, c.d=, |");
    });
}

TEST_F(live_watch, resumes_at_a_revision) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.resume_from = 3;
        auto watch = co_await b.watch(">", opts);
        co_await expect(watch, "a=2, b DEL, c.d=3, |");
        opts.resume_from = 100;
        auto later = co_await b.watch(">", opts);
        co_await expect(later, "|");
    });
}

TEST_F(live_watch, takes_several_options_together) {
    with_values([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        watch_options opts;
        opts.include_history = true;
        opts.ignore_deletes = true;
        auto values = co_await b.watch(">", opts);
        co_await expect(values, "a=1, b=x, a=2, c.d=3, |");
        opts.meta_only = true;
        auto names = co_await b.watch(">", opts);
        co_await expect(names, "a=, b=, a=, c.d=, |");
        opts.resume_from = 3;
        auto later = co_await b.watch(">", opts);
        co_await expect(later, "a=, c.d=, |");
        opts.resume_from = 100;  // that is to come
        auto ahead = co_await b.watch("a", opts);
        co_await expect(ahead, "|");
        watch_options markers;
        markers.ignore_deletes = true;
        auto nothing = co_await b.watch("b", markers);
        co_await expect(nothing, "|");
        markers.updates_only = true;
        markers.meta_only = true;
        auto updates = co_await b.watch(">", markers);
        co_await expect(updates, "|");
        co_await b.del("a");
        co_await b.put("a", "4");
        co_await expect(updates, "a=");
        co_await expect(values, "a=4");
    });
}

TEST_F(live_watch, is_stopped_for_good) {
    with_values([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        co_await watch.stop();
        EXPECT_FALSE(co_await watch.next(patience));
        EXPECT_EQ((co_await js.stream("KV_b")).state.consumers, 0);
        {
            auto second = co_await b.watch();
            auto third = std::move(second);
            co_await test::expect_consumers(js, "KV_b", 1);
        }
        co_await test::expect_consumers(js, "KV_b", 0);
    });
}

TEST_F(live_watch, says_that_the_bucket_or_the_connection_has_gone) {
    with_values([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        co_await expect(watch, "a=2, b DEL, c.d=3, |");
        js.connection().close();
        EXPECT_EQ((co_await failure_of(watch.next(patience))).code, nats::errc::closed);
    });
    with_values([](nats_server& server, jetstream::context js, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        co_await expect(watch, "a=2, b DEL, c.d=3, |");
        co_await bucket::destroy(js, "b");
        server.kill();  // else it would take ten seconds to miss the heartbeats
        server.restart();
        EXPECT_EQ((co_await failure_of(watch.next(patience))).code, errc::bucket_not_found);
    });
}

TEST_F(live_watch, goes_on_over_a_restart_of_the_server) {
    with_values([](nats_server& server, jetstream::context js, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        co_await expect(watch, "a=2, b DEL, c.d=3, |");
        server.kill();
        EXPECT_FALSE(co_await watch.next(100ms));
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        co_await b.put("a", "4");
        co_await b.put("a", "5");
        co_await expect(watch, "a=4, a=5");
        const auto quiet = co_await watch.next(20ms);
        EXPECT_FALSE(quiet);
    });
}

TEST_F(live_watch, goes_on_over_a_restart_within_the_initial_values) {
    with_values([](nats_server& server, jetstream::context js, bucket b) -> awaitable<void> {
        auto watch = co_await b.watch();
        co_await expect(watch, "a=2");
        server.kill();
        server.restart();
        co_await expect(watch, "b DEL, c.d=3, |");
        co_await test::wait_reconnected(js.connection(), 1);
        co_await b.put("a", "4");
        co_await expect(watch, "a=4");
    });
}

/// Writes through one connection and watches through another one that is cut again and again.
awaitable<void> watch_through_cuts(nats_server& server) {
    test::tcp_proxy proxy(server.port());
    auto direct = co_await test::connect_to(server);
    auto opts = test::options_for(server);
    opts.servers = {"nats://127.0.0.1:" + std::to_string(proxy.port())};
    auto proxied = co_await nats::connection::connect(std::move(opts));
    bucket_config config;
    config.bucket = "b";
    config.history = 64;
    const auto writer = co_await bucket::create(jetstream::context(direct), config);
    const auto reader = co_await bucket::open(jetstream::context(proxied), "b");
    auto watch = co_await reader.watch();
    co_await expect(watch, "|");
    revision last = 0;
    for (int round = 0; round < 5; ++round) {
        revision written = 0;
        for (int i = 0; i < 100; ++i)
            written = co_await writer.put("k" + std::to_string(i % 10), std::to_string(round * 100 + i));
        proxy.cut();
        while (last < written) {
            const auto seen = co_await watch.next(patience);
            if (!seen || seen->revision != last + 1) {
                ADD_FAILURE() << "behind " << last << ": " << (seen ? std::to_string(seen->revision) : "nothing");
                co_return;
            }
            last = seen->revision;
        }
    }
    direct.close();
    proxied.close();
}

TEST_F(live_watch, misses_nothing_over_cut_connections) {
    nats_server server;
    test::run(watch_through_cuts(server));
}

}  // namespace
}  // namespace mote::kv
