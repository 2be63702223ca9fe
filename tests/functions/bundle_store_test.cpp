#include <mote/functions/bundle_store.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_live.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;

class live_bundle_store : public test::live_bundles {};

image_name image(const char* text) { return image_name::parse(text); }

// Lists are made outside of coroutines: g++ 12 cannot keep them there.

std::vector<std::string> left_open() {
    return {"team/app", "team/app:latest", "team/app:1", "r.example/team/app", "s.example:1/team/app:1"};
}

std::vector<std::string> said_less() { return {"team/app", "team/app:1", "r.example/team/app"}; }

std::set<std::string> contents_of(const bundle_digest& one, const bundle_digest& other) {
    return {"sha256/" + one.hex, "sha256/" + other.hex};
}

awaitable<std::vector<std::string>> object_names(objects::store store, std::string prefix) {
    std::vector<std::string> names;
    for (const auto& info : co_await store.list())
        if (info.name.starts_with(prefix)) names.push_back(info.name);
    co_return names;
}

awaitable<std::uint64_t> messages_of(jetstream::context js) {
    const auto stream = co_await js.stream("OBJ_mote_bundles");
    co_return stream.state.messages;
}

awaitable<std::string> no_bytes() { co_return std::string(); }

TEST_F(live_bundle_store, finds_what_was_pushed_with_its_digest_and_size) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("team/app:1", "x");
        EXPECT_EQ(pushed.name.text(), "team/app:1");
        EXPECT_GT(pushed.size, 0U);
        const auto found = co_await at.bundles.find(image("team/app:1"));
        EXPECT_TRUE(found.has_value());
        if (!found) co_return;
        EXPECT_EQ(found->digest, pushed.digest);
        EXPECT_EQ(found->size, pushed.size);
        EXPECT_EQ(found->name, pushed.name);
        EXPECT_GT(found->modified, std::chrono::system_clock::now() - std::chrono::hours(1));
    });
}

TEST_F(live_bundle_store, finds_it_with_any_registry_and_tag_that_the_push_left_open) {
    with_bundles([](place at) -> awaitable<void> {
        const auto open = co_await at.push("team/app", "open");
        const auto tagged = co_await at.push("team/app:2", "2");
        const auto elsewhere = co_await at.push("r.example/team/app:2", "elsewhere");
        for (const auto& asked : left_open()) {
            const auto found = co_await at.bundles.find(image_name::parse(asked));
            EXPECT_TRUE(found && found->digest == open.digest) << asked;
        }
        const auto two = co_await at.bundles.find(image("s.example/team/app:2"));
        EXPECT_TRUE(two && two->digest == tagged.digest);
        const auto exact = co_await at.bundles.find(image("r.example/team/app:2"));
        EXPECT_TRUE(exact && exact->digest == elsewhere.digest);
        const auto other = co_await at.bundles.find(image("app"));
        EXPECT_FALSE(other.has_value());
    });
}

TEST_F(live_bundle_store, finds_what_was_pushed_with_registry_and_tag_without_them_when_it_is_one) {
    with_bundles([](place at) -> awaitable<void> {
        const auto one = co_await at.push("r.example/team/app:1", "1");
        for (const auto& asked : said_less()) {
            const auto found = co_await at.bundles.find(image_name::parse(asked));
            EXPECT_TRUE(found && found->digest == one.digest) << asked;
            EXPECT_TRUE(found && found->name == one.name) << asked;
        }
        const auto other_tag = co_await at.bundles.find(image("team/app:2"));
        EXPECT_FALSE(other_tag.has_value());
        const auto other_registry = co_await at.bundles.find(image("s.example/team/app"));
        EXPECT_FALSE(other_registry.has_value());

        co_await at.push("s.example/team/app:1", "1");  // the same once more
        const auto same = co_await at.bundles.find(image("team/app"));
        EXPECT_TRUE(same && same->digest == one.digest);
        co_await at.push("r.example/team/app:2", "2");
        const auto which = co_await at.bundles.find(image("team/app"));
        EXPECT_FALSE(which.has_value());
        const auto why = co_await at.bundles.why_not_found(image("team/app"));
        EXPECT_EQ(why,
                  "no bundle is \"team/app\"; of that path there is r.example/team/app:1, r.example/team/app:2, "
                  "s.example/team/app:1: say which");
        const auto tagged = co_await at.bundles.find(image("team/app:1"));
        EXPECT_TRUE(tagged && tagged->digest == one.digest);
    });
}

