#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/info_json.hpp>
#include <mote/objects/detail/layout.hpp>

namespace mote::objects::test {
namespace {

/// Links to objects and to whole stores.
using link_test = objects_test;

object_link to(std::string store, std::string name) {
    object_link link;
    link.store = std::move(store);
    link.name = std::move(name);
    return link;
}

/// Stores a link as it is, whatever it points to.
asio::awaitable<void> store_link(jetstream::context js, std::string name, object_link target) {
    object_info info;
    info.name = std::move(name);
    info.store = "photos";
    info.nuid = "n";
    info.link = std::move(target);
    const auto subject = detail::info_of("photos", info.name);
    const auto text = detail::to_json(info);
    co_await js.publish(subject, text);
}

TEST_F(link_test, is_read_as_the_object_that_it_points_to) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto cat = co_await photos.put(named("cat", 10), pieces_of(some_bytes(95), 10));
        const auto made = co_await photos.link_to("pet", cat);
        EXPECT_EQ(made.name, "pet");
        EXPECT_EQ(made.store, "photos");
        EXPECT_TRUE(made.link == to("photos", "cat"));

        auto object = co_await photos.get("pet");
        EXPECT_EQ(object.info().name, "cat");
        EXPECT_EQ(object.info().size, 95U);
        const auto bytes = co_await photos.get_bytes("pet");
        EXPECT_TRUE(bytes == some_bytes(95));

        co_await photos.put("cat", "another one");
        const auto now = co_await photos.get_bytes("pet");
        EXPECT_EQ(now, "another one");
    });
}

TEST_F(link_test, may_point_to_another_store) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto archive = co_await new_store(js, "archive");
        co_await archive.put("päth/cat", "meow");
        co_await photos.link_to("cat", to("archive", "päth/cat"));
        auto object = co_await photos.get("cat");
        EXPECT_EQ(object.info().store, "archive");
        const auto bytes = co_await photos.get_bytes("cat");
        EXPECT_EQ(bytes, "meow");

        co_await archive.del("päth/cat");
        auto text = co_await error_text_of(photos.get("cat"));
        EXPECT_NE(text.find("\"cat\" points to \"päth/cat\" in store archive"), std::string::npos) << text;
        auto error = co_await error_of(photos.get("cat"));
        EXPECT_EQ(error, errc::object_not_found);
        co_await store::destroy(js, "archive");
        error = co_await error_of(photos.get("cat"));
        EXPECT_EQ(error, errc::store_not_found);
    });
}

TEST_F(link_test, says_where_it_points) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        co_await photos.link_to("pet", to("photos", "cat"));
        co_await photos.link_to_store("all", "photos");
        const auto pet = co_await photos.info("pet");
        EXPECT_TRUE(pet && pet->link == to("photos", "cat"));
        EXPECT_TRUE(pet && pet->size == 0 && pet->chunks == 0 && pet->digest.empty() && !pet->nuid.empty());
        const auto all = co_await photos.info("all");
        EXPECT_TRUE(all && all->link == to("photos", ""));
        const auto cat = co_await photos.info("cat");
        EXPECT_TRUE(cat && !cat->link);
        const auto listed = co_await photos.list();
        EXPECT_TRUE(listed.size() == 3 && listed[1].link == to("photos", "cat"));
    });
}

TEST_F(link_test, to_a_store_is_not_read) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await new_store(js, "archive");
        const auto made = co_await photos.link_to_store("old", "archive");
        EXPECT_TRUE(made.link == to("archive", ""));
        const auto error = co_await error_of(photos.get("old"));
        EXPECT_EQ(error, errc::is_store_link);
        const auto text = co_await error_text_of(photos.get_bytes("old"));
        EXPECT_NE(text.find("\"old\" points to store archive"), std::string::npos) << text;
    });
}

TEST_F(link_test, is_refused_to_what_is_not_there) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(photos.link_to("pet", to("photos", "cat")));
        EXPECT_EQ(error, errc::object_not_found);
        error = co_await error_of(photos.link_to("pet", to("nowhere", "cat")));
        EXPECT_EQ(error, errc::store_not_found);
        error = co_await error_of(photos.link_to_store("pet", "nowhere"));
        EXPECT_EQ(error, errc::store_not_found);
        const auto cat = co_await photos.put("cat", "meow");
        co_await photos.del("cat");
        error = co_await error_of(photos.link_to("pet", cat));
        EXPECT_EQ(error, errc::object_deleted);
        for (const auto* store : {"", "a.b", ">"}) {
            error = co_await error_of(photos.link_to("pet", to(store, "cat")));
            EXPECT_EQ(error, errc::bad_store) << store;
            error = co_await error_of(photos.link_to_store("pet", store));
            EXPECT_EQ(error, errc::bad_store) << store;
        }
        error = co_await error_of(photos.link_to("pet", to("photos", "")));
        EXPECT_EQ(error, errc::bad_name);
        error = co_await error_of(photos.link_to_store("", "photos"));
        EXPECT_EQ(error, errc::bad_name);
        const auto pet = co_await photos.info("pet");
        EXPECT_FALSE(pet);
    });
}

