#include <mote/functions/bundle_cache.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_live.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::functions {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::awaitable;
using test::contains;
using test::failure_of;
using held = std::shared_ptr<const cached_bundle>;

constexpr std::uint64_t no_bound = 1ULL << 40;

class live_bundle_cache : public test::live_bundles {
protected:
    static awaitable<bundle_cache> cache_of(place at, std::uint64_t max_bytes = no_bound) {
        bundle_cache_options opts;
        opts.directory = at.scratch / "cache";
        opts.max_bytes = max_bytes;
        co_return co_await bundle_cache::open(at.bundles, opts);
    }

    /// What is in the directory but its lock; deleted ones go on another thread.
    static std::vector<std::string> left_in_cache(const place& at) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(at.scratch / "cache"))
            if (entry.path().filename() != ".lock") names.push_back(entry.path().filename());
        return names;
    }
    static awaitable<bool> cache_becomes(place at, std::size_t count) {
        const auto holds = [&at, count] { return left_in_cache(at).size() == count; };
        co_return co_await test::eventually(holds);
    }
};

/// Fetches that run beside the test.
struct fetches {
    std::vector<held> bundles{};
    std::vector<test::failure> failures{};
    std::size_t ended() const { return bundles.size() + failures.size(); }
};

awaitable<void> fetch_into(bundle_cache cache, bundle_digest digest, std::shared_ptr<fetches> into) {
    test::failure failed;
    try {
        auto bundle = co_await cache.fetch(std::move(digest));
        into->bundles.push_back(std::move(bundle));
        co_return;
    } catch (const boost::system::system_error& error) {
        failed.code = error.code();
        failed.text = error.what();
    }
    into->failures.push_back(failed);
}

std::shared_ptr<fetches> start_fetches(const asio::any_io_executor& executor, const bundle_cache& cache,
                                       const bundle_digest& digest, int count) {
    auto started = std::make_shared<fetches>();
    for (int i = 0; i < count; ++i) asio::co_spawn(executor, fetch_into(cache, digest, started), asio::detached);
    return started;
}

TEST_F(live_bundle_cache, gives_the_files_and_settings_of_a_bundle) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "fprocess=cat\n", "function.env");
        const auto cache = co_await cache_of(at);
        const auto bundle = co_await cache.fetch(pushed.digest);
        EXPECT_EQ(bundle->digest, pushed.digest);
        EXPECT_EQ(bundle->root, at.scratch / "cache" / pushed.digest.hex);
        EXPECT_EQ(bundle->settings.at("fprocess"), "cat");
        EXPECT_EQ(test::read_file(bundle->root / "function.env"), "fprocess=cat\n");
        EXPECT_EQ(bundle->bytes, 13U);
        EXPECT_EQ(cache.bytes(), 13U);
        EXPECT_EQ(left_in_cache(at).size(), 1U);
    });
}

TEST_F(live_bundle_cache, fetches_once_for_all_who_ask_at_once) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", test::random_bytes(1'000'000));
        const auto cache = co_await cache_of(at);
        const auto executor = co_await asio::this_coro::executor;
        const auto started = start_fetches(executor, cache, pushed.digest, 20);
        const auto all_ended = [started] { return started->ended() == 20; };
        const bool ended = co_await test::eventually(all_ended);
        EXPECT_TRUE(ended);
        EXPECT_EQ(started->bundles.size(), 20U);
        // A second one would not find the place for its files free.
        for (const auto& bundle : started->bundles) EXPECT_EQ(bundle, started->bundles.front());
        EXPECT_EQ(cache.bytes(), 1'000'000U);
    });
}

TEST_F(live_bundle_cache, needs_no_store_for_what_it_has) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "x");
        const auto cache = co_await cache_of(at);
        co_await cache.fetch(pushed.digest);
        co_await at.objects.del("sha256/" + pushed.digest.hex);
        const auto again = co_await cache.fetch(pushed.digest);
        EXPECT_EQ(test::read_file(again->root / "run"), "x");
    });
}

TEST_F(live_bundle_cache, fails_for_all_who_ask_at_once_and_tries_again_for_the_next) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "x");
        co_await at.objects.del("sha256/" + pushed.digest.hex);
        const auto cache = co_await cache_of(at);
        const auto executor = co_await asio::this_coro::executor;
        const auto started = start_fetches(executor, cache, pushed.digest, 3);
        const auto all_ended = [started] { return started->ended() == 3; };
        const bool ended = co_await test::eventually(all_ended);
        EXPECT_TRUE(ended);
        EXPECT_EQ(started->failures.size(), 3U);
        for (const auto& failed : started->failures) EXPECT_EQ(failed.code, errc::bundle_not_found) << failed.text;
        EXPECT_TRUE(left_in_cache(at).empty());
        co_await at.push("app", "x");
        const auto bundle = co_await cache.fetch(pushed.digest);
        EXPECT_EQ(test::read_file(bundle->root / "run"), "x");
    });
}

