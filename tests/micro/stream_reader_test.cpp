// The reader of streams, against services of ours and against whoever else answers.

#include <tests/micro/streams.hpp>

#include <mote/micro/detail/stream_wire.hpp>

#include <sstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using stream_reader_test = micro_test;

TEST_F(stream_reader_test, says_at_once_that_nobody_is_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto reader = reader_of(here.caller, "nobody");
        const auto got = co_await failure_of(reader->next());
        EXPECT_EQ(got.code, nats::errc::no_responders);
        EXPECT_TRUE(contains(got.text, "nobody")) << got.text;
        const auto nothing = co_await reader->next();
        EXPECT_FALSE(nothing);
    });
}

TEST_F(stream_reader_test, reads_the_one_reply_of_an_endpoint_that_does_not_stream) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        service.endpoint("fail", [](micro::request& req) { req.respond_error(409, "in use", "by me"); });
        co_await service.start(here.connection);
        auto got = co_await read_rest(reader_of(here.caller, "echo", "alone"));
        EXPECT_EQ(got.items, std::vector<std::string>{"alone"});
        EXPECT_FALSE(got.failed.code) << got.failed.text;
        got = co_await read_rest(reader_of(here.caller, "fail"));
        EXPECT_TRUE(contains(got.failed.text, "409 in use")) << got.failed.text;
    });
}

TEST_F(stream_reader_test, tells_the_service_its_deadline_and_not_how_long_it_waits_for_an_item) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<bool> told;
        const auto listening = here.connection.subscribe("e", [&](const nats::message_view& asked) {
            told.push_back(asked.headers.get("Mote-Deadline-Ms").has_value());
        });
        co_await here.connection.flush();
        micro::stream_options opts;
        opts.timeout = 20s;
        const auto endless = reader_of(here.caller, "e", {}, opts);
        opts.deadline = std::chrono::steady_clock::now() + 1min;
        const auto bounded = reader_of(here.caller, "e", {}, opts);
        co_await eventually("both were asked", [&] { return told.size() == 2; });
        EXPECT_EQ(told, (std::vector<bool>{false, true})) << "a service ends the whole stream at the deadline";
    });
}

TEST_F(stream_reader_test, times_out_and_may_be_asked_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [=] { return one_and_wait(seen, open_later); });
        co_await service.start(here.connection);
        micro::stream_options opts;
        opts.timeout = 50ms;
        const auto reader = reader_of(here.caller, "e", {}, opts);
        const auto first = co_await reader->next();
        EXPECT_EQ(first->payload(), "1");
        const auto got = co_await failure_of(reader->next());
        EXPECT_EQ(got.code, nats::errc::timeout);
        open_later.open();
        co_await eventually("it has ended", [&] { return stats_of(service).in_flight == 0; });
        const auto end = co_await reader->next();
        EXPECT_FALSE(end);
    });
}

using orders = std::vector<std::string>;

/// Headers by a word each: a number is an item, `end=2` an end, `plain` neither.
std::vector<nats::headers> messages(const std::string& words) {
    std::vector<nats::headers> made;
    std::istringstream text(words);
    for (std::string word; text >> word;) {
        auto& headers = made.emplace_back();
        if (word.starts_with("end="))
            headers.set("Mote-Stream-End", word.substr(4));
        else if (word != "plain")
            headers.set("Mote-Stream-Seq", word);
    }
    return made;
}

/// Reads what somebody answers with such messages, and what the reader told them.
asio::awaitable<failure> reads(world* here, std::string words, std::shared_ptr<orders> told) {
    const auto answering = here->connection.subscribe("fake", [&](const nats::message_view& asked) {
        std::string control = "orders";
        for (const auto& headers : messages(words))
            here->connection.publish(asked.reply, std::exchange(control, ""), "item", headers);
    });
    const auto listening = here->connection.subscribe(
        "orders", [told](const nats::message_view& order) { told->emplace_back(order.payload); });
    co_await here->connection.flush();
    micro::stream_options opts;
    opts.timeout = std::chrono::seconds(1);
    auto reader = reader_of(here->caller, "fake", {}, opts);
    const auto got = co_await read_rest(std::move(reader));
    co_await here->caller.flush();
    co_await here->connection.flush();
    co_return got.failed;
}

