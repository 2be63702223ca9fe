#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

namespace mote::objects::test {
namespace {

/// What is said of an object that is stored.
using meta_test = objects_test;

TEST_F(meta_test, is_replaced_and_the_bytes_stay) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto meta = named("x", 10);
        meta.description = "before";
        meta.metadata["old"] = "1";
        const auto stored = co_await photos.put(meta, pieces_of(some_bytes(100), 10));
        meta.description = "after";
        meta.headers["Content-Type"] = {"image/jpeg"};
        meta.metadata = {{"new", "2"}};
        meta.chunk_size = 99;
        const auto updated = co_await photos.update_meta("x", meta);
        const auto info = co_await photos.info("x");
        EXPECT_TRUE(info);
        if (!info) co_return;
        for (const auto& each : {updated, *info}) {
            EXPECT_EQ(each.name, "x");
            EXPECT_EQ(each.description, "after");
            EXPECT_EQ(each.headers, meta.headers);
            EXPECT_EQ(each.metadata, meta.metadata);
            EXPECT_EQ(each.nuid, stored.nuid);
            EXPECT_EQ(each.digest, stored.digest);
            EXPECT_EQ(each.size, 100U);
            EXPECT_EQ(each.chunks, 10U);
            EXPECT_EQ(each.chunk_size, 10U);
        }
        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_TRUE(bytes == some_bytes(100));
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 11U);
    });
}

TEST_F(meta_test, may_rename_an_object) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("first", "stays");
        co_await photos.put(named("x", 10), pieces_of(some_bytes(100), 10));
        const auto renamed = co_await photos.update_meta("x", named("y/ü"));
        EXPECT_EQ(renamed.name, "y/ü");
        const auto gone = co_await photos.info("x");
        EXPECT_FALSE(gone);
        const auto bytes = co_await photos.get_bytes("y/ü");
        EXPECT_TRUE(bytes == some_bytes(100));
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U + 11U);
        const auto first = co_await photos.get_bytes("first");
        EXPECT_EQ(first, "stays");
    });
}

TEST_F(meta_test, may_take_the_name_of_a_deleted_object_but_of_no_other) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("deleted", "0");
        co_await photos.del("deleted");
        co_await photos.put("taken", "1");
        co_await photos.put("x", "2");
        const auto error = co_await error_of(photos.update_meta("x", named("taken")));
        EXPECT_EQ(error, errc::object_exists);
        auto bytes = co_await photos.get_bytes("taken");
        EXPECT_EQ(bytes, "1");
        bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "2");
        co_await photos.update_meta("x", named("deleted"));
        bytes = co_await photos.get_bytes("deleted");
        EXPECT_EQ(bytes, "2");
    });
}

TEST_F(meta_test, of_what_is_not_there_is_not_replaced) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(photos.update_meta("x", named("x")));
        EXPECT_EQ(error, errc::object_not_found);
        co_await photos.put("x", "1");
        co_await photos.del("x");
        for (const auto* name : {"x", "y"}) {
            error = co_await error_of(photos.update_meta("x", named(name)));
            EXPECT_EQ(error, errc::object_deleted);
        }
        co_await store::destroy(js, "photos");
        error = co_await error_of(photos.update_meta("x", named("x")));
        EXPECT_EQ(error, errc::store_not_found);
    });
}

TEST_F(meta_test, that_cannot_be_stored_is_refused) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "1");
        auto error = co_await error_of(photos.update_meta("", named("x")));
        EXPECT_EQ(error, errc::bad_name);
        error = co_await error_of(photos.update_meta("x", named("")));
        EXPECT_EQ(error, errc::bad_name);
        error = co_await error_of(photos.update_meta("x", named("\xff")));
        EXPECT_EQ(error, errc::bad_name);
        auto meta = named("x");
        meta.description = "\xff";
        error = co_await error_of(photos.update_meta("x", meta));
        EXPECT_EQ(error, errc::bad_config);
        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "1");
    });
}

constexpr std::string_view link_json =
    R"({"name":"link","options":{"link":{"bucket":"photos","name":"x"}},"bucket":"photos",)"
    R"("nuid":"n","size":0,"mtime":"0001-01-01T00:00:00Z","chunks":0})";

TEST_F(meta_test, of_a_link_is_replaced_by_a_put_and_what_it_points_at_stays) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "of x");
        const auto subject = detail::info_of("photos", "link");
        co_await js.publish(subject, link_json);
        co_await photos.put("link", "an object now");
        auto bytes = co_await photos.get_bytes("link");
        EXPECT_EQ(bytes, "an object now");
        bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "of x");
    });
}

/// Renames while another writer replaces the object again and again: never two names for the same chunks.
asio::awaitable<void> rename_among_puts(jetstream::context js) {
    const auto photos = co_await new_store(js);
    for (int round = 0; round < 20; ++round) {
        const auto before = "before " + std::to_string(round);
        const auto after = "after " + std::to_string(round);
        co_await photos.put("x", before);
        bool ended = false;
        std::exception_ptr failure;
        asio::co_spawn(js.connection().executor(), photos.put("x", after),
                       [&](const std::exception_ptr& error, const object_info&) {
                           failure = error;
                           ended = true;
                       });
        const auto error = co_await error_of(photos.update_meta("x", named("y")));
        EXPECT_TRUE(!error || error == errc::object_changed) << error.message();
        while (!ended) co_await js.connection().flush();
        EXPECT_TRUE(failure == nullptr);
        const auto x = co_await photos.get_bytes("x");
        EXPECT_EQ(x, after);
        const auto y = co_await photos.info("y");
        EXPECT_EQ(y.has_value(), !error);
        if (!y) continue;
        const auto bytes = co_await photos.get_bytes("y");
        EXPECT_TRUE(bytes == before || bytes == after) << bytes;
        co_await photos.del("y");
    }
}

TEST_F(meta_test, is_not_renamed_into_something_broken_by_another_writer) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> { return rename_among_puts(std::move(js)); });
}

}  // namespace
}  // namespace mote::objects::test
