#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

using test::server_at_least;

// A TTL is for `create` and `purge`; nothing else takes one.
template <class... Args>
concept can_put = requires(const bucket& b, Args... args) { b.put("k", "v", args...); };
template <class... Args>
concept can_update = requires(const bucket& b, Args... args) { b.update("k", "v", revision{1}, args...); };
template <class... Args>
concept can_delete = requires(const bucket& b, Args... args) { b.del("k", args...); };
static_assert(can_put<> && !can_put<std::chrono::seconds>);
static_assert(can_update<> && !can_update<std::chrono::seconds>);
static_assert(can_delete<> && can_delete<revision> && !can_delete<std::chrono::seconds>);
static_assert(!can_delete<revision, std::chrono::seconds>);

class live_key_ttl : public live_bucket_test {
protected:
    /// Runs `body(js, bucket)` with a bucket `b` whose keys may have a TTL; where the server is too old, with none.
    template <class Body>
    void with_markers(Body body) {
        with_jetstream([body](nats_server&, jetstream::context js) -> awaitable<void> {
            return prepared_with_markers(std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared_with_markers(jetstream::context js, Body body) {
        auto config = named("b");  // with a longer history the server would lengthen the TTL to that of the markers
        if (server_at_least(js, 2, 11)) config.limit_marker_ttl = 60s;
        auto made = co_await bucket::create(js, config);
        co_await body(js, made);
    }
};

/// What a call with a TTL throws on a server that is too old; nothing expected of a newer one.
template <class Call>
bool refused_by_an_old_server(const jetstream::context& js, Call call) {
    if (server_at_least(js, 2, 11)) return false;
    const auto refused = test::failure_at_once(call);
    EXPECT_EQ(refused.code, jetstream::errc::not_supported);
    EXPECT_TRUE(contains(refused.text, "needs nats-server 2.11")) << refused.text;
    return true;
}

/// Waits until the bucket has so many messages.
awaitable<void> expect_values(bucket b, std::uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::uint64_t seen = count + 1;
    while (seen != count && std::chrono::steady_clock::now() < deadline) seen = (co_await b.status()).values;
    EXPECT_EQ(seen, count);
}

TEST_F(live_key_ttl, ends_a_key_that_was_created_with_one) {
    with_markers([](jetstream::context js, bucket b) -> awaitable<void> {
        if (!server_at_least(js, 2, 11)) {
            const auto refused = co_await failure_of(b.create("a", "1", 1s));
            EXPECT_EQ(refused.code, jetstream::errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "needs nats-server 2.11")) << refused.text;
            EXPECT_TRUE((co_await b.create("a", "1")).has_value());
            co_return;
        }
        auto watch = co_await b.watch();
        EXPECT_FALSE(co_await watch.next(20s));
        EXPECT_TRUE((co_await b.create("a", "1", 1s)).has_value());
        EXPECT_TRUE((co_await b.create("stays", "1")).has_value());
        const auto put = co_await watch.next(20s);
        EXPECT_TRUE(put && put->key == "a" && put->operation == operation::put);
        co_await watch.next(20s);
        const auto gone = co_await watch.next(20s);
        EXPECT_TRUE(gone && gone->key == "a" && gone->operation == operation::purge);
        EXPECT_FALSE(co_await b.get("a"));
        EXPECT_TRUE(co_await b.get("stays"));
    });
}

TEST_F(live_key_ttl, of_a_key_that_exists_changes_nothing) {
    with_markers([](jetstream::context js, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        if (!server_at_least(js, 2, 11)) co_return;  // refused, see above
        const auto taken = co_await b.create("a", "2", 1s);
        EXPECT_TRUE(taken.has_error() && taken.error() == errc::key_exists);
        co_await b.del("a");
        EXPECT_TRUE((co_await b.create("a", "3", 60s)).has_value());
        const auto stored = co_await js.last_message("KV_b", "$KV.b.a");
        EXPECT_TRUE(stored && stored->message.headers().get("Nats-TTL") == "60000000000ns");
    });
}

TEST_F(live_key_ttl, ends_the_marker_of_a_purge) {
    with_markers([](jetstream::context js, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        if (refused_by_an_old_server(js, [&] { (void)b.purge("a", 1s); })) co_return;
        co_await b.purge("a", 1s);
        EXPECT_EQ((co_await b.history("a")).size(), 1u);
        co_await expect_values(b, 0);
    });
}

TEST_F(live_key_ttl, goes_with_an_expected_revision) {
    with_markers([](jetstream::context js, bucket b) -> awaitable<void> {
        const auto put = co_await b.put("a", "1");
        if (refused_by_an_old_server(js, [&] { (void)b.purge("a", put, 1s); })) co_return;
        const auto refused = co_await b.purge("a", put + 1, 1s);
        EXPECT_TRUE(refused.has_error() && refused.error() == errc::wrong_revision);
        EXPECT_TRUE((co_await b.purge("a", put, 1s)).has_value());
        co_await expect_values(b, 0);
    });
}

TEST_F(live_key_ttl, is_refused_by_a_bucket_without_markers) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        const auto short_one = co_await failure_of(b.create("b", "1", 999ms));
        EXPECT_EQ(short_one.code, jetstream::errc::bad_config);
        if (!server_at_least(js, 2, 11)) co_return;
        EXPECT_EQ((co_await failure_of(b.create("b", "1", 1s))).code, jetstream::errc::message_ttl_disabled);
        EXPECT_EQ((co_await failure_of(b.purge("a", 1s))).code, jetstream::errc::message_ttl_disabled);
        EXPECT_TRUE(co_await b.get("a"));
    });
}

}  // namespace
}  // namespace mote::kv