TEST_F(live_bundle_cache, goes_on_for_the_others_when_a_caller_is_cancelled) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", test::random_bytes(1'000'000));
        const auto cache = co_await cache_of(at);
        const auto executor = co_await asio::this_coro::executor;
        const auto cancelled = std::make_shared<fetches>();
        asio::cancellation_signal cancel;
        asio::co_spawn(executor, fetch_into(cache, pushed.digest, cancelled),
                       asio::bind_cancellation_slot(cancel.slot(), asio::detached));
        const auto other = start_fetches(executor, cache, pushed.digest, 1);
        co_await test::turn();
        cancel.emit(asio::cancellation_type::terminal);
        const auto both_ended = [cancelled, other] { return cancelled->ended() == 1 && other->ended() == 1; };
        const bool ended = co_await test::eventually(both_ended);
        EXPECT_TRUE(ended);
        EXPECT_EQ(cancelled->failures.size(), 1U);
        for (const auto& failed : cancelled->failures) EXPECT_EQ(failed.code, asio::error::operation_aborted);
        EXPECT_EQ(other->bundles.size(), 1U);
    });
}

TEST_F(live_bundle_cache, deletes_what_was_not_used_for_the_longest) {
    with_bundles([](place at) -> awaitable<void> {
        const auto a = co_await at.push("a", std::string(1000, 'a'));
        const auto b = co_await at.push("b", std::string(1000, 'b'));
        const auto c = co_await at.push("c", std::string(1000, 'c'));
        const auto cache = co_await cache_of(at, 2500);
        co_await cache.fetch(a.digest);
        co_await cache.fetch(b.digest);
        co_await cache.fetch(a.digest);
        co_await cache.fetch(c.digest);
        EXPECT_EQ(cache.bytes(), 2000U);
        const bool deleted = co_await cache_becomes(at, 2);
        EXPECT_TRUE(deleted);
        EXPECT_TRUE(fs::exists(at.scratch / "cache" / a.digest.hex));
        EXPECT_FALSE(fs::exists(at.scratch / "cache" / b.digest.hex));
        EXPECT_TRUE(fs::exists(at.scratch / "cache" / c.digest.hex));
        const auto again = co_await cache.fetch(b.digest);
        EXPECT_EQ(test::read_file(again->root / "run"), std::string(1000, 'b'));
    });
}

TEST_F(live_bundle_cache, never_deletes_what_somebody_holds) {
    with_bundles([](place at) -> awaitable<void> {
        const auto a = co_await at.push("a", std::string(1000, 'a'));
        const auto b = co_await at.push("b", std::string(1000, 'b'));
        const auto cache = co_await cache_of(at, 500);
        auto first = co_await cache.fetch(a.digest);
        const auto second = co_await cache.fetch(b.digest);
        cache.clear();
        EXPECT_EQ(test::read_file(first->root / "run"), std::string(1000, 'a'));
        EXPECT_EQ(test::read_file(second->root / "run"), std::string(1000, 'b'));
        EXPECT_EQ(cache.bytes(), 2000U);
        first.reset();
        cache.clear();
        EXPECT_EQ(cache.bytes(), 1000U);
        const bool deleted = co_await cache_becomes(at, 1);
        EXPECT_TRUE(deleted);
        EXPECT_TRUE(fs::exists(second->root / "run"));
    });
}

TEST_F(live_bundle_cache, keeps_its_bundles_over_a_restart_and_nothing_that_was_not_whole) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", std::string(1000, 'a'));
        auto cache = std::make_unique<bundle_cache>(co_await cache_of(at));
        co_await cache->fetch(pushed.digest);
        co_await cache->stop();
        cache.reset();
        co_await at.objects.del("sha256/" + pushed.digest.hex);
        const auto directory = at.scratch / "cache";
        test::write_file(directory / ("." + pushed.digest.hex + ".abcdef") / "half", "x");
        test::write_file(directory / ("." + pushed.digest.hex + ".tar.gz"), "half");
        test::write_file(directory / "stray", "x");
        const auto again = co_await cache_of(at);
        EXPECT_EQ(again.bytes(), 1000U);
        EXPECT_EQ(left_in_cache(at).size(), 1U);
        const auto bundle = co_await again.fetch(pushed.digest);
        EXPECT_EQ(test::read_file(bundle->root / "run"), std::string(1000, 'a'));
    });
}

