// How streams end before their handlers do: the reader stops, is slow or gone, the deadline passes, the service stops.

#include <tests/micro/streams.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using stream_end_test = micro_test;

TEST_F(stream_end_test, a_handler_is_never_further_ahead_than_the_window) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [seen] { return count_for_ever(seen); });
        co_await service.start(here.connection);
        micro::stream_options opts;
        opts.window = 8;
        const auto reader = reader_of(here.caller, "e", {}, opts);
        for (int taken = 0; taken < 50; ++taken) {
            co_await eventually("it uses most of the window", [&] { return seen->made >= taken + 5; });
            co_await here.caller.flush();
            co_await here.connection.flush();
            EXPECT_LE(seen->made, taken + 8);
            const auto item = co_await reader->next();
            EXPECT_EQ(item->payload(), std::to_string(taken + 1));
        }
    });
}

TEST_F(stream_end_test, a_reader_that_stops_destroys_a_handler_that_has_items) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [seen] { return count_for_ever(seen); });
        co_await service.start(here.connection);
        {
            const auto reader = reader_of(here.caller, "e");
            co_await reader->next();
            EXPECT_EQ(seen->alive, 1);
        }
        co_await eventually("the handler is gone", [&] { return seen->alive == 0; });
        co_await eventually("the call is over", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_EQ(stats_of(service).expired, 0U);
    });
}

TEST_F(stream_end_test, a_reader_that_stops_cancels_what_the_handler_waits_for) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        for (const std::size_t threads : {0, 2}) {
            const auto seen = std::make_shared<witness>();
            micro::service service(here.config());
            micro::endpoint_options opts;
            opts.threads = threads;
            service.endpoint("e", [=] { return one_and_wait(seen, gate(never)); }, opts);
            co_await service.start(here.connection);
            const auto reader = reader_of(here.caller, "e");
            co_await reader->next();
            reader->cancel();
            co_await eventually("the handler is gone", [&] { return seen->alive == 0; });
            EXPECT_EQ(seen->made, 1) << "it did not go on";
            const auto nothing = co_await reader->next();
            EXPECT_FALSE(nothing);
            co_await service.stop();
            EXPECT_EQ(stats_of(service).errors, 0U);
        }
    });
}

TEST_F(stream_end_test, a_reader_that_takes_nothing_is_given_up) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.reader_timeout = 50ms;
        service.endpoint("e", [seen] { return count_for_ever(seen); }, opts);
        co_await service.start(here.connection);
        micro::stream_options reading;
        reading.window = 4;
        reading.timeout = 100ms;
        const auto reader = reader_of(here.caller, "e", {}, reading);
        co_await eventually("it is given up", [&] { return stats_of(service).expired == 1; });
        EXPECT_EQ(seen->alive, 0);
        EXPECT_EQ(seen->made, 4);
        EXPECT_EQ(stats_of(service).errors, 0U);
        const auto got = co_await read_rest(reader);
        EXPECT_EQ(got.items, numbers_to(4)) << "these were sent";
        EXPECT_EQ(got.failed.code, nats::errc::timeout);
    });
}

TEST_F(stream_end_test, a_deadline_ends_a_handler_that_waits_and_counts_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        for (const std::size_t threads : {0, 2}) {
            const auto seen = std::make_shared<witness>();
            micro::service service(here.config());
            micro::endpoint_options opts;
            opts.threads = threads;
            opts.middleware = {[](micro::request& req, micro::next next) -> asio::awaitable<void> {
                co_await next.rest(req);
                co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            }};
            service.endpoint("e", [=] { return one_and_wait(seen, gate(never)); }, opts);
            co_await service.start(here.connection);
            micro::stream_options reading;
            reading.deadline = std::chrono::steady_clock::now() + 100ms;
            const auto reader = reader_of(here.caller, "e", {}, reading);
            const auto got = co_await read_rest(reader);
            EXPECT_EQ(got.items, numbers_to(1));
            EXPECT_EQ(got.failed.code, nats::errc::timeout);
            co_await eventually("the handler is gone", [&] { return seen->alive == 0; });
            co_await eventually("the call is over", [&] { return stats_of(service).in_flight == 0; });
            EXPECT_EQ(stats_of(service).expired, 1U) << threads;
            EXPECT_EQ(stats_of(service).errors, 0U) << threads << stats_of(service).last_error;
            EXPECT_EQ(seen->made, 1);
            co_await service.stop();
        }
    });
}

TEST_F(stream_end_test, a_deadline_ends_a_handler_that_never_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [seen] { return count_for_ever(seen); });
        co_await service.start(here.connection);
        micro::stream_options reading;
        reading.window = 0;
        reading.deadline = std::chrono::steady_clock::now() + 50ms;
        const auto reader = reader_of(here.caller, "e", {}, reading);
        co_await eventually("it is over", [&] { return stats_of(service).expired == 1; });
        EXPECT_EQ(seen->alive, 0);
    });
}

