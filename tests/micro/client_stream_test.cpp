// Streams of replies by the names of service and endpoint.

#include <tests/micro/fake_instance.hpp>
#include <tests/micro/streams.hpp>

#include <mote/micro/typed_client.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_stream_test = micro_test;

asio::awaitable<std::string> read_all(micro::reply_reader items) {
    std::string all;
    for (;;) {
        const auto item = co_await items.next();
        if (!item) co_return all;
        all += std::string(item->payload()) + ";";
    }
}

TEST_F(client_stream_test, is_read_without_its_subject) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Numbers"));
        service.group("deep.down").endpoint("count", count_to);
        co_await service.start(here.connection);
        const micro::client client(here.caller, quick_lookup());
        auto items = co_await client.read_stream("Numbers", "count", "3");
        const auto all = co_await read_all(std::move(items));
        EXPECT_EQ(all, "1;2;3;");
        micro::stream_options opts;
        opts.window = 1;
        const int five = 5;
        auto numbers = co_await client.read_stream<int>("Numbers", "count", five, opts);
        int sum = 0;
        for (int i = 0; i < 5; ++i) {
            const auto each = co_await numbers.next();
            sum += each.value_or(0);
        }
        EXPECT_EQ(sum, 15);
        const auto end = co_await numbers.next();
        EXPECT_FALSE(end);
    });
}

TEST_F(client_stream_test, says_what_is_not_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Numbers"));
        service.endpoint("count", count_to);
        micro::endpoint_options opts;
        opts.subject = "any.*";
        service.endpoint("wild", count_to, opts);
        co_await service.start(here.connection);
        const micro::client client(here.caller, quick_lookup());
        const auto no_service = co_await failure_of(client.read_stream("Letters", "count", "3"));
        EXPECT_EQ(no_service.code, micro::errc::not_found);
        const auto no_endpoint = co_await failure_of(client.read_stream("Numbers", "counts", "3"));
        EXPECT_EQ(no_endpoint.code, micro::errc::not_found);
        EXPECT_TRUE(contains(no_endpoint.text, "it has count")) << no_endpoint.text;
        const auto wild = co_await failure_of(client.read_stream("Numbers", "wild", "3"));
        EXPECT_EQ(wild.code, micro::errc::needs_subject);
    });
}

TEST_F(client_stream_test, a_lookup_that_nobody_answers_takes_no_longer_than_an_item_may) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.connection.subscribe("$SRV.INFO.Numbers", [](const nats::message_view&) {});
        co_await here.connection.flush();
        micro::client_options patient;
        patient.lookup_timeout = 1h;
        const micro::client client(here.caller, patient);
        micro::stream_options opts;
        opts.timeout = 50ms;
        const auto late = co_await failure_of(client.read_stream("Numbers", "count", "3", opts));
        EXPECT_EQ(late.code, nats::errc::timeout);
    });
}

}  // namespace
}  // namespace mote::test
