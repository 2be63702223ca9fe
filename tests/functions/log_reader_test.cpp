#include <mote/functions/error.hpp>
#include <tests/functions/log_fixture.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <set>

namespace mote::functions {
namespace {

class live_log_reader : public live_logs {};

using lines = std::vector<std::string>;

TEST_F(live_log_reader, gives_all_lines_of_one_function_in_order_and_ends) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        const auto before = std::chrono::system_clock::now();
        co_await store_numbers(store, "figlet", 1, 50);
        co_await store_numbers(store, "other", 100, 110);
        co_await store_numbers(store, "figlet.staging", 200, 210);
        auto reader = co_await log_reader::open(store, of("figlet"));
        const auto first = co_await reader.next();
        EXPECT_TRUE(first.has_value());
        if (!first) co_return;
        EXPECT_EQ(first->function, named("figlet"));
        EXPECT_EQ(first->instance, "1");
        EXPECT_EQ(first->text, "1");
        EXPECT_GE(first->time, before);
        EXPECT_LE(first->time, std::chrono::system_clock::now());
        const auto rest = co_await rest_of(reader);
        EXPECT_EQ(rest, numbers(2, 50));
        const auto after_the_end = co_await reader.next();
        EXPECT_FALSE(after_the_end);
        EXPECT_EQ(reader.unreadable(), 0U);
    });
}

TEST_F(live_log_reader, ends_at_once_when_there_is_nothing) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        EXPECT_EQ(co_await texts_of(store, query), lines());
        query.tail = 5;
        EXPECT_EQ(co_await texts_of(store, query), lines());
        query.since = std::chrono::system_clock::now();
        EXPECT_EQ(co_await texts_of(store, query), lines());
        co_await store_numbers(store, "other", 1, 3);
        EXPECT_EQ(co_await texts_of(store, query), lines());
        co_await test::expect_consumers(store.js(), "mote_logs", 0);
    });
}

TEST_F(live_log_reader, gives_exactly_the_last_lines_of_a_tail) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        co_await store_numbers(store, "figlet", 1, 60);
        co_await store_numbers(store, "other", 1000, 1100);
        co_await store_numbers(store, "figlet", 61, 100);
        auto query = of("figlet");
        for (const int tail : {1, 2, 40, 41, 99, 100}) {
            query.tail = tail;
            const auto found = co_await texts_of(store, query);
            EXPECT_EQ(found, numbers(101 - tail, 100)) << tail;
        }
        for (const int tail : {101, 1'000'000, 2'147'483'647, 0, -1, -2'147'483'647}) {
            query.tail = tail;
            const auto found = co_await texts_of(store, query);
            EXPECT_EQ(found, numbers(1, 100)) << tail;
        }
        co_await test::expect_consumers(store.js(), "mote_logs", 0);
    });
}

/// Waits until the server's clock is past this moment, by storing lines of another function.
awaitable<std::chrono::system_clock::time_point> moment(log_store store) {
    const auto now = std::chrono::system_clock::now();
    while (true) {
        co_await store.js().publish("mote.log.openfaas-fn.clock", "tick");
        const auto last = co_await store.js().last_message("mote_logs", "mote.log.openfaas-fn.clock");
        if (last && last->time > now) co_return now;
    }
}

TEST_F(live_log_reader, gives_what_was_stored_since_a_time) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        const auto start = co_await moment(store);
        co_await store_numbers(store, "figlet", 1, 20);
        const auto middle = co_await moment(store);
        co_await store_numbers(store, "figlet", 21, 30);
        const auto end = co_await moment(store);
        auto query = of("figlet");
        query.since = start;
        EXPECT_EQ(co_await texts_of(store, query), numbers(1, 30));
        query.since = middle;
        EXPECT_EQ(co_await texts_of(store, query), numbers(21, 30));
        query.tail = 3;
        EXPECT_EQ(co_await texts_of(store, query), numbers(28, 30));
        query.tail = 15;
        EXPECT_EQ(co_await texts_of(store, query), numbers(21, 30)) << "and no older ones to fill the tail";
        query.since = end;
        EXPECT_EQ(co_await texts_of(store, query), lines());
        query.tail = 0;
        EXPECT_EQ(co_await texts_of(store, query), lines());
        query.since = std::chrono::system_clock::now() + 1h;
        EXPECT_EQ(co_await texts_of(store, query), lines());
        query.since = std::chrono::system_clock::time_point();
        EXPECT_EQ(co_await texts_of(store, query), numbers(1, 30));
    });
}

TEST_F(live_log_reader, gives_the_lines_of_one_replica) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        for (int i = 1; i <= 20; ++i) co_await store_numbers(store, "figlet", i, i, i % 2 == 0 ? "even" : "odd");
        auto query = of("figlet");
        query.instance = "even";
        const lines even = co_await texts_of(store, query);
        EXPECT_EQ(even.size(), 10U);
        EXPECT_TRUE(std::all_of(even.begin(), even.end(), [](const auto& each) { return std::stoi(each) % 2 == 0; }));
        query.tail = 2;
        const lines last = co_await texts_of(store, query);
        EXPECT_EQ(last.size(), 2U);
        EXPECT_EQ(last.front() + last.back(), "1820");
        query.instance = "none";
        EXPECT_EQ(co_await texts_of(store, query), lines());
    });
}

