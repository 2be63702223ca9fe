#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

#include <algorithm>

namespace mote::objects::test {
namespace {

using store_test = objects_test;

TEST_F(store_test, makes_the_stream_of_the_official_clients) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        store_config config;
        config.store = "photos";
        config.description = "of cats";
        config.ttl = 1h;
        config.max_bytes = 1'000'000;
        config.storage = jetstream::storage_type::memory;
        co_await store::create(js, config);
        const auto stream = (co_await js.stream("OBJ_photos")).config;
        EXPECT_EQ(stream.subjects, (std::vector<std::string>{"$O.photos.C.>", "$O.photos.M.>"}));
        EXPECT_EQ(stream.description, "of cats");
        EXPECT_EQ(stream.discard, jetstream::discard_policy::new_messages);
        EXPECT_EQ(stream.max_age, 1h);
        EXPECT_EQ(stream.max_bytes, 1'000'000);
        EXPECT_EQ(stream.max_messages, -1);
        EXPECT_EQ(stream.max_messages_per_subject, -1);
        EXPECT_EQ(stream.storage, jetstream::storage_type::memory);
        EXPECT_TRUE(stream.allow_rollup);
        EXPECT_TRUE(stream.allow_direct);
        EXPECT_FALSE(stream.deny_delete);
        EXPECT_FALSE(stream.deny_purge);
    });
}

TEST_F(store_test, is_opened_by_create_with_the_same_configuration_only) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto first = co_await new_store(js);
        co_await first.put("x", "y");
        const auto same = co_await new_store(js);
        const auto bytes = co_await same.get_bytes("x");
        EXPECT_EQ(bytes, "y");

        store_config other;
        other.store = "photos";
        other.ttl = 1h;
        const auto error = co_await error_of(store::create(js, other));
        EXPECT_EQ(error, errc::store_exists);
        const auto text = co_await error_text_of(store::create(js, other));
        EXPECT_NE(text.find("photos: ttl in ns is 0, asked for 3600000000000"), std::string::npos) << text;
        const auto opened = co_await store::create_or_open(js, other);
        const auto status = co_await opened.status();
        EXPECT_EQ(status.ttl, 0s);
        const auto by_name = co_await store::open(js, "photos");
        EXPECT_EQ(by_name.name(), "photos");
    });
}

TEST_F(store_test, is_made_by_create_or_open) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        store_config config;
        config.store = "new";
        config.ttl = 1h;
        const auto made = co_await store::create_or_open(js, config);
        const auto status = co_await made.status();
        EXPECT_EQ(status.ttl, 1h);
    });
}

TEST_F(store_test, that_does_not_exist_is_said_to) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto error = co_await error_of(store::open(js, "none"));
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(store::destroy(js, "none"));
        EXPECT_EQ(error, errc::store_not_found);

        const auto photos = co_await new_store(js);
        co_await store::destroy(js, "photos");
        error = co_await error_of(photos.info("x"));
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.get("x"));
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.del("x"));
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.list());
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.watch());
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.status());
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.seal());
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.put("x", "y"));
        EXPECT_EQ(error, errc::store_not_found);
    });
}

TEST_F(store_test, has_a_name_and_a_configuration_that_can_be) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        for (const auto* name : {"", "a.b", "a b", ">", "*", "ä"}) {
            auto error = co_await error_of(new_store(js, name));
            EXPECT_EQ(error, errc::bad_store) << name;
            error = co_await error_of(store::open(js, name));
            EXPECT_EQ(error, errc::bad_store) << name;
            error = co_await error_of(store::destroy(js, name));
            EXPECT_EQ(error, errc::bad_store) << name;
        }
        store_config config;
        config.store = "photos";
        config.ttl = -1s;
        auto error = co_await error_of(store::create(js, config));
        EXPECT_EQ(error, errc::bad_config);
        config.ttl = 0s;
        config.replicas = 0;
        error = co_await error_of(store::create(js, config));
        EXPECT_EQ(error, errc::bad_config);
        config.replicas = 1;
        config.max_bytes = -2;
        error = co_await error_of(store::create(js, config));
        EXPECT_EQ(error, errc::bad_config);
    });
}

TEST_F(store_test, is_found_by_its_name) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        auto names = co_await store::names(js);
        EXPECT_TRUE(names.empty());
        co_await new_store(js, "b");
        co_await new_store(js, "a");
        jetstream::stream_config other;
        other.name = "other";
        other.subjects = {"$O.c.C.>"};
        co_await js.create_stream(other);
        names = co_await store::names(js);
        std::sort(names.begin(), names.end());
        EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
    });
}

