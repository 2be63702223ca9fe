#include <tests/objects/fixture.hpp>

#include <mote/objects/detail/layout.hpp>

namespace mote::objects::test {
namespace {

using get_test = objects_test;

/// Stores 3 chunks of 10 bytes as "x".
asio::awaitable<object_info> put_three_chunks(store photos, std::uint32_t seed = 1) {
    co_return co_await photos.put(named("x", 10), pieces_of(some_bytes(30, seed), 10));
}

/// Puts other chunks in the place of an object's.
asio::awaitable<void> replace_chunks(jetstream::context js, std::string nuid, std::vector<std::string> chunks) {
    const auto subject = detail::chunks_of("photos", nuid);
    co_await js.purge_stream("OBJ_photos", subject);
    for (const auto& chunk : chunks) co_await js.publish(subject, chunk);
}

TEST_F(get_test, hands_out_the_chunks_in_order) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await put_three_chunks(photos);
        auto object = co_await photos.get("x");
        EXPECT_EQ(object.info().size, 30U);
        std::string bytes;
        for (int i = 0; i < 3; ++i) {
            const auto piece = co_await object.next();
            EXPECT_TRUE(piece);
            if (!piece) co_return;
            EXPECT_EQ(piece->size(), 10U);
            bytes += *piece;
        }
        EXPECT_EQ(bytes, some_bytes(30));
        for (int i = 0; i < 2; ++i) {
            const auto end = co_await object.next();
            EXPECT_FALSE(end);
        }
    });
}

TEST_F(get_test, reads_two_objects_at_the_same_time) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", some_bytes(400'000, 1));
        co_await photos.put("b", some_bytes(400'000, 2));
        auto a = co_await photos.get("a");
        auto b = co_await photos.get("b");
        std::string bytes_of_a, bytes_of_b;
        for (bool more = true; more;) {
            const auto piece_of_a = co_await a.next();
            const auto piece_of_b = co_await b.next();
            more = piece_of_a && piece_of_b;
            bytes_of_a += piece_of_a.value_or("");
            bytes_of_b += piece_of_b.value_or("");
        }
        EXPECT_TRUE(bytes_of_a == some_bytes(400'000, 1));
        EXPECT_TRUE(bytes_of_b == some_bytes(400'000, 2));
    });
}

TEST_F(get_test, says_that_there_is_no_such_object) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(photos.get("x"));
        EXPECT_EQ(error, errc::object_not_found);
        error = co_await error_of(photos.get_bytes("x"));
        EXPECT_EQ(error, errc::object_not_found);
        const auto info = co_await photos.info("x");
        EXPECT_FALSE(info);
    });
}

/// What stands in the place of the three chunks, and what is said of it.
std::vector<std::pair<std::string, std::vector<std::string>>> wrong_chunks() {
    const auto first = some_bytes(30).substr(0, 10);
    const auto second = some_bytes(30).substr(10, 10);
    const auto third = some_bytes(30).substr(20);
    return {
        {"do not have the digest", {first, second, "0123456789"}},
        {"do not have the digest", {second, first, third}},
        {"29 of 30 bytes are there", {first, second, "012345678"}},
        {"more than 30 bytes", {first, second, "0123456789+"}},
        {"more than 3 chunks", {first, second, third, ""}},
        {"2 of 3 chunks are there", {first, second}},
        {"0 of 3 chunks are there", {}},
    };
}

TEST_F(get_test, detects_chunks_that_are_not_the_object) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        jetstream::context_options soon;  // so long it waits for chunks that may be on their way between replicas
        soon.timeout = 1s;
        const jetstream::context impatient(js.connection(), soon);
        const auto photos = co_await new_store(impatient);
        const auto stored = co_await put_three_chunks(photos);
        for (const auto& [expected, chunks] : wrong_chunks()) {
            co_await replace_chunks(js, stored.nuid, chunks);
            const auto error = co_await error_of(photos.get_bytes("x"));
            EXPECT_EQ(error, errc::corrupt) << expected;
            const auto text = co_await error_text_of(photos.get_bytes("x"));
            EXPECT_NE(text.find(expected), std::string::npos) << text;
        }
        const std::vector<std::string> in_two{some_bytes(30).substr(0, 10), some_bytes(30).substr(10)};
        co_await replace_chunks(js, stored.nuid, in_two);
        const auto error = co_await error_of(photos.get_bytes("x"));
        EXPECT_EQ(error, errc::corrupt) << "all bytes, but in two chunks";
    });
}

TEST_F(get_test, throws_the_same_again_after_a_failure) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto stored = co_await put_three_chunks(photos);
        const std::vector<std::string> longer{std::string(10, 'a'), std::string(21, 'b'), "c"};
        co_await replace_chunks(js, stored.nuid, longer);
        auto object = co_await photos.get("x");
        const auto piece = co_await object.next();
        EXPECT_EQ(piece, std::string(10, 'a'));
        for (int i = 0; i < 2; ++i) {
            const auto error = co_await error_of(object.next());
            EXPECT_EQ(error, errc::corrupt);
        }
    });
}

