// Handlers that answer with a stream: what they may do, what goes over the wire, how it is counted.

#include <tests/micro/streams.hpp>
#include <tests/support/raw_client.hpp>

#include <mote/micro/deadline.hpp>

#include <boost/describe.hpp>

#include <atomic>
#include <thread>

namespace mote::test {

struct numbered_line {
    int number = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(numbered_line, (), (number, text))

namespace {

using namespace std::chrono_literals;

using stream_test = micro_test;

TEST_F(stream_test, sends_items_in_their_order_and_then_the_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        const auto reader = reader_of(here.caller, "count", "5");
        const auto got = co_await read_rest(reader);
        EXPECT_EQ(got.items, numbers_to(5));
        EXPECT_FALSE(got.failed.code) << got.failed.text;
        const auto more = co_await reader->next();
        EXPECT_FALSE(more);
        EXPECT_EQ(reader->received(), 5U);
        co_await eventually("it is over", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(stats_of(service).requests, 1U);
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_EQ(stats_of(service).expired, 0U);
        EXPECT_EQ(stats_of(service).bytes_out, 5U);
    });
}

TEST_F(stream_test, may_be_empty) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "count", "0"));
        EXPECT_TRUE(got.items.empty());
        EXPECT_FALSE(got.failed.code) << got.failed.text;
    });
}

TEST_F(stream_test, takes_requests_with_headers_that_nobody_may_send) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("kept", [](std::string, micro::stream_context context) -> micro::reply_stream<std::string> {
            const std::string all(context.headers.lines());
            co_yield all;
        });
        co_await service.start(here.connection);
        std::string got;
        std::thread asking([&got, port = here.server.port()] {
            raw_client raw(port);
            const auto frames = raw.request("kept", "NATS/1.0\r\nCustomer Name: Ada\r\nA: 1\r\n\r\n", "x");
            for (const auto& each : frames) got += each;
            got += "!";
        });
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (stats_of(service).requests == 0 || stats_of(service).in_flight != 0) {
            timer.expires_after(2ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_await here.connection.flush();
        asking.join();
        EXPECT_NE(got.find("A: 1\r\n"), std::string::npos) << got;
        EXPECT_EQ(got.find("Nats-Service-Error"), std::string::npos) << got;
    });
}

TEST_F(stream_test, sends_thousands_of_items_with_and_without_a_window) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        for (const std::size_t window : {0, 1, 2, 64, 65536}) {
            micro::stream_options opts;
            opts.window = window;
            const auto got = co_await read_rest(reader_of(here.caller, "count", "5000", opts));
            EXPECT_EQ(got.items, numbers_to(5000)) << window;
            EXPECT_FALSE(got.failed.code) << window << got.failed.text;
        }
    });
}

micro::reply_stream<std::string> blocks(int count) {
    const std::string block(16 * 1024, 'x');
    for (int i = 0; i < count; ++i) co_yield block;
}

TEST_F(stream_test, waits_for_the_server_before_the_outbound_buffer_is_full) {
    in_world([](world& here) -> asio::awaitable<void> {
        nats::options narrow = options_for(here.server);
        narrow.max_outbound_bytes = 2 * 1024 * 1024;
        auto connection = co_await nats::connection::connect(narrow);
        micro::service service(here.config());
        service.endpoint("blocks", blocks);
        co_await service.start(connection);
        micro::stream_options opts;
        opts.window = 0;
        const auto reader = reader_of(here.caller, "blocks", "1000", opts);
        std::size_t bytes = 0;
        while (auto item = co_await reader->next()) bytes += item->payload().size();
        EXPECT_EQ(bytes, 1000U * 16 * 1024);
    });
}