TEST_F(link_test, is_refused_to_a_link) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        const auto pet = co_await photos.link_to("pet", to("photos", "cat"));
        auto error = co_await error_of(photos.link_to("friend", pet));
        EXPECT_EQ(error, errc::is_link);
        co_await photos.link_to_store("all", "photos");
        error = co_await error_of(photos.link_to("everything", to("photos", "all")));
        EXPECT_EQ(error, errc::is_link);
        error = co_await error_of(photos.link_to("pet", to("photos", "pet")));
        EXPECT_EQ(error, errc::is_link);
    });
}

TEST_F(link_test, does_not_replace_an_object_but_another_link_or_a_deleted_one) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        co_await photos.put("dog", "woof");
        for (const auto* name : {"cat", "dog"}) {
            auto error = co_await error_of(photos.link_to(name, to("photos", "cat")));
            EXPECT_EQ(error, errc::object_exists);
            error = co_await error_of(photos.link_to_store(name, "photos"));
            EXPECT_EQ(error, errc::object_exists);
        }
        co_await photos.link_to("pet", to("photos", "cat"));
        co_await photos.link_to("pet", to("photos", "dog"));
        auto bytes = co_await photos.get_bytes("pet");
        EXPECT_EQ(bytes, "woof");
        co_await photos.del("dog");
        co_await photos.link_to("dog", to("photos", "cat"));
        bytes = co_await photos.get_bytes("dog");
        EXPECT_EQ(bytes, "meow");
    });
}

TEST_F(link_test, is_followed_for_one_step_only) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        co_await store_link(js, "first", to("photos", "cat"));
        co_await store_link(js, "second", to("photos", "first"));
        co_await store_link(js, "itself", to("photos", "itself"));
        co_await store_link(js, "bad store", to("photos.>", "cat"));
        const auto bytes = co_await photos.get_bytes("first");
        EXPECT_EQ(bytes, "meow");
        for (const auto* name : {"second", "itself"}) {
            const auto error = co_await error_of(photos.get(name));
            EXPECT_EQ(error, errc::is_link) << name;
        }
        const auto error = co_await error_of(photos.get("bad store"));
        EXPECT_EQ(error, errc::bad_store);
    });
}

TEST_F(link_test, is_deleted_and_renamed_without_the_object) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        co_await photos.link_to("pet", to("photos", "cat"));
        auto meta = named("friend");
        meta.description = "of the house";
        const auto renamed = co_await photos.update_meta("pet", meta);
        EXPECT_TRUE(renamed.link == to("photos", "cat"));
        EXPECT_EQ(renamed.description, "of the house");
        auto bytes = co_await photos.get_bytes("friend");
        EXPECT_EQ(bytes, "meow");
        co_await photos.del("friend");
        const auto error = co_await error_of(photos.get("friend"));
        EXPECT_EQ(error, errc::object_not_found);
        bytes = co_await photos.get_bytes("cat");
        EXPECT_EQ(bytes, "meow");
    });
}

TEST_F(link_test, of_a_deleted_object_is_shown_on_demand) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("cat", "meow");
        co_await photos.put("dog", "woof");
        co_await photos.link_to("pet", to("photos", "cat"));
        co_await photos.del("pet");
        co_await photos.del("dog");
        auto hidden = co_await photos.info("dog");
        EXPECT_FALSE(hidden);
        const auto dog = co_await photos.info("dog", deleted_objects::shown);
        EXPECT_TRUE(dog && dog->deleted && dog->size == 0 && dog->digest.empty());
        const auto pet = co_await photos.info("pet", deleted_objects::shown);
        EXPECT_TRUE(pet && pet->deleted && pet->link == to("photos", "cat"));
        const auto never = co_await photos.info("never", deleted_objects::shown);
        EXPECT_FALSE(never);
        const auto listed = co_await photos.list();
        EXPECT_EQ(listed.size(), 1U);
        const auto all = co_await photos.list(deleted_objects::shown);
        EXPECT_EQ(all.size(), 3U);
    });
}

}  // namespace
}  // namespace mote::objects::test
