#include <tests/jetstream/limited_account.hpp>
#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace mote::objects::test {
namespace {

using put_test = objects_test;

TEST_F(put_test, round_trips_every_size_around_a_chunk) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        constexpr std::size_t chunk = 128 * 1024;
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, std::size_t{3} * 1024 * 1024}) {
            const auto bytes = some_bytes(size);
            const auto stored = co_await photos.put("x", bytes);
            EXPECT_EQ(stored.size, size);
            EXPECT_EQ(stored.chunks, (size + chunk - 1) / chunk);
            EXPECT_EQ(stored.store, "photos");
            EXPECT_EQ(stored.chunk_size, chunk);
            const auto back = co_await photos.get_bytes("x");
            EXPECT_TRUE(back == bytes) << size << " bytes";
            const auto messages = co_await messages_of(js);
            EXPECT_EQ(messages, stored.chunks + 1) << size << " bytes";
        }
    });
}

TEST_F(put_test, cuts_pieces_of_any_size_into_chunks) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto bytes = some_bytes(100'000);
        for (const std::size_t piece : {1'000U, 4'096U, 10'000U, 99'999U, 100'000U}) {
            const auto stored = co_await photos.put(named("x", 4096), pieces_of(bytes, piece));
            EXPECT_EQ(stored.chunks, 25U) << piece;
            EXPECT_EQ(stored.chunk_size, 4096U);
            const auto back = co_await photos.get_bytes("x");
            EXPECT_TRUE(back == bytes) << piece;
        }
    });
}

TEST_F(put_test, stores_more_chunks_than_may_be_outstanding) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto bytes = some_bytes(20'000);
        const auto stored = co_await photos.put(named("x", 7), pieces_of(bytes, 1'234));
        EXPECT_EQ(stored.chunks, 2858U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == bytes);
    });
}

TEST_F(put_test, keeps_what_is_said_of_an_object) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto meta = named("cat.jpg");
        meta.description = "a cat – “ünïcode”";
        meta.headers["Content-Type"] = {"image/jpeg"};
        meta.headers["X"] = {"1", "2"};
        meta.metadata["by"] = "mote";
        const auto before = std::chrono::system_clock::now() - 2s;
        const auto stored = co_await photos.put(meta, pieces_of("meow", 2));
        const auto info = co_await photos.info("cat.jpg");
        EXPECT_TRUE(info);
        if (!info) co_return;
        EXPECT_EQ(info->name, "cat.jpg");
        EXPECT_EQ(info->description, meta.description);
        EXPECT_EQ(info->headers, meta.headers);
        EXPECT_EQ(info->metadata, meta.metadata);
        EXPECT_EQ(info->nuid, stored.nuid);
        EXPECT_EQ(info->size, 4U);
        EXPECT_EQ(info->chunks, 1U);
        EXPECT_EQ(info->digest, stored.digest);
        EXPECT_GT(info->modified, before);
        EXPECT_LT(info->modified, std::chrono::system_clock::now() + 2s);
    });
}

TEST_F(put_test, purges_the_chunks_of_the_object_that_it_replaces) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto other = co_await photos.put("other", "stays");
        co_await photos.put(named("x", 10), pieces_of(some_bytes(100), 10));
        auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U + 11U);
        co_await photos.put(named("x", 10), pieces_of(some_bytes(30, 7), 10));
        messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U + 4U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == some_bytes(30, 7));
        const auto kept = co_await photos.get_bytes("other");
        EXPECT_EQ(kept, "stays");
    });
}

TEST_F(put_test, takes_names_of_any_text) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const std::string names[] = {"a",
                                     " ",
                                     "a b",
                                     "dir/päth/😀.txt",
                                     "*",
                                     ">",
                                     "..",
                                     "a\nb",
                                     "\"\\",
                                     std::string(2048, 'n'),
                                     std::string("nul\0l", 5)};
        for (const auto& name : names) co_await photos.put(name, "of " + name);
        for (const auto& name : names) {
            const auto back = co_await photos.get_bytes(name);
            EXPECT_EQ(back, "of " + name);
            const auto info = co_await photos.info(name);
            EXPECT_TRUE(info && info->name == name) << name;
        }
        const auto all = co_await photos.list();
        EXPECT_EQ(all.size(), std::size(names));
    });
}

TEST_F(put_test, refuses_names_that_cannot_be) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        for (const auto& name : {std::string(), std::string("\xff"), std::string(2049, 'n')}) {
            auto error = co_await error_of(photos.put(name, "x"));
            EXPECT_EQ(error, errc::bad_name);
            error = co_await error_of(photos.get(name));
            EXPECT_EQ(error, errc::bad_name);
            error = co_await error_of(photos.info(name));
            EXPECT_EQ(error, errc::bad_name);
            error = co_await error_of(photos.del(name));
            EXPECT_EQ(error, errc::bad_name);
        }
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 0U);
    });
}

TEST_F(put_test, refuses_chunks_that_the_server_does_not_take) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const std::size_t max_payload = js.connection().server().max_payload;
        auto text = co_await error_text_of(photos.put(named("x", 0), pieces_of("x", 1)));
        EXPECT_NE(text.find("chunk size 0 is not 1 to 1048576"), std::string::npos) << text;
        text = co_await error_text_of(photos.put(named("x", max_payload + 1), pieces_of("x", 1)));
        EXPECT_NE(text.find("chunk size 1048577 is not"), std::string::npos) << text;

        const auto bytes = some_bytes(9 * max_payload + 1);
        const auto stored = co_await photos.put(named("x", max_payload), pieces_of(bytes, 2 * max_payload));
        EXPECT_EQ(stored.chunks, 10U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == bytes);
    });
}

