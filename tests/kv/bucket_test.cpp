#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

class live_bucket : public live_bucket_test {};

TEST_F(live_bucket, gets_what_was_put) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        EXPECT_FALSE(co_await b.get("a"));
        EXPECT_EQ(co_await b.put("a", "one"), 1u);
        EXPECT_EQ(co_await b.put("a.b/c=d-e_F", "two"), 2u);
        EXPECT_EQ(co_await b.put("a", "three"), 3u);
        const auto found = co_await b.get("a");
        if (!found) {
            ADD_FAILURE() << "not found";
            co_return;
        }
        EXPECT_EQ(found->bucket, "b");
        EXPECT_EQ(found->key, "a");
        EXPECT_EQ(found->value, "three");
        EXPECT_EQ(found->revision, 3u);
        EXPECT_EQ(found->operation, operation::put);
        EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - found->created), 1min);
        const auto other = co_await b.get("a.b/c=d-e_F");
        EXPECT_TRUE(other && other->value == "two");
        EXPECT_FALSE(co_await b.get("a.b"));
    });
}

TEST_F(live_bucket, puts_and_gets_with_one_request_each) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        const auto before = js.connection().stats().out_messages;
        co_await b.put("a", "1");
        EXPECT_EQ(js.connection().stats().out_messages - before, 1u);
        co_await b.get("a");
        EXPECT_EQ(js.connection().stats().out_messages - before, 2u);
        co_await b.get("a", 1);
        EXPECT_EQ(js.connection().stats().out_messages - before, 3u);
    });
}

TEST_F(live_bucket, puts_at_once_and_in_order) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        std::vector<awaitable<revision>> puts;
        for (int i = 0; i < 50; ++i) {
            const auto text = std::to_string(i);  // may end with the call
            puts.push_back(b.put("k" + text, text));
        }
        for (std::size_t i = puts.size(); i > 0; --i) EXPECT_EQ(co_await std::move(puts[i - 1]), i);
        const auto found = co_await b.get("k49");
        EXPECT_TRUE(found && found->value == "49");
    });
}

TEST_F(live_bucket, keeps_values_of_any_bytes) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        std::string bytes;
        for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
        bytes += "\r\n\r\nMSG a 1 5\r\nPONG\r\n";
        for (const auto& value : {bytes, std::string(), std::string("\0", 1), std::string("\r\n")}) {
            co_await b.put("a", value);
            const auto found = co_await b.get("a");
            EXPECT_TRUE(found && found->value == value) << value.size();
        }
        co_await b.put("empty", "");
        const auto history = co_await b.history("a");
        EXPECT_EQ(history.size(), 4u);
        if (!history.empty()) {
            EXPECT_EQ(history.front().value, bytes);
        }
        auto keys = co_await b.keys();
        EXPECT_EQ(keys.size(), 2u);
    });
}

TEST_F(live_bucket, keeps_values_up_to_the_servers_max_payload) {
    nats_server_options small;
    small.max_payload = 64 * 1024;
    with_bucket(
        [](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
            const std::string largest(js.connection().server().max_payload, 'x');
            EXPECT_EQ(largest.size(), 64u * 1024);
            co_await b.put("a", largest);
            const auto found = co_await b.get("a");
            EXPECT_TRUE(found && found->value == largest);
            EXPECT_EQ(test::failure_at_once([&] { (void)b.put("a", largest + "x"); }).code,
                      nats::errc::max_payload_exceeded);
        },
        small);
}

TEST_F(live_bucket, refuses_a_value_past_the_buckets_own_bound) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.max_value_size = 100;
        const auto b = co_await bucket::create(js, config);
        const auto refused = co_await failure_of(b.put("a", std::string(200, 'x')));
        EXPECT_EQ(refused.code, jetstream::errc::bad_request);
        EXPECT_TRUE(contains(refused.text, "message size exceeds maximum allowed")) << refused.text;
    });
}

