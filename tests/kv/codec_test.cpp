#include <tests/kv/live_bucket.hpp>

#include <algorithm>

namespace mote::kv {
namespace {

/// Buckets whose keys are stored in another form.
class live_codec : public live_bucket_test {};

awaitable<void> expect_keys(bucket b, std::string filter, std::vector<std::string> expected) {
    auto keys = co_await b.keys(filter);
    std::sort(keys.begin(), keys.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(keys, expected) << filter;
}

TEST_F(live_codec, takes_keys_of_any_bytes) {
    with_bucket([](nats_server&, jetstream::context, bucket plain) -> awaitable<void> {
        const auto b = plain.with_codec(base64_key_codec());
        EXPECT_EQ(b.name(), "b");
        const std::vector<std::string> odd{"a b", ".", "*", ">", "ü/ö", "", std::string("\0\r\n", 3)};
        for (const auto& key : odd) {
            if (key.empty()) continue;
            const auto first = co_await b.put(key, "of " + key);
            const auto found = co_await b.get(key);
            EXPECT_TRUE(found && found->key == key && found->value == "of " + key) << key;
            const auto again = co_await b.get(key, first);
            EXPECT_TRUE(again && again->key == key);
            EXPECT_TRUE((co_await b.update(key, "2", first)).has_value());
            EXPECT_TRUE((co_await b.create(key, "3")).has_error());
            const auto history = co_await b.history(key);
            EXPECT_TRUE(history.size() == 2 && history.back().key == key && history.back().value == "2") << key;
        }
        const std::vector<std::string> all{"a b", ".", "*", ">", "ü/ö", std::string("\0\r\n", 3)};
        co_await expect_keys(b, ">", all);
        EXPECT_EQ(test::failure_at_once([&] { (void)b.put("", "x"); }).code, errc::bad_key);
        EXPECT_EQ(test::failure_at_once([&] { (void)b.keys("a.*"); }).code, errc::bad_key);
        const auto stored = co_await plain.get("YSBi");
        EXPECT_TRUE(stored && stored->value == "2");
    });
}

TEST_F(live_codec, watches_what_its_filter_finds) {
    with_bucket([](nats_server&, jetstream::context, bucket plain) -> awaitable<void> {
        const auto b = plain.with_codec(base64_token_codec());
        co_await b.put("user.ann@x", "1");
        co_await b.put("user.bob@x", "2");
        co_await b.put("other.ann@x", "3");
        const std::vector<std::string> users{"user.ann@x", "user.bob@x"};
        co_await expect_keys(b, "user.*", users);
        auto watch = co_await b.watch("*.ann@x");
        const auto first = co_await watch.next(20s);
        EXPECT_TRUE(first && first->key == "user.ann@x");
        const auto second = co_await watch.next(20s);
        EXPECT_TRUE(second && second->key == "other.ann@x");
        EXPECT_FALSE(co_await watch.next(20s));
        EXPECT_TRUE(watch.caught_up());
        co_await b.del("user.ann@x");
        const auto gone = co_await watch.next(20s);
        EXPECT_TRUE(gone && gone->key == "user.ann@x" && gone->operation == operation::del);
    });
}

TEST_F(live_codec, does_not_see_keys_that_it_does_not_know) {
    with_bucket([](nats_server&, jetstream::context, bucket plain) -> awaitable<void> {
        const auto b = plain.with_codec(base64_key_codec());
        co_await plain.put("foreign.key", "1");
        co_await b.put("ours", "2");
        co_await plain.del("foreign.key");
        co_await plain.put("other.key", "1");
        const std::vector<std::string> ours{"ours"};
        co_await expect_keys(b, ">", ours);
        auto lister = co_await b.list_keys();
        EXPECT_EQ(co_await lister.next(), "ours");
        EXPECT_FALSE(co_await lister.next());
        auto watch = co_await b.watch();
        const auto seen = co_await watch.next(20s);
        EXPECT_TRUE(seen && seen->key == "ours");
        EXPECT_FALSE(co_await watch.next(20s));
        EXPECT_TRUE(watch.caught_up());
        EXPECT_EQ(co_await b.purge_deletes(0s), 2u);  // these are no one's any more
        EXPECT_EQ((co_await plain.keys()).size(), 2u);
    });
}

TEST_F(live_codec, of_paths_stores_them_as_trees) {
    with_bucket([](nats_server&, jetstream::context, bucket plain) -> awaitable<void> {
        const auto b = plain.with_codec(path_codec());
        constexpr const char* paths[] = {"/", "/etc/hosts", "/etc/ssl/certs", "home/ann"};
        for (const auto* const path : paths) co_await b.put(path, path);
        const std::vector<std::string> etc{"/etc/hosts", "/etc/ssl/certs"};
        co_await expect_keys(b, "/etc/>", etc);
        const auto stored = co_await plain.get("_root_.etc.hosts");
        EXPECT_TRUE(stored && stored->value == "/etc/hosts");
        EXPECT_EQ(test::failure_at_once([&] { (void)b.put("a.txt", "x"); }).code, errc::bad_key);
    });
}

}  // namespace
}  // namespace mote::kv