TEST_F(stream_test, has_this_form_on_the_wire) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        auto inbox = here.caller.subscribe("replies");
        here.caller.publish("count", "replies", "2", {});
        const auto first = co_await inbox.next(5s);
        const auto second = co_await inbox.next(5s);
        const auto end = co_await inbox.next(5s);
        EXPECT_EQ(first->payload(), "1");
        EXPECT_EQ(first->headers().raw(), "NATS/1.0\r\nMote-Stream-Seq: 1\r\n\r\n");
        EXPECT_EQ(first->reply(), "") << "nobody asked for a window";
        EXPECT_EQ(second->headers().raw(), "NATS/1.0\r\nMote-Stream-Seq: 2\r\n\r\n");
        EXPECT_EQ(end->payload(), "");
        EXPECT_EQ(end->headers().raw(), "NATS/1.0\r\nMote-Stream-End: 2\r\n\r\n");

        here.caller.publish("count", "replies", "3", {{"Mote-Stream-Window", "2"}});
        const auto with_control = co_await inbox.next(5s);
        const auto without = co_await inbox.next(5s);
        EXPECT_NE(with_control->reply(), "");
        EXPECT_EQ(without->reply(), "");
        co_await here.connection.flush();
        co_await here.caller.flush();
        EXPECT_FALSE(inbox.try_next()) << "the window is used up";
        here.caller.publish(with_control->reply(), "nonsense");
        here.caller.publish(with_control->reply(), "+2");
        const auto third = co_await inbox.next(5s);
        const auto last = co_await inbox.next(5s);
        EXPECT_EQ(third->payload(), "3");
        EXPECT_EQ(last->headers().get("Mote-Stream-End"), "3");
    });
}

TEST_F(stream_test, gives_its_first_item_to_callers_that_know_of_no_streams) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "count", "3");
        EXPECT_EQ(got, body("1"));
    });
}

TEST_F(stream_test, tells_in_the_metadata_that_it_streams_and_what) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        service.endpoint("once", [](int n) { return n; });
        const auto metadata = service.info().endpoints.at(0).metadata;
        EXPECT_EQ(metadata.at("mote.reply"), "stream");
        EXPECT_EQ(metadata.at("mote.request.type"), "application/json");
        EXPECT_EQ(metadata.at("mote.response.type"), "application/json");
        EXPECT_FALSE(service.info().endpoints.at(1).metadata.contains("mote.reply"));
        co_return;
    });
}

micro::reply_stream<numbered_line> lines_in(std::string text, micro::stream_context context) {
    numbered_line line;
    line.text = text + " " + context.subject + " " + std::string(context.headers.get("Tone").value_or("none")) + " " +
                (context.deadline ? "hurried" : "calm");
    for (line.number = 1; line.number <= 2; ++line.number) co_yield line;
}

TEST_F(stream_test, takes_the_body_and_a_context_and_sends_values) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("lines", lines_in);
        co_await service.start(here.connection);
        micro::stream_options opts;
        opts.headers.set("Tone", "soft");
        auto lines = micro::read_stream<numbered_line>(here.caller, "lines", std::string("hello"), opts);
        const auto first = co_await lines.next();
        const auto second = co_await lines.next();
        const auto end = co_await lines.next();
        EXPECT_EQ(first->number, 1);
        EXPECT_EQ(first->text, "hello lines soft calm");
        EXPECT_EQ(second->number, 2);
        EXPECT_FALSE(end);
    });
}

TEST_F(stream_test, is_refused_before_it_begins_when_the_body_is_wrong) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("count", count_to);
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "count", "many"));
        EXPECT_TRUE(got.items.empty());
        EXPECT_EQ(got.failed.code, micro::errc::service_error);
        EXPECT_TRUE(contains(got.failed.text, "400")) << got.failed.text;
    });
}

// ---- errors

micro::reply_stream<int> three_and(std::string what) {
    for (int i = 1; i <= 3; ++i) co_yield i;
    if (what == "service_error") throw micro::service_error(404, "no more");
    throw std::runtime_error("the disk is gone");
}

TEST_F(stream_test, ends_with_the_error_that_its_handler_throws) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("three", three_and);
        co_await service.start(here.connection);
        auto got = co_await read_rest(reader_of(here.caller, "three", "service_error"));
        EXPECT_EQ(got.items, numbers_to(3));
        EXPECT_EQ(got.failed.code, micro::errc::service_error);
        EXPECT_TRUE(contains(got.failed.text, "404 no more")) << got.failed.text;
        EXPECT_EQ(stats_of(service).errors, 1U);
        EXPECT_EQ(stats_of(service).last_error, "404:no more");
        EXPECT_TRUE(here.failures->empty());

        got = co_await read_rest(reader_of(here.caller, "three", "other"));
        EXPECT_EQ(got.items, numbers_to(3));
        EXPECT_TRUE(contains(got.failed.text, "500 internal error")) << got.failed.text;
        EXPECT_EQ(stats_of(service).errors, 2U);
        EXPECT_EQ(here.failures->size(), 1U);
        if (here.failures->empty()) co_return;
        EXPECT_EQ(here.failures->front().cause, "the disk is gone");
    });
}