TEST_F(store_test, tells_its_status) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        store_config config;
        config.store = "photos";
        config.description = "of cats";
        config.ttl = 1h;
        const auto photos = co_await store::create(js, config);
        co_await photos.put("x", some_bytes(1000));
        const auto status = co_await photos.status();
        EXPECT_EQ(status.store, "photos");
        EXPECT_EQ(status.description, "of cats");
        EXPECT_GT(status.bytes, 1000U);
        EXPECT_EQ(status.ttl, 1h);
        EXPECT_EQ(status.replicas, 1);
        EXPECT_EQ(status.storage, jetstream::storage_type::file);
        EXPECT_EQ(status.max_bytes, -1);
        EXPECT_EQ(status.backing_store, "JetStream");
        EXPECT_FALSE(status.sealed);
        EXPECT_FALSE(status.compressed);
    });
}

TEST_F(store_test, lists_what_is_there) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto all = co_await photos.list();
        EXPECT_TRUE(all.empty());
        for (const auto* name : {"a", "b", "c", "a"}) co_await photos.put(name, "of " + std::string(name));
        co_await photos.del("b");
        all = co_await photos.list();
        EXPECT_EQ(all.size(), 2U);
        if (all.size() != 2) co_return;
        EXPECT_EQ(all[0].name, "c");
        EXPECT_EQ(all[1].name, "a");
        EXPECT_EQ(all[1].size, 4U);
        EXPECT_NE(all[1].modified, std::chrono::system_clock::time_point());
    });
}

TEST_F(store_test, lists_many) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        for (int i = 0; i < 600; ++i) co_await photos.put(std::to_string(i), "");
        const auto all = co_await photos.list();
        EXPECT_EQ(all.size(), 600U);
    });
}

TEST_F(store_test, lists_nothing_when_all_are_deleted) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", "1");
        co_await photos.del("a");
        const auto all = co_await photos.list();
        EXPECT_TRUE(all.empty());
    });
}

TEST_F(store_test, names_the_information_that_cannot_be_listed) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto subject = detail::info_of("photos", "x");
        co_await js.publish(subject, R"({"name":"x","size":"large"})");
        const auto text = co_await error_text_of(photos.list());
        EXPECT_NE(text.find("size: not a whole number from 0: invalid object information"), std::string::npos) << text;
    });
}

TEST_F(store_test, deletes_an_object_and_its_chunks) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto meta = named("x", 10);
        meta.description = "kept";
        const auto stored = co_await photos.put(meta, pieces_of(some_bytes(100), 10));
        co_await photos.del("x");
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 1U);
        const auto info = co_await photos.info("x");
        EXPECT_FALSE(info);
        const auto error = co_await error_of(photos.get("x"));
        EXPECT_EQ(error, errc::object_not_found);

        const auto marker = co_await js.last_message("OBJ_photos", detail::info_of("photos", "x"));
        EXPECT_TRUE(marker);
        if (!marker) co_return;
        EXPECT_EQ(marker->message.payload(),
                  R"({"name":"x","description":"kept","options":{"max_chunk_size":10},"bucket":"photos","nuid":")" +
                      stored.nuid + R"(","size":0,"mtime":"0001-01-01T00:00:00Z","chunks":0,"deleted":true})");
        EXPECT_EQ(marker->message.headers().get("Nats-Rollup"), "sub");
    });
}

TEST_F(store_test, does_not_delete_what_is_not_there) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(photos.del("x"));
        EXPECT_EQ(error, errc::object_not_found);
        co_await photos.put("x", "y");
        co_await photos.del("x");
        error = co_await error_of(photos.del("x"));
        EXPECT_EQ(error, errc::object_not_found);
    });
}

TEST_F(store_test, takes_an_object_again_after_it_was_deleted) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "1");
        co_await photos.del("x");
        co_await photos.put("x", "2");
        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "2");
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
    });
}

TEST_F(store_test, deletes_an_object_whose_information_cannot_be_read) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("other", "stays");
        const auto subject = detail::info_of("photos", "x");
        co_await js.publish(subject, R"({"name":"x","nuid":">","size":1})");
        co_await photos.del("x");
        const auto info = co_await photos.info("x");
        EXPECT_FALSE(info);
        const auto other = co_await photos.get_bytes("other");
        EXPECT_EQ(other, "stays");
    });
}

TEST_F(store_test, goes_with_all_its_objects) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "y");
        co_await store::destroy(js, "photos");
        const auto names = co_await store::names(js);
        EXPECT_TRUE(names.empty());
        const auto again = co_await new_store(js);
        const auto info = co_await again.info("x");
        EXPECT_FALSE(info);
    });
}

}  // namespace
}  // namespace mote::objects::test
