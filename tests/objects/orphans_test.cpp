#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

namespace mote::objects::test {
namespace {

/// Chunks that no object names.
using orphans_test = objects_test;

asio::awaitable<void> leave_chunks(jetstream::context js, std::string nuid, int number) {
    for (int i = 0; i < number; ++i) co_await js.publish(detail::chunks_of("photos", nuid), "a chunk");
}

TEST_F(orphans_test, go_once_they_are_old_and_all_else_stays) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put(named("x", 10), pieces_of(some_bytes(100), 10));
        co_await photos.put("empty", "");
        co_await photos.put("gone", "y");
        co_await photos.del("gone");
        co_await photos.link_to_store("other", "photos");
        const auto before = co_await messages_of(js);
        co_await leave_chunks(js, "one", 3);
        co_await leave_chunks(js, "two", 2);

        const auto young = co_await photos.purge_orphans(1h);
        EXPECT_EQ(young, 0U);
        const auto all = co_await messages_of(js);
        EXPECT_EQ(all, before + 5);

        const auto purged = co_await photos.purge_orphans(-1min);  // and a minute for a clock that differs
        EXPECT_EQ(purged, 5U);
        const auto left = co_await messages_of(js);
        EXPECT_EQ(left, before);
        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_TRUE(bytes == some_bytes(100));
        const auto again = co_await photos.purge_orphans(-1min);
        EXPECT_EQ(again, 0U);
    });
}

TEST_F(orphans_test, stay_where_an_information_cannot_be_read) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await leave_chunks(js, "one", 3);
        co_await js.publish(detail::info_of("photos", "x"), "no JSON");
        const auto error = co_await error_of(photos.purge_orphans(-1min));
        EXPECT_EQ(error, errc::bad_info);
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 4U);
    });
}

TEST_F(orphans_test, of_a_store_that_is_gone_are_an_error) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await store::destroy(js, "photos");
        const auto error = co_await error_of(photos.purge_orphans(0s));
        EXPECT_EQ(error, errc::store_not_found);
    });
}

}  // namespace
}  // namespace mote::objects::test