TEST_F(live_bucket, refuses_bad_keys_before_they_are_sent) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        const auto sent = js.connection().stats().out_messages;
        for (const std::string key : {"", ".a", "a.", "a..b", "a b", "a*", "*", ">", "\xc3\xa4", "a\r\nPUB x 0\r\n"}) {
            for (const auto& seen : {
                     test::failure_at_once([&] { (void)b.get(key); }),
                     test::failure_at_once([&] { (void)b.get(key, 1); }),
                     test::failure_at_once([&] { (void)b.put(key, "v"); }),
                     test::failure_at_once([&] { (void)b.create(key, "v"); }),
                     test::failure_at_once([&] { (void)b.update(key, "v", 1); }),
                     test::failure_at_once([&] { (void)b.del(key); }),
                     test::failure_at_once([&] { (void)b.del(key, 1); }),
                     test::failure_at_once([&] { (void)b.purge(key); }),
                     test::failure_at_once([&] { (void)b.purge(key, 1); }),
                     test::failure_at_once([&] { (void)b.history(key); }),
                 }) {
                EXPECT_EQ(seen.code, errc::bad_key) << key;
                EXPECT_TRUE(contains(seen.text, "'" + key + "'")) << seen.text;
            }
        }
        for (const std::string filter : {"", "a>", "*a", ">.a", "a..>"}) {
            EXPECT_EQ(test::failure_at_once([&] { (void)b.keys(filter); }).code, errc::bad_key) << filter;
            EXPECT_EQ(test::failure_at_once([&] { (void)b.list_keys(filter); }).code, errc::bad_key) << filter;
            EXPECT_EQ(test::failure_at_once([&] { (void)b.watch(filter); }).code, errc::bad_key) << filter;
            const std::vector<std::string> two{"a", filter};
            EXPECT_EQ(test::failure_at_once([&] { (void)b.watch(two); }).code, errc::bad_key) << filter;
        }
        EXPECT_EQ(js.connection().stats().out_messages, sent);
        co_return;
    });
}

TEST_F(live_bucket, gets_a_value_by_its_revision) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        for (int i = 1; i <= 7; ++i) co_await b.put("a", std::to_string(i));
        co_await b.put("other", "8");
        co_await b.del("a");
        const auto found = co_await b.get("a", 4);
        EXPECT_TRUE(found && found->value == "4" && found->revision == 4);
        EXPECT_FALSE(co_await b.get("a", 1));   // five are kept
        EXPECT_FALSE(co_await b.get("a", 8));   // another key's
        EXPECT_FALSE(co_await b.get("a", 9));   // a marker
        EXPECT_FALSE(co_await b.get("a", 99));  // not yet
        EXPECT_FALSE(co_await b.get("a", 0));
        EXPECT_TRUE(co_await b.get("other", 8));
    });
}

TEST_F(live_bucket, deletes_and_keeps_the_history) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        co_await b.put("a", "2");
        co_await b.del("a");
        EXPECT_FALSE(co_await b.get("a"));
        co_await b.del("never");
        const auto history = co_await b.history("a");
        if (history.size() != 3) {
            ADD_FAILURE() << history.size();
            co_return;
        }
        EXPECT_EQ(history[0].value, "1");
        EXPECT_EQ(history[0].delta, 2u);
        EXPECT_EQ(history[1].value, "2");
        EXPECT_EQ(history[1].revision, 2u);
        EXPECT_EQ(history[2].operation, operation::del);
        EXPECT_EQ(history[2].value, "");
        EXPECT_EQ(history[2].delta, 0u);
        EXPECT_TRUE((co_await b.keys()).empty());
        EXPECT_TRUE((co_await b.history("absent")).empty());
    });
}

TEST_F(live_bucket, keeps_no_more_history_than_asked_for) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        for (int i = 1; i <= 9; ++i) co_await b.put("a", std::to_string(i));
        const auto history = co_await b.history("a");
        EXPECT_EQ(history.size(), 5u);
        if (!history.empty()) {
            EXPECT_EQ(history.front().value, "5");
        }
    });
}