TEST_F(live_bundle_cache, does_not_share_its_directory) {
    with_bundles([](place at) -> awaitable<void> {
        const auto cache = co_await cache_of(at);
        const auto second = co_await failure_of(cache_of(at));
        EXPECT_EQ(second.code.value(), EWOULDBLOCK);
        EXPECT_TRUE(contains(second.text, "cache")) << second.text;
    });
}

TEST_F(live_bundle_cache, says_when_its_directory_cannot_be_made) {
    with_bundles([](place at) -> awaitable<void> {
        test::write_file(at.scratch / "cache", "a file");
        const auto failed = co_await failure_of(cache_of(at));
        EXPECT_TRUE(failed.code.failed());
        EXPECT_TRUE(contains(failed.text, "cache")) << failed.text;
    });
}

TEST_F(live_bundle_cache, refuses_content_of_another_digest_and_keeps_nothing) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "x");
        co_await at.put_content(pushed.digest, test::gzipped(test::tar().file("run", "evil").bytes()));
        const auto cache = co_await cache_of(at);
        const auto refused = co_await failure_of(cache.fetch(pushed.digest));
        EXPECT_EQ(refused.code, errc::bad_bundle);
        EXPECT_TRUE(left_in_cache(at).empty());
        EXPECT_EQ(cache.bytes(), 0U);
    });
}

TEST_F(live_bundle_cache, refuses_content_that_is_not_safe_and_keeps_nothing) {
    with_bundles([](place at) -> awaitable<void> {
        const auto bytes = test::gzipped(test::tar().file("good").file("../slipped", "evil").bytes());
        const auto digest = test::digest_of(bytes);
        co_await at.put_content(digest, bytes);
        const auto cache = co_await cache_of(at);
        const auto refused = co_await failure_of(cache.fetch(digest));
        EXPECT_EQ(refused.code, errc::bad_bundle);
        EXPECT_TRUE(contains(refused.text, "\"../slipped\"")) << refused.text;
        EXPECT_TRUE(left_in_cache(at).empty());
        EXPECT_FALSE(fs::exists(at.scratch / "slipped"));
    });
}

TEST_F(live_bundle_cache, refuses_settings_that_it_cannot_read_each_time) {
    with_bundles([](place at) -> awaitable<void> {
        const auto bytes = test::gzipped(test::tar().file("function.env", "fprocess").bytes());
        const auto digest = test::digest_of(bytes);
        co_await at.put_content(digest, bytes);
        const auto cache = co_await cache_of(at);
        const auto refused = co_await failure_of(cache.fetch(digest));
        EXPECT_EQ(refused.code, errc::bad_bundle);
        const auto again = co_await failure_of(cache.fetch(digest));
        EXPECT_EQ(again.code, errc::bad_bundle);
        EXPECT_TRUE(contains(again.text, "function.env line 1")) << again.text;
    });
}

TEST_F(live_bundle_cache, fetches_again_what_was_deleted_under_it) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", "x");
        const auto cache = co_await cache_of(at);
        co_await cache.fetch(pushed.digest);
        fs::remove_all(at.scratch / "cache" / pushed.digest.hex);
        const auto again = co_await cache.fetch(pushed.digest);
        EXPECT_EQ(test::read_file(again->root / "run"), "x");
        EXPECT_EQ(cache.bytes(), 1U);
    });
}

TEST_F(live_bundle_cache, ends_what_is_under_way_when_it_is_stopped) {
    with_bundles([](place at) -> awaitable<void> {
        const auto pushed = co_await at.push("app", test::random_bytes(1'000'000));
        const auto cache = co_await cache_of(at);
        const auto executor = co_await asio::this_coro::executor;
        const auto started = start_fetches(executor, cache, pushed.digest, 2);
        co_await test::turn();
        co_await cache.stop();
        const auto both_ended = [started] { return started->ended() == 2; };
        const bool ended = co_await test::eventually(both_ended);
        EXPECT_TRUE(ended);
        EXPECT_EQ(started->failures.size(), 2U);
        for (const auto& failed : started->failures) EXPECT_EQ(failed.code, asio::error::operation_aborted);
        EXPECT_TRUE(left_in_cache(at).empty());
        const auto after = co_await failure_of(cache.fetch(pushed.digest));
        EXPECT_EQ(after.code, asio::error::operation_aborted);
    });
}

}  // namespace
}  // namespace mote::functions