TEST_F(live_bundle_store, finds_by_digest_whatever_the_name_stands_for_now) {
    with_bundles([](place at) -> awaitable<void> {
        const auto first = co_await at.push("app", "1");
        const auto second = co_await at.push("app", "2");
        const auto now = co_await at.bundles.find(image("app"));
        EXPECT_TRUE(now && now->digest == second.digest);
        auto pinned = image("app");
        pinned.digest = first.digest;
        const auto found = co_await at.bundles.find(pinned);
        EXPECT_TRUE(found && found->digest == first.digest && found->size == first.size);
        pinned.digest = bundle_digest::parse(std::string(64, '0'));
        const auto none = co_await at.bundles.find(pinned);
        EXPECT_FALSE(none.has_value());
    });
}

TEST_F(live_bundle_store, keeps_content_once_whatever_its_names) {
    with_bundles([](place at) -> awaitable<void> {
        const auto first = co_await at.push("a", "same");
        const auto second = co_await at.push("b:1", "same");
        co_await at.push("b:1", "same");
        EXPECT_EQ(first.digest, second.digest);
        const auto contents = co_await object_names(at.objects, "sha256/");
        EXPECT_EQ(contents, std::vector<std::string>(1, "sha256/" + first.digest.hex));
        const auto all = co_await at.bundles.list();
        std::string texts;
        for (const auto& each : all) texts += each.name.text() + " ";
        EXPECT_EQ(texts, "a b:1 ");
    });
}

TEST_F(live_bundle_store, takes_only_the_name_away) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "1");
        co_await at.bundles.remove(image("app"));
        const auto found = co_await at.bundles.find(image("app"));
        EXPECT_FALSE(found.has_value());
        const auto size = co_await at.bundles.download(pushed.digest, at.scratch / "archive");
        EXPECT_EQ(size, pushed.size);
        const auto again = co_await failure_of(at.bundles.remove(image("app")));
        EXPECT_EQ(again.code, errc::bundle_not_found);
        EXPECT_TRUE(contains(again.text, "app")) << again.text;
    });
}

TEST_F(live_bundle_store, prunes_content_that_has_no_name_and_no_user) {
    with_bundles([](place at) -> awaitable<void> {
        const auto replaced = co_await at.push("app", "1");
        const auto used = co_await at.push("app", "2");
        const auto now = co_await at.push("app", "3");
        std::set<bundle_digest> in_use;
        in_use.insert(used.digest);
        const auto spared = co_await at.bundles.prune(in_use);
        EXPECT_EQ(spared, 0U) << "what was pushed just now is spared";
        const auto freed = co_await at.bundles.prune(in_use, std::chrono::seconds(-60));
        EXPECT_EQ(freed, replaced.size);
        const auto left = co_await object_names(at.objects, "sha256/");
        EXPECT_EQ(std::set<std::string>(left.begin(), left.end()), contents_of(used.digest, now.digest));
        const auto again = co_await at.push("app", "1");
        EXPECT_EQ(again.digest, replaced.digest);
        const auto size = co_await at.bundles.download(again.digest, at.scratch / "archive");
        EXPECT_EQ(size, again.size);
    });
}

TEST_F(live_bundle_store, prunes_what_a_push_left_that_did_not_come_to_an_end) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "1");
        for (int i = 0; i < 3; ++i) co_await at.js.publish("$O.mote_bundles.C.unfinished", "a chunk");
        const auto spared = co_await messages_of(at.js);
        co_await at.bundles.prune(std::set<bundle_digest>());
        const auto as_before = co_await messages_of(at.js);
        EXPECT_EQ(as_before, spared) << "a push may be under way";
        co_await at.bundles.prune(std::set<bundle_digest>(), std::chrono::seconds(-60));
        const auto left = co_await messages_of(at.js);
        EXPECT_EQ(left, spared - 3);
        const auto size = co_await at.bundles.download(pushed.digest, at.scratch / "archive");
        EXPECT_EQ(size, pushed.size);
    });
}

TEST_F(live_bundle_store, moves_bundles_of_many_chunks_as_they_are) {
    with_bundles([](place at) -> awaitable<void> {
        const auto bytes = test::random_bytes(3'000'000);
        const auto pushed = co_await at.push("large", bytes);
        EXPECT_GT(pushed.size, 2'900'000U);
        const auto archive = at.scratch / "archive";
        co_await at.bundles.download(pushed.digest, archive);
        EXPECT_EQ(test::digest_of(test::read_file(archive)), pushed.digest);
        unpack(archive, at.scratch / "bundle");
        EXPECT_EQ(test::read_file(at.scratch / "bundle/run"), bytes);
    });
}