TEST_F(live_bucket, deletes_only_the_revision_that_is_expected) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        const auto second = co_await b.put("a", "2");
        const auto refused = co_await b.del("a", 1);
        EXPECT_TRUE(refused.has_error());
        if (refused.has_error()) {
            EXPECT_EQ(refused.error(), errc::wrong_revision);
        }
        EXPECT_TRUE(co_await b.get("a"));
        const auto deleted = co_await b.del("a", second);
        EXPECT_TRUE(deleted.has_value() && *deleted == 3);
        EXPECT_FALSE(co_await b.get("a"));
    });
}

TEST_F(live_bucket, purges_a_key_with_its_history) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        co_await b.put("a", "2");
        co_await b.put("b", "1");
        co_await b.purge("a");
        EXPECT_FALSE(co_await b.get("a"));
        const auto history = co_await b.history("a");
        EXPECT_EQ(history.size(), 1u);
        if (!history.empty()) {
            EXPECT_EQ(history.front().operation, operation::purge);
        }
        const auto keys = co_await b.keys();
        EXPECT_EQ(keys, std::vector<std::string>{"b"});
        EXPECT_EQ((co_await b.status()).values, 2u);
    });
}

TEST_F(live_bucket, purges_only_the_revision_that_is_expected) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        const auto second = co_await b.put("a", "2");
        const auto refused = co_await b.purge("a", 1);
        EXPECT_TRUE(refused.has_error() && refused.error() == errc::wrong_revision);
        EXPECT_EQ((co_await b.history("a")).size(), 2u);
        const auto purged = co_await b.purge("a", second);
        EXPECT_TRUE(purged.has_value() && *purged == 3);
        EXPECT_EQ((co_await b.history("a")).size(), 1u);
        EXPECT_FALSE(co_await b.get("a"));
    });
}

TEST_F(live_bucket, creates_a_key_once) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        const auto made = co_await b.create("a", "1");
        EXPECT_TRUE(made.has_value() && *made == 1);
        const auto again = co_await b.create("a", "2");
        EXPECT_TRUE(again.has_error());
        if (again.has_error()) {
            EXPECT_EQ(again.error(), errc::key_exists);
        }
        const auto found = co_await b.get("a");
        EXPECT_TRUE(found && found->value == "1");
    });
}

TEST_F(live_bucket, creates_a_key_again_that_was_deleted_or_purged) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        co_await b.del("a");
        const auto after_delete = co_await b.create("a", "2");
        EXPECT_TRUE(after_delete.has_value() && *after_delete == 3);
        co_await b.purge("a");
        const auto after_purge = co_await b.create("a", "3");
        EXPECT_TRUE(after_purge.has_value() && *after_purge == 5);
        const auto found = co_await b.get("a");
        EXPECT_TRUE(found && found->value == "3");
    });
}

TEST_F(live_bucket, updates_only_the_revision_that_is_expected) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        const auto first = co_await b.put("a", "1");
        const auto second = co_await b.update("a", "2", first);
        EXPECT_TRUE(second.has_value() && *second == 2);
        const auto late = co_await b.update("a", "3", first);
        EXPECT_TRUE(late.has_error());
        if (late.has_error()) {
            EXPECT_EQ(late.error(), errc::wrong_revision);
        }
        const auto fresh = co_await b.update("new", "1", 0);
        EXPECT_TRUE(fresh.has_value());
        const auto absent = co_await b.update("absent", "1", 7);
        EXPECT_TRUE(absent.has_error());
        const auto found = co_await b.get("a");
        EXPECT_TRUE(found && found->value == "2");
    });
}