TEST_F(live_log_reader, follows_without_losing_or_repeating_a_line) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        // Lines come all the time, while it opens and goes over from what was there to what comes.
        log_writer writer(store);
        append_numbers(writer, "figlet", "1", 1, 500);
        auto query = of("figlet");
        query.follow = true;
        auto reader = co_await log_reader::open(store, query);
        for (int i = 0; i < 5; ++i) {
            append_numbers(writer, "figlet", "1", 501 + 100 * i, 600 + 100 * i);
            co_await expect_numbers(reader, 1 + 200 * i, 200 + 200 * i);
        }
        const auto left = co_await writer.stop(30s);
        EXPECT_EQ(left, 0U);
    });
}

TEST_F(live_log_reader, follows_behind_a_tail_and_behind_an_empty_log) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        query.tail = 3;
        auto from_nothing = co_await log_reader::open(store, query);
        co_await store_numbers(store, "figlet", 1, 10);
        co_await expect_numbers(from_nothing, 1, 10);
        auto from_tail = co_await log_reader::open(store, query);
        co_await store_numbers(store, "figlet", 11, 15);
        co_await expect_numbers(from_tail, 8, 15);
        co_await expect_numbers(from_nothing, 11, 15);
        query.tail = 0;
        query.since = std::chrono::system_clock::now() + 1h;
        auto from_the_future = co_await log_reader::open(store, query);
        co_await store_numbers(store, "figlet", 16, 17);
        co_await expect_numbers(from_the_future, 16, 17);
    });
}

TEST_F(live_log_reader, follows_over_a_restart_of_the_server) {
    with_logs([](nats_server& server, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        co_await store_numbers(store, "figlet", 1, 10);
        auto reader = co_await log_reader::open(store, query);
        auto late = co_await log_reader::open(store, query);
        co_await expect_numbers(reader, 1, 10);
        server.restart();
        co_await test::wait_reconnected(store.js().connection(), 1);
        co_await store_numbers(store, "figlet", 11, 20);
        co_await expect_numbers(reader, 11, 20);
        server.kill();
        server.restart();
        co_await test::wait_reconnected(store.js().connection(), 2);
        co_await store_numbers(store, "figlet", 21, 30);
        co_await expect_numbers(reader, 21, 30);
        co_await expect_numbers(late, 1, 30);
    });
}

TEST_F(live_log_reader, leaves_out_what_is_no_line_of_the_function) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        const auto subject = log_store::subject(named("figlet"));
        co_await store_numbers(store, "figlet", 1, 2);
        log_line foreign;
        foreign.function = named("other");
        const auto of_another = foreign.json();
        const std::string junk("\xff\0{", 3);
        const std::string huge(900'000, '[');
        for (const auto* text : {"", "{}", "null"}) co_await store.js().publish(subject, text);
        co_await store.js().publish(subject, of_another);
        co_await store.js().publish(subject, junk);
        co_await store.js().publish(subject, huge);
        co_await store_numbers(store, "figlet", 3, 4);
        auto reader = co_await log_reader::open(store, of("figlet"));
        const auto found = co_await rest_of(reader);
        EXPECT_EQ(found, numbers(1, 4));
        EXPECT_EQ(reader.unreadable(), 6U);
    });
}

TEST_F(live_log_reader, ends_when_it_is_stopped_while_it_waits) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        auto reader = co_await log_reader::open(store, query);
        const auto waiting = test::start(store.js().connection(), [](log_reader& from) -> awaitable<void> {
            const auto line = co_await from.next();
            EXPECT_FALSE(line);
        }(reader));
        co_await test::turn();
        EXPECT_FALSE(waiting->ended);
        reader.stop();
        EXPECT_TRUE(co_await test::ends(waiting));
        EXPECT_FALSE(waiting->seen.code) << waiting->seen.text;
        reader.stop();
        EXPECT_FALSE(co_await reader.next());
        co_await test::expect_consumers(store.js(), "mote_logs", 0);
    });
}

TEST_F(live_log_reader, may_be_destroyed_while_it_waits) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        auto reader = std::make_unique<log_reader>(co_await log_reader::open(store, query));
        auto next = [](awaitable<std::optional<log_line>> work) -> awaitable<void> {
            const auto line = co_await std::move(work);
            EXPECT_FALSE(line);
        };
        const auto waiting = test::start(store.js().connection(), next(reader->next()));
        co_await test::turn();
        reader.reset();
        EXPECT_TRUE(co_await test::ends(waiting));
        EXPECT_FALSE(waiting->seen.code) << waiting->seen.text;
        co_await test::expect_consumers(store.js(), "mote_logs", 0);
    });
}