TEST_F(live_bundle_store, takes_archives_and_refuses_those_that_are_not_safe) {
    with_bundles([](place at) -> awaitable<void> {
        const auto file = at.scratch / "in.tar";
        test::write_file(file, test::tar().file("run").bytes());
        const auto pushed = co_await at.bundles.push(image("app"), file);
        test::write_file(file, test::tar().file("run").file("../slipped").bytes());
        const auto refused = co_await failure_of(at.bundles.push(image("app"), file));
        EXPECT_EQ(refused.code, errc::bad_bundle);
        EXPECT_TRUE(contains(refused.text, "../slipped")) << refused.text;
        const auto found = co_await at.bundles.find(image("app"));
        EXPECT_TRUE(found && found->digest == pushed.digest);
        const auto contents = co_await object_names(at.objects, "sha256/");
        EXPECT_EQ(contents.size(), 1U);
    });
}

TEST_F(live_bundle_store, refuses_names_that_are_built_in_or_say_a_digest) {
    with_bundles([](place at) -> awaitable<void> {
        test::write_file(at.scratch / "d/run", "x");
        const auto built_in =
            co_await failure_of(at.bundles.push(image("r.example/functions/alpine:1"), at.scratch / "d"));
        EXPECT_EQ(built_in.code, errc::bad_name);
        EXPECT_TRUE(contains(built_in.text, "is built in")) << built_in.text;
        auto pinned = image("app");
        pinned.digest = bundle_digest::parse(std::string(64, '0'));
        const auto with_digest = co_await failure_of(at.bundles.push(pinned, at.scratch / "d"));
        EXPECT_EQ(with_digest.code, errc::bad_name);
        const auto all = co_await at.bundles.list();
        EXPECT_TRUE(all.empty());
    });
}

TEST_F(live_bundle_store, leaves_nothing_in_the_directory_of_temporary_files) {
    const auto temporary = scratch() / "tmp";
    fs::create_directory(temporary);
    const char* const set = std::getenv("TMPDIR");
    const std::string before = set != nullptr ? set : "/tmp";
    ::setenv("TMPDIR", temporary.c_str(), 1);
    with_bundles([](place at) -> awaitable<void> {
        co_await at.push("app", "1");
        fs::create_directory(at.scratch / "empty");
        const auto refused = co_await failure_of(at.bundles.push(image("app"), at.scratch / "empty"));
        EXPECT_EQ(refused.code, errc::bad_bundle);
        for (const auto& entry : fs::directory_iterator(at.scratch / "tmp"))
            EXPECT_FALSE(contains(entry.path().filename().native(), "bundle")) << entry.path();
    });
    ::setenv("TMPDIR", before.c_str(), 1);
}

TEST_F(live_bundle_store, does_not_list_what_others_put_there) {
    with_bundles([](place at) -> awaitable<void> {
        co_await at.objects.put("photo", "x");
        co_await at.objects.put("name/app", "without a digest");
        objects::object_meta meta;
        meta.name = "name/../evil";
        meta.metadata.emplace("digest", std::string(64, '0'));
        meta.metadata.emplace("size", "1");
        co_await at.objects.put(std::move(meta), no_bytes);
        const auto all = co_await at.bundles.list();
        EXPECT_TRUE(all.empty());
        const auto found = co_await at.bundles.find(image("app"));
        EXPECT_FALSE(found.has_value());
    });
}

TEST_F(live_bundle_store, does_not_give_bytes_of_another_digest) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "1");
        co_await at.put_content(pushed.digest, "other bytes");
        const auto archive = at.scratch / "archive";
        const auto damaged = co_await failure_of(at.bundles.download(pushed.digest, archive));
        EXPECT_EQ(damaged.code, errc::bad_bundle);
        EXPECT_TRUE(contains(damaged.text, pushed.digest.hex)) << damaged.text;
        const auto missing =
            co_await failure_of(at.bundles.download(bundle_digest::parse(std::string(64, '0')), archive));
        EXPECT_EQ(missing.code, errc::bundle_not_found);
        EXPECT_TRUE(test::names_in(at.scratch).empty());
    });
}

TEST_F(live_bundle_store, does_not_download_past_the_limit) {
    bundle_limits limits;
    limits.packed_bytes = 10'000;
    with_bundles(
        [](place at) -> awaitable<void> {
            const auto bytes = test::random_bytes(300'000);
            const auto digest = test::digest_of(bytes);
            co_await at.put_content(digest, bytes);
            const auto refused = co_await failure_of(at.bundles.download(digest, at.scratch / "archive"));
            EXPECT_EQ(refused.code, errc::bad_bundle);
            EXPECT_TRUE(contains(refused.text, "more than 10000 bytes")) << refused.text;
            EXPECT_TRUE(test::names_in(at.scratch).empty());
        },
        limits);
}

TEST(how_to_push, says_the_command_with_the_name) {
    EXPECT_EQ(how_to_push(image("r.example/a/b:1")),
              "no bundle is \"r.example/a/b:1\"; push one: mote bundle push r.example/a/b:1 DIRECTORY");
}

}  // namespace
}  // namespace mote::functions
