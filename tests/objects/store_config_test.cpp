#include <tests/objects/fixture.hpp>

#include <tests/jetstream/live_test.hpp>

#include <algorithm>

namespace mote::objects::test {
namespace {

using mote::test::server_at_least;

/// What a store may be told besides its bounds.
using store_config_test = objects_test;

store_config photos_config() {
    store_config config;
    config.store = "photos";
    return config;
}

TEST_F(store_config_test, keeps_metadata) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto config = photos_config();
        config.metadata["team"] = "a";
        if (!server_at_least(js, 2, 10)) {
            const auto error = co_await error_of(store::create(js, config));
            EXPECT_EQ(error, jetstream::errc::not_supported);
            const auto missing = co_await error_of(store::open(js, "photos"));
            EXPECT_EQ(missing, errc::store_not_found);
            co_return;
        }
        const auto photos = co_await store::create(js, config);
        const auto status = co_await photos.status();
        EXPECT_EQ(status.metadata.at("team"), "a");
        co_await store::create(js, config);
        co_await store::create(js, photos_config());  // asks for none
        config.metadata["team"] = "b";
        const auto text = co_await error_text_of(store::create(js, config));
        EXPECT_NE(text.find("the metadata 'team' differs"), std::string::npos) << text;
    });
}

TEST_F(store_config_test, compresses) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto config = photos_config();
        config.compressed = true;
        if (!server_at_least(js, 2, 10)) {
            const auto error = co_await error_of(store::create_or_open(js, config));
            EXPECT_EQ(error, jetstream::errc::not_supported);
            co_return;
        }
        const auto photos = co_await store::create(js, config);
        const auto status = co_await photos.status();
        EXPECT_TRUE(status.compressed);
        const auto bytes = std::string(1'000'000, 'x');
        co_await photos.put("x", bytes);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == bytes);
    });
}

TEST_F(store_config_test, places_the_store) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto config = photos_config();
        config.placement.cluster = "east";
        config.placement.tags = {"ssd"};
        co_await store::create(js, config);
        const auto stream = co_await js.stream("OBJ_photos");
        EXPECT_EQ(stream.config.placement, config.placement);
        co_await store::create(js, config);
        config.placement.cluster = "west";
        const auto text = co_await error_text_of(store::create(js, config));
        EXPECT_NE(text.find("the placement differs"), std::string::npos) << text;
    });
}

TEST_F(store_config_test, sealed_is_read_only_for_ever) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "of x");
        co_await photos.seal();
        const auto status = co_await photos.status();
        EXPECT_TRUE(status.sealed);
        co_await photos.seal();  // it is

        auto error = co_await error_of(photos.put("x", "other"));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
        error = co_await error_of(photos.put("y", ""));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
        error = co_await error_of(photos.del("x"));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
        error = co_await error_of(photos.update_meta("x", named("x")));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
        error = co_await error_of(photos.update_meta("x", named("y")));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
        error = co_await error_of(new_store(js));
        EXPECT_EQ(error, errc::store_exists);

        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "of x");
        const auto all = co_await photos.list();
        EXPECT_EQ(all.size(), 1U);
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        co_await store::destroy(js, "photos");
    });
}

TEST_F(store_config_test, is_changed_and_the_objects_stay) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "of x");
        store_config config;
        config.store = "photos";
        config.description = "changed";
        config.ttl = 1h;
        config.max_bytes = 1'000'000;
        const auto changed = co_await store::change(js, config);
        const auto status = co_await changed.status();
        EXPECT_EQ(status.description, "changed");
        EXPECT_EQ(status.ttl, 1h);
        EXPECT_EQ(status.max_bytes, 1'000'000);
        const auto bytes = co_await changed.get_bytes("x");
        EXPECT_EQ(bytes, "of x");
        co_await store::create(js, config);  // the same now
        config.ttl = 1min;                   // less than the server remembers the ids of messages
        co_await store::change(js, config);
        const auto short_lived = co_await changed.status();
        EXPECT_EQ(short_lived.ttl, 1min);
        config.ttl = 0s;
        const auto kept = co_await store::create_or_change(js, config);
        const auto kept_status = co_await kept.status();
        EXPECT_EQ(kept_status.ttl, 0s);

        config.storage = jetstream::storage_type::memory;
        auto error = co_await error_of(store::change(js, config));
        EXPECT_TRUE(error) << "the storage was changed";
        config.storage = jetstream::storage_type::file;
        config.replicas = 0;
        error = co_await error_of(store::change(js, config));
        EXPECT_EQ(error, errc::bad_config);
        config.replicas = 1;
        config.store = "other";
        error = co_await error_of(store::change(js, config));
        EXPECT_EQ(error, errc::store_not_found);
        config.store = "a.b";
        error = co_await error_of(store::change(js, config));
        EXPECT_EQ(error, errc::bad_store);
    });
}

TEST_F(store_config_test, is_made_or_changed_by_create_or_change) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        store_config config;
        config.store = "photos";
        config.ttl = 1h;
        const auto first = co_await store::create_or_change(js, config);
        co_await first.put("x", "of x");
        config.ttl = 2h;
        const auto second = co_await store::create_or_change(js, config);
        const auto status = co_await second.status();
        EXPECT_EQ(status.ttl, 2h);
        const auto bytes = co_await second.get_bytes("x");
        EXPECT_EQ(bytes, "of x");
    });
}

TEST_F(store_config_test, of_all_stores_is_told) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto all = co_await store::statuses(js);
        EXPECT_TRUE(all.empty());
        co_await new_store(js);
        const auto archive = co_await new_store(js, "archive");
        co_await archive.put("x", "1");
        co_await archive.seal();
        jetstream::stream_config other;
        other.name = "OTHER";
        other.subjects = {"$O.other.C.>"};
        co_await js.create_stream(other);
        all = co_await store::statuses(js);
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.store < b.store; });
        EXPECT_EQ(all.size(), 2U);
        if (all.size() != 2) co_return;
        EXPECT_EQ(all[0].store, "archive");
        EXPECT_TRUE(all[0].sealed);
        EXPECT_GT(all[0].bytes, 0U);
        EXPECT_EQ(all[1].store, "photos");
        EXPECT_FALSE(all[1].sealed);
    });
}

}  // namespace
}  // namespace mote::objects::test
