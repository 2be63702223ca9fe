#include <tests/functions/log_fixture.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

class live_log_writer : public live_logs {};

using lines = std::vector<std::string>;

bool is_idle(const log_writer_stats& stats) { return stats.queued == 0 && stats.in_flight == 0; }

TEST_F(live_log_writer, stores_lines_without_being_asked_again) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer writer(store);
        append_numbers(writer, "figlet", "1", 1, 300);
        EXPECT_TRUE(co_await test::eventually([&] { return writer.stats().stored == 300; }));
        const auto stats = writer.stats();
        EXPECT_EQ(stats.appended, 300U);
        EXPECT_EQ(stats.dropped, 0U);
        EXPECT_EQ(stats.retries, 0U);
        EXPECT_TRUE(is_idle(stats));
        EXPECT_FALSE(stats.last_failure);
        EXPECT_EQ(co_await texts_of(store, of("figlet")), numbers(1, 300));
    });
}

TEST_F(live_log_writer, keeps_the_time_that_it_was_given) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer writer(store);
        const std::chrono::system_clock::time_point time(1'700'000'000'123'456'789ns);
        writer.append(named("figlet"), "node.7", "text", time);
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        auto reader = co_await log_reader::open(store, of("figlet"));
        const auto line = co_await reader.next();
        EXPECT_TRUE(line && line->time == time && line->instance == "node.7");
    });
}

TEST_F(live_log_writer, makes_utf8_of_any_bytes_and_cuts_what_is_too_long) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        std::string junk;
        for (int i = 0; i < 256; ++i) junk += static_cast<char>(i);
        log_writer_options opts;
        opts.max_line = 1000;
        log_writer writer(store, opts);
        writer.append(named("figlet"), junk, junk);
        writer.append(named("figlet"), "1", std::string(1'000'000, 'x'));
        writer.append(named("figlet"), "1", std::string(1000, 'y'));
        writer.append(named("figlet"), "1", "");
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        auto reader = co_await log_reader::open(store, of("figlet"));
        const auto first = co_await reader.next();
        EXPECT_TRUE(first && first->text.substr(0, 128) == junk.substr(0, 128));
        EXPECT_TRUE(first && first->text.substr(128, 3) == "\xef\xbf\xbd");
        EXPECT_TRUE(first && first->instance == junk.substr(0, 128));
        const auto rest = co_await rest_of(reader);
        EXPECT_EQ(rest.size(), 3U);
        if (rest.size() != 3) co_return;
        EXPECT_EQ(rest[0].size(), 1000U);
        EXPECT_TRUE(rest[0].ends_with("x [cut, 1000000 bytes]"));
        EXPECT_EQ(rest[1], std::string(1000, 'y'));
        EXPECT_EQ(rest[2], "");
        EXPECT_EQ(reader.unreadable(), 0U);
    });
}

TEST_F(live_log_writer, stores_its_longest_lines_of_bytes_that_grow_most) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer_options opts;
        opts.max_line = 1'000'000;  // more than it allows
        log_writer writer(store, opts);
        writer.append(named("figlet"), std::string(200, '\1'), std::string(64 * 1024, '\1'));
        writer.append(named("figlet"), "1", std::string(64 * 1024, '\xff'));
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        const auto found = co_await texts_of(store, of("figlet"));
        EXPECT_EQ(found.size(), 2U);
        for (const auto& each : found) {
            EXPECT_LE(each.size(), 64U * 1024);
            EXPECT_GT(each.size(), 64U * 1024 - 8);
        }
    });
}

TEST_F(live_log_writer, drops_what_floods_says_how_much_and_spares_the_others) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer_options opts;
        opts.max_queued_lines = 400;
        opts.max_in_flight = 10;
        log_writer writer(store, opts);
        append_numbers(writer, "loud", "1", 1, 5000);  // at once: the loop has no time to send
        append_numbers(writer, "quiet", "1", 1, 50);
        EXPECT_EQ(writer.stats().queued, 100 + 50U);
        EXPECT_EQ(writer.stats().in_flight, 10U);
        EXPECT_EQ(writer.stats().dropped, 5000 - 110U);
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        EXPECT_EQ(writer.stats().stored, 110 + 1 + 50U);
        EXPECT_EQ(writer.stats().appended, 5050U);

        EXPECT_EQ(co_await texts_of(store, of("quiet")), numbers(1, 50));
        auto loud = numbers(1, 110);
        loud.emplace_back("[mote] dropped 4890 lines: more came than could be stored");
        EXPECT_EQ(co_await texts_of(store, of("loud")), loud);
    });
}

/// What is in `seen`, once each, in the order in which it came first.
lines distinct(const lines& seen) {
    lines found;
    for (const auto& each : seen)
        if (std::find(found.begin(), found.end(), each) == found.end()) found.push_back(each);
    return found;
}

lines sorted(lines found) {
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
    return found;
}