TEST_F(stream_reader_test, notices_lost_items_and_tells_the_service_to_stop) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto told = std::make_shared<orders>();
        auto got = co_await reads(&here, "1 3", told);
        EXPECT_EQ(got.code, micro::errc::incomplete_stream);
        EXPECT_TRUE(contains(got.text, "3 after 1 of fake")) << got.text;
        EXPECT_EQ(*told, orders{"cancel"});
        got = co_await reads(&here, "2", told);
        EXPECT_EQ(got.code, micro::errc::incomplete_stream);
        got = co_await reads(&here, "1 1", told);
        EXPECT_EQ(got.code, micro::errc::incomplete_stream) << "two services answer";
        got = co_await reads(&here, "1 plain", told);
        EXPECT_EQ(got.code, micro::errc::incomplete_stream);
        got = co_await reads(&here, "1 end=2", told);
        EXPECT_EQ(got.code, micro::errc::incomplete_stream);
        got = co_await reads(&here, "1 end=1", told);
        EXPECT_FALSE(got.code) << got.text;
    });
}

TEST_F(stream_reader_test, pays_for_half_a_window_at_a_time) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::string words;
        for (int i = 1; i <= 64; ++i) words += std::to_string(i) + " ";
        const auto told = std::make_shared<orders>();
        const auto got = co_await reads(&here, words + "end=64", told);
        EXPECT_FALSE(got.code) << got.text;
        EXPECT_EQ(*told, (orders{"+32", "+32"}));
    });
}

TEST_F(stream_reader_test, notices_what_its_own_bounds_dropped) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::stream_options opts;
        opts.window = 1;
        const auto flood = here.connection.subscribe("flood", [&](const nats::message_view& asked) {
            for (int i = 1; i <= 100; ++i)
                here.connection.publish(asked.reply, "", "item", {{"Mote-Stream-Seq", std::to_string(i)}});
            here.connection.publish(asked.reply, "", "", {{"Mote-Stream-End", "100"}});
        });
        co_await here.connection.flush();
        opts.timeout = 200ms;
        const auto got = co_await read_rest(reader_of(here.caller, "flood", {}, opts));
        EXPECT_TRUE(got.failed.code == micro::errc::incomplete_stream || got.failed.code == nats::errc::timeout);
        EXPECT_LT(got.items.size(), 100U);
    });
}

TEST_F(stream_reader_test, refuses_a_window_that_is_too_large) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::stream_options opts;
        opts.window = 65537;
        const auto got = failure_at_once([&] { reader_of(here.caller, "x", {}, opts); });
        EXPECT_EQ(got.code, micro::errc::bad_call);
        co_return;
    });
}

TEST_F(stream_reader_test, ends_with_its_connection_and_when_it_is_destroyed_while_somebody_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [=] { return one_and_wait(seen, gate(never)); });
        co_await service.start(here.connection);
        auto mine = co_await connect_to(here.server);
        auto reader = reader_of(mine, "e");
        co_await reader->next();
        auto waiting = reader->next();
        reader.reset();
        const auto nothing = co_await std::move(waiting);
        EXPECT_FALSE(nothing);

        reader = reader_of(mine, "e");
        co_await reader->next();
        mine.close();
        const auto got = co_await failure_of(reader->next());
        EXPECT_EQ(got.code, nats::errc::closed);
    });
}

TEST_F(stream_reader_test, says_which_item_is_not_of_the_type_asked_for) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("words", []() -> micro::reply_stream<std::string> { co_yield "no number"; });
        co_await service.start(here.connection);
        auto items = micro::read_stream<int>(here.caller, "words", std::string("x"));
        const auto got = co_await failure_of(items.next());
        EXPECT_EQ(got.code, micro::errc::undecodable_reply);
    });
}

// ---- what is on the wire

std::optional<std::uint64_t> window(const std::string& value) {
    const auto block = "NATS/1.0\r\nMote-Stream-Window: " + value + "\r\n\r\n";
    return micro::detail::window_in(nats::headers_view(block));
}

TEST(stream_wire, a_window_is_1_to_65536) {
    EXPECT_EQ(window("1"), 1U);
    EXPECT_EQ(window("65536"), 65536U);
    EXPECT_EQ(window("999999999999999999"), 65536U);
    for (const std::string none : {"", "0", "-1", "+1", "1.5", "many", "1000000000000000000"})
        EXPECT_FALSE(window(none)) << none;
    EXPECT_FALSE(micro::detail::window_in(nats::headers_view()));
}

TEST(stream_wire, an_order_is_more_items_or_cancel) {
    EXPECT_EQ(micro::detail::parse_order("+12")->more, 12U);
    EXPECT_FALSE(micro::detail::parse_order("+12")->cancel);
    EXPECT_TRUE(micro::detail::parse_order("cancel")->cancel);
    EXPECT_EQ(micro::detail::parse_order(micro::detail::more_order(7))->more, 7U);
    for (const std::string none : {"", "+", "12", "-1", "+1x", "+1000000000000000000", "Cancel", "cancel "})
        EXPECT_FALSE(micro::detail::parse_order(none)) << none;
}

}  // namespace
}  // namespace mote::test