TEST_F(stream_test, says_on_the_wire_how_many_items_came_before_the_error) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("three", three_and);
        co_await service.start(here.connection);
        auto inbox = here.caller.subscribe("replies");
        here.caller.publish("three", "replies", "service_error", {});
        for (int i = 0; i < 3; ++i) co_await inbox.next(5s);
        const auto end = co_await inbox.next(5s);
        EXPECT_EQ(end->headers().get("Mote-Stream-End"), "3");
        EXPECT_EQ(end->headers().get("Nats-Service-Error"), "no more");
        EXPECT_EQ(end->headers().get("Nats-Service-Error-Code"), "404");
    });
}

micro::reply_stream<std::string> too_large() {
    co_yield "small";
    const std::string large(2 * 1024 * 1024, 'x');
    co_yield large;
}

TEST_F(stream_test, ends_with_an_error_at_an_item_that_the_server_does_not_take) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("large", too_large);
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "large"));
        EXPECT_EQ(got.items, std::vector<std::string>{"small"});
        EXPECT_TRUE(contains(got.failed.text, "500 internal error")) << got.failed.text;
    });
}

// ---- waiting

asio::awaitable<int> later(int value) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return value;
}

asio::awaitable<void> fail_later() {
    co_await later(0);
    throw std::runtime_error("later");
}

micro::reply_stream<std::string> waits_between(nats::connection connection) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_yield "timer";
    const int value = co_await later(7);
    co_yield std::to_string(value);
    const auto reply = co_await connection.request("echo", "asked");
    co_yield std::string(reply.payload());
    std::string caught;
    try {
        co_await fail_later();
    } catch (const std::runtime_error& failed) {
        caught = failed.what();
    }
    co_yield caught;
}

TEST_F(stream_test, may_await_anything_between_items) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("waits", [connection = here.connection] { return waits_between(connection); });
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "waits"));
        EXPECT_EQ(got.items, (std::vector<std::string>{"timer", "7", "asked", "later"}));
        EXPECT_FALSE(got.failed.code) << got.failed.text;
    });
}

TEST_F(stream_test, counts_one_call_in_flight_and_lets_others_wait_in_line) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        service.endpoint("e", [=] { return one_and_wait(seen, open_later); }, opts);
        co_await service.start(here.connection);
        const auto one = reader_of(here.caller, "e");
        const auto two = reader_of(here.caller, "e");
        const auto first = co_await one->next();
        EXPECT_EQ(first->payload(), "1");
        co_await eventually("the second waits", [&] { return stats_of(service).waiting == 1; });
        EXPECT_EQ(stats_of(service).in_flight, 2U);
        EXPECT_EQ(seen->alive, 1);
        open_later.open();
        const auto got = co_await read_rest(two);
        EXPECT_EQ(got.items.size(), 1U);
        co_await eventually("all is over", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(seen->alive, 0);
    });
}

micro::reply_stream<int> note_threads(std::shared_ptr<std::atomic<int>> elsewhere, std::thread::id loop) {
    for (int i = 1; i <= 500; ++i) {
        if (std::this_thread::get_id() != loop) ++*elsewhere;
        if (i % 100 == 0) co_await later(0);
        co_yield i;
    }
}

TEST_F(stream_test, runs_on_the_threads_of_its_endpoint) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto elsewhere = std::make_shared<std::atomic<int>>(0);
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.threads = 3;
        const auto loop = std::this_thread::get_id();
        service.endpoint("e", [=] { return note_threads(elsewhere, loop); }, opts);
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "e"));
        EXPECT_EQ(got.items, numbers_to(500));
        EXPECT_EQ(*elsewhere, 500);
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