/// Adds one to a number, as often as it takes.
awaitable<void> add_one(bucket b, int times, int& conflicts) {
    for (int i = 0; i < times;) {
        const auto found = co_await b.get("n");
        if (!found) {
            ADD_FAILURE() << "no number";
            co_return;
        }
        const auto next = std::to_string(std::stoi(found->value) + 1);
        const auto outcome = co_await b.update("n", next, found->revision);
        if (outcome)
            ++i;
        else
            ++conflicts;
    }
}

/// Two connections count up the same number.
awaitable<void> count_together(nats_server& server) {
    auto one = co_await test::connect_to(server);
    auto two = co_await test::connect_to(server);
    const auto first = co_await bucket::create(jetstream::context(one), named("b"));
    const auto second = co_await bucket::open(jetstream::context(two), "b");
    co_await first.put("n", "0");
    int conflicts = 0;
    bool other_done = false;
    constexpr int times = 100;
    boost::asio::co_spawn(one.executor(), add_one(second, times, conflicts), [&](std::exception_ptr failed) {
        EXPECT_FALSE(failed);
        other_done = true;
    });
    co_await add_one(first, times, conflicts);
    while (!other_done) co_await one.flush();
    const auto found = co_await first.get("n");
    EXPECT_TRUE(found && found->value == std::to_string(2 * times)) << (found ? found->value : "nothing");
    EXPECT_GT(conflicts, 0);

    // Of two that create the same key one wins.
    auto mine = first.create("k", "1");
    auto theirs = second.create("k", "2");
    const bool i_won = (co_await std::move(mine)).has_value();
    const bool they_won = (co_await std::move(theirs)).has_value();
    EXPECT_NE(i_won, they_won);
    one.close();
    two.close();
}

TEST_F(live_bucket, tells_one_of_two_writers_that_it_came_late) {
    nats_server server;
    test::run(count_together(server));
}

TEST_F(live_bucket, forgets_values_after_their_time) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.ttl = 1s;
        const auto b = co_await bucket::create(js, config);
        co_await b.put("a", "1");
        auto found = co_await b.get("a");
        EXPECT_TRUE(found);
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (found && std::chrono::steady_clock::now() < deadline) found = co_await b.get("a");
        EXPECT_FALSE(co_await b.get("a"));
        EXPECT_TRUE((co_await b.keys()).empty());
        EXPECT_TRUE((co_await b.create("a", "2")).has_value());
    });
}

TEST_F(live_bucket, lists_thousands_of_keys_and_filters_them) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        EXPECT_TRUE((co_await b.keys()).empty());
        constexpr int count = 2500;
        std::vector<awaitable<revision>> puts;
        for (int i = 0; i < count; ++i)
            puts.push_back(b.put((i % 2 == 0 ? "even." : "odd.") + std::to_string(i), std::string(100, 'x')));
        for (auto& each : puts) co_await std::move(each);
        co_await b.del("even.0");
        co_await b.purge("odd.1");
        const auto all = co_await b.keys();
        EXPECT_EQ(all.size(), static_cast<std::size_t>(count - 2));
        EXPECT_EQ((co_await b.keys("even.*")).size(), static_cast<std::size_t>(count / 2 - 1));
        const auto one = co_await b.keys("odd.77");
        EXPECT_EQ(one, std::vector<std::string>{"odd.77"});
        EXPECT_TRUE((co_await b.keys("none.>")).empty());
        EXPECT_TRUE((co_await b.keys("odd.1")).empty());
    });
}

TEST_F(live_bucket, calls_outlive_the_bucket_they_were_made_on) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        auto short_lived = std::make_unique<bucket>(b);
        auto getting = short_lived->get("a");
        auto listing = short_lived->keys();
        auto creating = short_lived->create("c", "1");
        short_lived.reset();
        EXPECT_TRUE(co_await std::move(getting));
        EXPECT_EQ((co_await std::move(listing)).size(), 1u);
        EXPECT_TRUE((co_await std::move(creating)).has_value());
    });
}

}  // namespace
}  // namespace mote::kv