std::vector<std::pair<std::string, errc>> wrong_infos() {
    return {
        {R"({"name":"x","nuid":"n","size":5,"chunks":0,"digest":"SHA-256="})", errc::corrupt},
        {R"({"name":"x","nuid":"n","size":0,"chunks":0,"digest":"SHA-256=AAAA"})", errc::corrupt},
        {R"({"name":"x","nuid":"n","size":18446744073709551615,"chunks":1,"digest":""})", errc::corrupt},
        {R"({"name":"x","nuid":">","size":5,"chunks":1})", errc::bad_info},
        {R"({"name":"x","nuid":"n","size":"5"})", errc::bad_info},
        {"", errc::bad_info},
        {"hello", errc::bad_info},
    };
}

TEST_F(get_test, detects_an_information_that_cannot_be_true) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto subject = detail::info_of("photos", "x");
        for (const auto& [text, expected] : wrong_infos()) {
            co_await js.publish(subject, text);
            const auto error = co_await error_of(photos.get_bytes("x"));
            EXPECT_EQ(error, expected) << text;
        }
        const auto error = co_await error_text_of(photos.info("x"));
        EXPECT_NE(error.find("\"x\": not JSON"), std::string::npos) << error;
    });
}

TEST_F(get_test, takes_an_empty_object_without_a_digest) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto subject = detail::info_of("photos", "x");
        co_await js.publish(subject, R"({"name":"x","nuid":"n","size":0,"chunks":0})");
        const auto bytes = co_await photos.get_bytes("x");
        EXPECT_EQ(bytes, "");
    });
}

TEST_F(get_test, says_that_the_object_was_replaced_or_deleted_meanwhile) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        // Far more than what flow control and the sockets let the server send ahead.
        const auto stored = co_await photos.put("x", some_bytes(1'000));
        // As if it had more chunks, which were purged when it was replaced.
        auto told = std::string(R"({"name":"x","bucket":"photos","nuid":")") + stored.nuid +
                    R"(","size":2000,"chunks":2,"digest":"SHA-256=AAAA"})";
        const auto subject = detail::info_of("photos", "x");
        jetstream::publish_options rollup;
        rollup.rollup = "sub";

        co_await js.publish(subject, told, rollup);
        auto object = co_await photos.get("x");
        co_await object.next();
        co_await photos.put("x", "another");
        auto text = co_await error_text_of(object.next());
        EXPECT_NE(text.find("\"x\" is replaced: object changed"), std::string::npos) << text;

        const auto again = co_await photos.put("x", some_bytes(1'000));
        told = std::string(R"({"name":"x","bucket":"photos","nuid":")") + again.nuid +
               R"(","size":2000,"chunks":2,"digest":"SHA-256=AAAA"})";
        co_await js.publish(subject, told, rollup);
        object = co_await photos.get("x");
        co_await object.next();
        co_await photos.del("x");
        text = co_await error_text_of(object.next());
        EXPECT_NE(text.find("\"x\" is deleted: object changed"), std::string::npos) << text;
    });
}

TEST_F(get_test, of_a_large_object_ends_when_it_is_deleted_meanwhile) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", some_bytes(40 * 1024 * 1024));
        auto object = co_await photos.get("x");
        co_await object.next();
        co_await photos.del("x");
        // What the server has sent ahead may be the whole object; what it has not sent does not come any more.
        boost::system::error_code error;
        for (bool more = true; more && !error;) {
            try {
                more = (co_await object.next()).has_value();
            } catch (const boost::system::system_error& failed) {
                error = failed.code();
            }
        }
        EXPECT_TRUE(!error || error == errc::object_changed) << error.message();
    });
}

TEST_F(get_test, leaves_no_consumer_when_the_reader_goes) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await put_three_chunks(photos);
        {
            auto object = co_await photos.get("x");
            co_await object.next();
        }
        co_await js.connection().flush();
        auto stream = co_await js.stream("OBJ_photos");
        for (int i = 0; i < 100 && stream.state.consumers != 0; ++i) stream = co_await js.stream("OBJ_photos");
        EXPECT_EQ(stream.state.consumers, 0);
    });
}

TEST_F(get_test, may_end_while_a_chunk_is_awaited) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "of x");
        auto opened = co_await photos.get("x");
        auto short_lived = std::make_unique<reader>(std::move(opened));
        auto reading = short_lived->next();
        short_lived.reset();
        const auto piece = co_await std::move(reading);
        EXPECT_EQ(piece, "of x");
    });
}

}  // namespace
}  // namespace mote::objects::test