TEST_F(live_log_writer, keeps_lines_while_the_server_is_away) {
    with_logs([](nats_server& server, log_store store) -> awaitable<void> {
        log_writer writer(store);
        append_numbers(writer, "figlet", "1", 1, 100);
        EXPECT_TRUE(co_await test::eventually([&] { return is_idle(writer.stats()); }));
        server.stop();
        EXPECT_TRUE(co_await test::eventually(
            [&] { return store.js().connection().status() != nats::connection_status::connected; }));
        append_numbers(writer, "figlet", "1", 101, 200);
        EXPECT_EQ(writer.stats().queued, 100U);
        server.restart();
        EXPECT_TRUE(co_await test::eventually([&] { return writer.stats().stored == 200; }));
        append_numbers(writer, "figlet", "1", 201, 300);
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        EXPECT_EQ(writer.stats().dropped, 0U);
        const auto found = co_await texts_of(store, of("figlet"));
        EXPECT_EQ(found, numbers(1, 300)) << "nothing was under way when it ended: each comes once, in order";
    });
}

TEST_F(live_log_writer, loses_no_line_that_was_under_way_when_the_server_was_killed) {
    with_logs([](nats_server& server, log_store store) -> awaitable<void> {
        log_writer writer(store);
        append_numbers(writer, "figlet", "1", 1, 3000);
        EXPECT_TRUE(co_await test::eventually([&] { return writer.stats().stored > 200; }));
        server.kill();
        server.restart();
        append_numbers(writer, "figlet", "1", 3001, 3100);
        const auto left = co_await writer.stop(50s);
        EXPECT_EQ(left, 0U);
        EXPECT_EQ(writer.stats().dropped, 0U);
        const auto found = sorted(distinct(co_await texts_of(store, of("figlet"))));
        EXPECT_TRUE(found == numbers(1, 3100)) << found.size();
    });
}

TEST_F(live_log_writer, makes_the_stream_again_when_somebody_deletes_it) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer writer(store);
        co_await store.js().delete_stream("mote_logs");
        append_numbers(writer, "figlet", "1", 1, 20);
        EXPECT_TRUE(co_await test::eventually([&] { return writer.stats().stored == 20; }));
        EXPECT_EQ(writer.stats().last_failure, jetstream::errc::no_stream_response);
        const auto found = sorted(co_await texts_of(store, of("figlet")));
        EXPECT_EQ(found, numbers(1, 20)) << "the first ones may come behind those that were tried later";
    });
}

TEST_F(live_log_writer, drops_lines_that_the_stream_refuses_and_goes_on) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto info = co_await store.js().stream("mote_logs");
        info.config.max_message_size = 500;
        co_await store.js().update_stream(info.config);
        log_writer writer(store);
        writer.append(named("figlet"), "1", "1");
        writer.append(named("figlet"), "1", std::string(1000, 'x'));
        writer.append(named("figlet"), "1", "2");
        function_name wrong;
        wrong.name = "a.>";
        writer.append(wrong, "1", "3");
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
        EXPECT_EQ(writer.stats().dropped, 2U);
        EXPECT_EQ(writer.stats().stored, 2U);
        EXPECT_TRUE(writer.stats().last_failure.failed());
        EXPECT_EQ(co_await texts_of(store, of("figlet")), numbers(1, 2));
    });
}

TEST_F(live_log_writer, drops_lines_larger_than_the_server_takes) {
    test::nats_server_options small;
    small.max_payload = 1000;
    with_jetstream(
        [](nats_server&, jetstream::context js) -> awaitable<void> {
            const auto store = co_await log_store::open(js);
            log_writer writer(store);
            writer.append(named("figlet"), "1", std::string(2000, 'x'));
            EXPECT_EQ(writer.stats().dropped, 1U);
            EXPECT_EQ(writer.stats().last_failure, nats::errc::max_payload_exceeded);
            const auto left = co_await writer.stop(30s);
            EXPECT_EQ(left, 0U);
        },
        small);
}

TEST_F(live_log_writer, gives_up_at_its_deadline_and_says_how_many_lines_are_lost) {
    with_logs([](nats_server& server, log_store store) -> awaitable<void> {
        log_writer writer(store);
        server.stop();
        EXPECT_TRUE(co_await test::eventually(
            [&] { return store.js().connection().status() != nats::connection_status::connected; }));
        append_numbers(writer, "figlet", "1", 1, 30);
        const auto left = co_await writer.stop(50ms);
        EXPECT_EQ(left, 30U);
        EXPECT_EQ(writer.stats().dropped, 30U);
        writer.append(named("figlet"), "1", "too late");
        EXPECT_EQ(writer.stats().dropped, 31U);
        EXPECT_TRUE(is_idle(writer.stats()));
        const auto again = co_await writer.stop(50ms);
        EXPECT_EQ(again, 0U);
    });
}

TEST_F(live_log_writer, ends_when_the_connection_is_closed) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        log_writer writer(store);
        store.js().connection().close();
        append_numbers(writer, "figlet", "1", 1, 3);
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U) << "it had ended";
        EXPECT_EQ(writer.stats().dropped, 3U);
    });
}

TEST_F(live_log_writer, may_be_destroyed_with_lines_under_way) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        {
            log_writer writer(store);
            append_numbers(writer, "figlet", "1", 1, 1000);
        }
        co_await store_numbers(store, "figlet", 1001, 1001);
        const auto found = co_await texts_of(store, of("figlet"));
        EXPECT_EQ(found.back(), "1001");
        EXPECT_LE(found.size(), 257U) << "what had not been sent is lost";
    });
}

}  // namespace
}  // namespace mote::functions
