// Handlers that decide at run time whether they answer once or with a stream, and items with headers of their own.

#include <tests/micro/streams.hpp>

#include <mote/micro/answer_stream.hpp>

namespace mote::test {
namespace {

using answer_stream_test = micro_test;

micro::reply_stream<micro::stream_item> head_and_pieces(int pieces) {
    micro::stream_item item;
    item.headers.set("Http-Status", "201");
    co_yield item;
    for (int i = 1; i <= pieces; ++i) {
        micro::stream_item piece;
        piece.data = std::to_string(i);
        co_yield piece;
    }
    if (pieces > 5) throw micro::service_error(507, "too many");
}

asio::awaitable<void> whole_or_in_pieces(micro::request req) {
    const int pieces = std::atoi(std::string(req.data()).c_str());
    if (pieces == 0) co_return req.respond("whole");
    auto items = head_and_pieces(pieces);
    co_await micro::answer_stream(std::move(req), std::move(items));
}

TEST_F(answer_stream_test, is_chosen_by_the_handler) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("get", whole_or_in_pieces);
        co_await service.start(here.connection);
        const auto whole = co_await read_rest(reader_of(here.caller, "get", "0"));
        EXPECT_EQ(whole.items, std::vector<std::string>{"whole"});
        const auto pieces = co_await read_rest(reader_of(here.caller, "get", "3"));
        EXPECT_EQ(pieces.items, (std::vector<std::string>{"", "1", "2", "3"}));
        EXPECT_FALSE(pieces.failed.code) << pieces.failed.text;
        EXPECT_EQ(stats_of(service).requests, 2U);
        EXPECT_EQ(stats_of(service).errors, 0U);
    });
}

TEST_F(answer_stream_test, gives_an_item_its_own_headers_and_no_other_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("get", whole_or_in_pieces);
        co_await service.start(here.connection);
        const auto reader = reader_of(here.caller, "get", "2");
        const auto first = co_await reader->next();
        EXPECT_TRUE(first);
        if (!first) co_return;
        EXPECT_EQ(first->headers().get("Http-Status"), "201");
        EXPECT_EQ(first->headers().get("Mote-Stream-Seq"), "1");
        const auto second = co_await reader->next();
        EXPECT_TRUE(second);
        if (!second) co_return;
        EXPECT_FALSE(second->headers().get("Http-Status"));
        EXPECT_EQ(second->headers().get("Mote-Stream-Seq"), "2");
    });
}

TEST_F(answer_stream_test, ends_with_the_error_that_was_thrown) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("get", whole_or_in_pieces);
        co_await service.start(here.connection);
        const auto got = co_await read_rest(reader_of(here.caller, "get", "6"));
        EXPECT_EQ(got.items.size(), 7U);
        EXPECT_NE(got.failed.text.find("too many"), std::string::npos) << got.failed.text;
        EXPECT_EQ(stats_of(service).errors, 1U);
    });
}

}  // namespace
}  // namespace mote::test