TEST_F(stream_end_test, a_message_without_reply_subject_begins_no_stream) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [seen] { return count_for_ever(seen); });
        co_await service.start(here.connection);
        here.caller.publish("e", "");
        co_await eventually("it is counted", [&] { return stats_of(service).unanswered == 1; });
        EXPECT_EQ(seen->made, 0);
        co_await eventually("it is over", [&] { return stats_of(service).in_flight == 0; });
    });
}

TEST_F(stream_end_test, stop_waits_for_streams_that_are_read) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        micro::stream_options opts;
        opts.window = 4;
        const auto reader = reader_of(here.caller, "count", "100", opts);
        co_await reader->next();
        const auto stopping = start(here.connection, service.stop());
        co_await here.connection.flush();
        EXPECT_FALSE(stopping->ended);
        const auto got = co_await read_rest(reader);
        EXPECT_EQ(got.items.size(), 99U);
        EXPECT_FALSE(got.failed.code) << got.failed.text;
        const bool ended = co_await ends(stopping);
        EXPECT_TRUE(ended);
        EXPECT_FALSE(stopping->seen.code) << stopping->seen.text;
    });
}

TEST_F(stream_end_test, stop_names_a_stream_that_nobody_reads) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [seen] { return count_for_ever(seen); });
        co_await service.start(here.connection);
        const auto reader = reader_of(here.caller, "e");
        co_await eventually("it waits", [&] { return seen->made == 64; });
        const auto stopped = co_await failure_of(service.stop(1s));
        EXPECT_EQ(stopped.code, micro::errc::drain_timeout);
        EXPECT_TRUE(contains(stopped.text, "1 of e")) << stopped.text;
        reader->cancel();  // there is no control yet: it did not look at an item
        EXPECT_EQ(seen->alive, 1);
    });
}

TEST_F(stream_end_test, a_closed_connection_ends_handlers_that_wait_for_their_reader_or_for_others) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        const auto waiting = std::make_shared<witness>();
        const auto blocked = std::make_shared<witness>();
        auto connection = co_await connect_to(here.server);
        micro::service service(here.config());
        service.endpoint("waits", [=] { return one_and_wait(waiting, gate(never)); });
        service.endpoint("blocked", [=] { return count_for_ever(blocked); });
        co_await service.start(connection);
        const auto one = reader_of(here.caller, "waits");
        const auto two = reader_of(here.caller, "blocked");
        co_await eventually("both are at it", [&] { return waiting->made == 1 && blocked->made == 64; });
        connection.close();
        co_await eventually("both are gone", [&] { return waiting->alive == 0 && blocked->alive == 0; });
    });
}

TEST_F(stream_end_test, a_killed_server_is_an_error_for_the_reader_and_no_hang_for_the_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.reader_timeout = 500ms;
        service.endpoint("e", [seen] { return count_for_ever(seen); }, opts);
        co_await service.start(here.connection);
        micro::stream_options reading;
        reading.timeout = 300ms;
        const auto reader = reader_of(here.caller, "e", {}, reading);
        for (int i = 0; i < 100; ++i) co_await reader->next();
        here.server.kill();
        const auto got = co_await read_rest(reader);
        EXPECT_TRUE(got.failed.code == nats::errc::timeout || got.failed.code == micro::errc::incomplete_stream)
            << got.failed.text;
        co_await eventually("the handler is gone", [&] { return seen->alive == 0; });
        here.server.restart();
        co_await wait_reconnected(here.connection, 1);
        co_await wait_reconnected(here.caller, 1);
        const auto again = reader_of(here.caller, "e");
        const auto item = co_await again->next();
        EXPECT_TRUE(item);
    });
}

/// A service in the middle of streams whose loop ends.
asio::awaitable<void> begin_streams(nats_server* server, std::shared_ptr<witness> seen, std::shared_ptr<bool> begun) {
    auto connection = co_await connect_to(*server);
    micro::service_config config;
    config.name = "Test";
    config.version = "1.0.0";
    micro::service service(config);
    const gate never(connection.executor());
    service.endpoint("waits", [=] { return one_and_wait(seen, gate(never)); });
    service.endpoint("blocked", [=] { return count_for_ever(seen); });
    co_await service.start(connection);
    const auto one = reader_of(connection, "waits");
    const auto two = reader_of(connection, "blocked");
    co_await two->next();
    co_await eventually("both have begun", [&] { return seen->alive == 2; });
    *begun = true;
    co_await never.pass();
}

TEST_F(stream_end_test, coroutines_end_with_the_loop_while_they_are_suspended) {
    nats_server server(core_only());
    const auto seen = std::make_shared<witness>();
    const auto begun = std::make_shared<bool>(false);
    {
        asio::io_context loop(1);
        asio::co_spawn(loop, begin_streams(&server, seen, begun), asio::detached);
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!*begun && std::chrono::steady_clock::now() < deadline) loop.run_one_for(100ms);
        EXPECT_TRUE(*begun);
    }
    EXPECT_EQ(seen->alive, 0);
}

}  // namespace
}  // namespace mote::test