TEST_F(live_log_reader, can_be_cancelled) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        auto reader = co_await log_reader::open(store, query);
        boost::asio::cancellation_signal cancel;
        bool ended = false;
        boost::asio::co_spawn(store.js().connection().executor(), reader.next(),
                              boost::asio::bind_cancellation_slot(
                                  cancel.slot(), [&](const std::exception_ptr& error, const std::optional<log_line>&) {
                                      ended = true;
                                      EXPECT_NE(error, nullptr);
                                  }));
        co_await test::turn();
        cancel.emit(boost::asio::cancellation_type::terminal);
        EXPECT_TRUE(co_await test::eventually([&] { return ended; }));
    });
}

TEST_F(live_log_reader, throws_when_there_is_no_stream_or_no_connection) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        auto query = of("figlet");
        query.follow = true;
        auto reader = co_await log_reader::open(store, query);
        co_await store.js().delete_stream("mote_logs");
        EXPECT_EQ((co_await failure_of(log_reader::open(store, query))).code, jetstream::errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(reader.next())).code, jetstream::errc::stream_not_found);
        const auto again = co_await log_store::open(store.js());
        auto other = co_await log_reader::open(again, query);
        store.js().connection().close();
        EXPECT_EQ((co_await failure_of(other.next())).code, nats::errc::closed);
    });
}

TEST_F(live_log_reader, reads_ten_thousand_lines_and_the_last_ones_of_them) {
    with_logs([](nats_server&, log_store store) -> awaitable<void> {
        co_await store_numbers(store, "figlet", 1, 10'000);
        const auto all = co_await texts_of(store, of("figlet"));
        EXPECT_TRUE(all == numbers(1, 10'000)) << all.size();
        auto query = of("figlet");
        query.tail = 9'999;
        const auto most = co_await texts_of(store, query);
        EXPECT_TRUE(most == numbers(2, 10'000)) << most.size();
        query.tail = 10;
        query.instance = "1";
        EXPECT_EQ(co_await texts_of(store, query), numbers(9'991, 10'000));
    });
}

TEST_F(live_log_reader, finds_what_the_limits_of_the_stream_leave) {
    log_limits limits;
    limits.max_lines = 100;
    with_logs(
        [](nats_server&, log_store store) -> awaitable<void> {
            co_await store_numbers(store, "quiet", 1, 3);
            co_await store_numbers(store, "loud", 1, 1000);
            EXPECT_EQ(co_await texts_of(store, of("loud")), numbers(901, 1000));
            EXPECT_EQ(co_await texts_of(store, of("quiet")), numbers(1, 3)) << "each function has its own";
            auto query = of("loud");
            query.tail = 150;
            EXPECT_EQ(co_await texts_of(store, query), numbers(901, 1000));
            query.tail = 7;
            EXPECT_EQ(co_await texts_of(store, query), numbers(994, 1000));
        },
        limits);
}

TEST_F(live_log_reader, gives_a_tail_of_lines_in_order_while_old_ones_go) {
    log_limits limits;
    limits.max_lines = 50;
    with_logs(
        [](nats_server&, log_store store) -> awaitable<void> {
            log_writer writer(store);
            append_numbers(writer, "loud", "1", 1, 3000);
            auto query = of("loud");
            query.tail = 20;
            const auto seen = co_await texts_of(store, query);
            EXPECT_LE(seen.size(), 20U);
            for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_GT(std::stoi(seen[i]), std::stoi(seen[i - 1]));
            const auto left = co_await writer.stop(30s);
            EXPECT_EQ(left, 0U);
            EXPECT_EQ(co_await texts_of(store, query), numbers(2981, 3000));
        },
        limits);
}

TEST_F(live_logs, keep_the_limits_that_are_there_unless_told_others) {
    log_limits limits;
    limits.max_lines = 100;
    limits.max_bytes = 1'000'000;
    limits.max_age = 1h;
    with_logs(
        [](nats_server&, log_store store) -> awaitable<void> {
            const auto other = co_await log_store::open(store.js());
            auto info = co_await store.js().stream("mote_logs");
            EXPECT_EQ(info.config.max_messages_per_subject, 100);
            EXPECT_EQ(info.config.max_bytes, 1'000'000);
            EXPECT_EQ(info.config.max_age, 1h);
            log_limits wider;
            wider.max_lines = 200;
            co_await log_store::configure(store.js(), wider);
            info = co_await store.js().stream("mote_logs");
            EXPECT_EQ(info.config.max_messages_per_subject, 200);
            EXPECT_EQ(info.config.max_bytes, 256 * 1024 * 1024);
            EXPECT_EQ(info.config.max_age, 24h);
            EXPECT_EQ(info.config.discard, jetstream::discard_policy::old_messages);
        },
        limits);
}

}  // namespace
}  // namespace mote::functions