TEST_F(put_test, refuses_a_description_that_cannot_be_stored_before_it_reads_the_source) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const source never = []() -> asio::awaitable<std::string> { throw std::logic_error("the source was read"); };
        auto meta = named("x");
        meta.description = "\xff";
        auto error = co_await error_of(photos.put(meta, never));
        EXPECT_EQ(error, errc::bad_config);
        meta.description.clear();
        meta.metadata["large"] = std::string(1024 * 1024, 'x');
        error = co_await error_of(photos.put(meta, never));
        EXPECT_EQ(error, errc::bad_config);
    });
}

asio::awaitable<void> fail_at_50(std::size_t index) {
    if (index == 50) throw std::runtime_error("the disk is on fire");
    co_return;
}

TEST_F(put_test, leaves_the_older_object_and_no_partial_chunks_when_the_source_fails) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        std::string text;
        try {
            co_await photos.put(named("x", 100), pieces_of(some_bytes(10'000), 100, fail_at_50));
        } catch (const std::runtime_error& error) {
            text = error.what();
        }
        EXPECT_EQ(text, "the disk is on fire");
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "the older one");
    });
}

TEST_F(put_test, leaves_nothing_of_a_new_object_when_the_source_fails) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        std::string text;
        try {
            co_await photos.put(named("x", 100), pieces_of(some_bytes(10'000), 100, fail_at_50));
        } catch (const std::runtime_error& error) {
            text = error.what();
        }
        EXPECT_EQ(text, "the disk is on fire");
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 0U);
        const auto info = co_await photos.info("x");
        EXPECT_FALSE(info);
    });
}

TEST_F(put_test, leaves_nothing_partial_when_the_store_is_full) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        store_config config;
        config.store = "small";
        config.max_bytes = 100'000;
        const auto small = co_await store::create(js, config);
        co_await small.put("x", "the older one");
        const auto error = co_await error_of(small.put(named("x", 1000), pieces_of(some_bytes(200'000), 5000)));
        EXPECT_TRUE(error) << "a full store took an object";
        const auto messages = co_await messages_of(js, "small");
        EXPECT_EQ(messages, 2U);
        const auto back = co_await small.get_bytes("x");
        EXPECT_EQ(back, "the older one");
    });
}

asio::awaitable<void> wait_at_30(std::size_t index, cancellation signal) {
    if (index != 30) co_return;
    const auto executor = co_await asio::this_coro::executor;
    asio::post(executor, [signal] { signal->emit(asio::cancellation_type::terminal); });
    asio::steady_timer never(executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

TEST_F(put_test, leaves_nothing_partial_when_it_is_cancelled) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const auto signal = std::make_shared<asio::cancellation_signal>();
        const std::function<asio::awaitable<void>(std::size_t)> cancel = [signal](std::size_t index) {
            return wait_at_30(index, signal);
        };
        const auto failure =
            co_await cancellable(js, photos.put(named("x", 100), pieces_of(some_bytes(10'000), 100, cancel)), signal);
        EXPECT_TRUE(failure != nullptr);
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "the older one");
    });
}

TEST_F(put_test, leaves_only_the_winner_when_many_write_the_same_name) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        constexpr std::size_t writers = 8;
        std::size_t running = writers;
        asio::steady_timer ended(js.connection().executor(), asio::steady_timer::time_point::max());
        std::exception_ptr failure;
        for (std::size_t i = 0; i < writers; ++i)
            asio::co_spawn(js.connection().executor(),
                           photos.put(named("x", 100), pieces_of(some_bytes(5'000, static_cast<std::uint32_t>(i)), 77)),
                           [&](const std::exception_ptr& error, const object_info&) {
                               if (error != nullptr) failure = error;
                               if (--running == 0) ended.cancel();
                           });
        co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
        if (failure != nullptr) std::rethrow_exception(failure);
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 51U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back.size(), 5'000U);
    });
}

TEST_F(put_test, waits_for_room_when_others_fill_the_connection) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto block = some_bytes(512 * 1024);
        const auto bytes = some_bytes(2 * 1024 * 1024);
        const source from = pieces_of(bytes, 128 * 1024);
        const source beside = [from, &js, &block]() {
            try {
                for (int i = 0; i < 64; ++i) js.connection().publish("noise", block);
            } catch (const boost::system::system_error&) {
                // Full now, which is what the put has to live with.
            }
            return from();
        };
        // The noise is four times what the connection holds; it stops sooner when the socket takes no more.
        co_await photos.put(named("x"), beside);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == bytes);
    });
}

TEST_F(put_test, replaces_an_object_whose_information_cannot_be_read) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("other", "stays");
        const auto subject = detail::info_of("photos", "x");
        co_await js.publish(subject, R"({"name":"x","nuid":">","size":1,"chunks":1})");
        co_await photos.put("x", "whole");
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "whole");
        const auto other = co_await photos.get_bytes("other");
        EXPECT_EQ(other, "stays");
    });
}

class limited_put_test : public objects_test {
protected:
    mote::test::nats_server_options server_options() override { return mote::test::limited_account("max_file: 1MB"); }
};

TEST_F(limited_put_test, says_so_when_the_account_has_no_storage_left_and_leaves_nothing_partial) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const auto bytes = some_bytes(std::size_t{3} * 1024 * 1024);
        const auto error = co_await error_of(photos.put("x", bytes));
        EXPECT_EQ(error, jetstream::errc::insufficient_resources) << error.message();
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "the older one");
    });
}

TEST_F(put_test, fails_when_the_connection_is_closed) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        test.connection().close();
        const auto error = co_await error_of(photos.put("x", "y"));
        EXPECT_EQ(error, nats::errc::closed);
    });
}

}  // namespace
}  // namespace mote::objects::test
