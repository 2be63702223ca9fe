#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

namespace mote::objects::test {
namespace {

using watch_test = objects_test;

TEST_F(watch_test, tells_what_is_there_then_its_end_then_every_change) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", "1");
        co_await photos.put("b", "22");
        auto changes = co_await photos.watch();
        EXPECT_FALSE(changes.caught_up());
        for (const auto* name : {"a", "b"}) {
            const auto info = co_await changes.next(5s);
            EXPECT_TRUE(info && info->name == name) << name;
            EXPECT_FALSE(changes.caught_up());
        }
        const auto mark = co_await changes.next(5s);
        EXPECT_FALSE(mark);
        EXPECT_TRUE(changes.caught_up());

        co_await photos.put("a", "333");
        auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "a" && info->size == 3 && !info->deleted);
        co_await photos.del("b");
        info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "b" && info->deleted);
        EXPECT_TRUE(info && info->modified > std::chrono::system_clock::now() - 60s);
        info = co_await changes.next(1ms);
        EXPECT_FALSE(info);
        co_await changes.stop();
    });
}

TEST_F(watch_test, of_an_empty_store_is_at_the_end_at_once) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto changes = co_await photos.watch();
        const auto before = std::chrono::steady_clock::now();
        const auto mark = co_await changes.next(20s);
        EXPECT_FALSE(mark);
        EXPECT_TRUE(changes.caught_up());
        EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
        co_await photos.put("a", "1");
        const auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "a");
    });
}

TEST_F(watch_test, may_tell_updates_only) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", "1");
        watch_options options;
        options.updates_only = true;
        auto changes = co_await photos.watch(options);
        co_await photos.put("b", "1");
        const auto mark = co_await changes.next(5s);
        EXPECT_FALSE(mark);
        EXPECT_TRUE(changes.caught_up());
        const auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "b");
    });
}

TEST_F(watch_test, may_include_the_history) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto subject = detail::info_of("photos", "x");
        // A client that does not roll up leaves more than one.
        co_await js.publish(subject, R"({"name":"x","nuid":"1","size":1,"chunks":1})");
        co_await js.publish(subject, R"({"name":"x","nuid":"2","size":2,"chunks":1})");
        auto newest = co_await photos.watch();
        auto info = co_await newest.next(5s);
        EXPECT_TRUE(info && info->nuid == "2");
        watch_options options;
        options.include_history = true;
        auto all = co_await photos.watch(options);
        for (const auto* nuid : {"1", "2"}) {
            info = co_await all.next(5s);
            EXPECT_TRUE(info && info->nuid == nuid) << nuid;
        }
        info = co_await all.next(5s);
        EXPECT_TRUE(!info && all.caught_up());
        options.updates_only = true;
        const auto error = co_await error_of(photos.watch(options));
        EXPECT_EQ(error, errc::bad_config);
    });
}

TEST_F(watch_test, is_stopped_for_good_and_may_end_while_it_is_awaited) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto changes = co_await photos.watch();
        co_await changes.stop();
        const auto after = co_await changes.next(20s);
        EXPECT_FALSE(after);
        co_await photos.put("a", "1");
        auto other = co_await photos.watch();
        auto short_lived = std::make_unique<watcher>(std::move(other));
        auto reading = short_lived->next(5s);
        short_lived.reset();
        const auto info = co_await std::move(reading);
        EXPECT_TRUE(info && info->name == "a");
    });
}

TEST_F(watch_test, may_leave_out_deleted_objects) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", "1");
        co_await photos.put("b", "1");
        co_await photos.del("b");
        watch_options options;
        options.ignore_deletes = true;
        auto changes = co_await photos.watch(options);
        auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "a");
        info = co_await changes.next(5s);
        EXPECT_FALSE(info);
        EXPECT_TRUE(changes.caught_up());
        co_await photos.del("a");
        co_await photos.put("c", "1");
        info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "c");
    });
}

TEST_F(watch_test, goes_on_behind_an_information_that_cannot_be_read) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto subject = detail::info_of("photos", "x");
        co_await js.publish(subject, "rubbish");
        co_await photos.put("a", "1");
        auto changes = co_await photos.watch();
        const auto error = co_await error_of(changes.next(5s));
        EXPECT_EQ(error, errc::bad_info);
        auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "a");
        info = co_await changes.next(5s);
        EXPECT_FALSE(info);
        EXPECT_TRUE(changes.caught_up());
    });
}

TEST_F(watch_test, sees_objects_of_its_store_only) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto films = co_await new_store(js, "films");
        auto changes = co_await photos.watch();
        co_await changes.next(5s);
        co_await films.put("f", "1");
        co_await photos.put("p", "1");
        const auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "p");
    });
}

}  // namespace
}  // namespace mote::objects::test
