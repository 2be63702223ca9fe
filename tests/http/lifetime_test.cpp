#include <tests/http/fixture.hpp>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using http::errc;
using namespace std::chrono_literals;

/// A client with one connection to a server that never answers `/hang` and says 500 to all else.
class http_lifetime : public http_test {
protected:
    http_lifetime() {
        auto options = quick();
        options.max_connections = 1;
        options.retry_backoff = 1h;
        client = std::make_unique<http::client>(io.get_executor(), options);
    }

    http_server server{io.get_executor(), [](const http_question& asked) -> std::optional<std::string> {
                           if (asked.target == "/hang") return std::nullopt;
                           return http_answer(asked.target == "/ok" ? 200 : 500, "");
                       }};
    std::unique_ptr<http::client> client;

    /// One request before its next try, one in flight, one in line.
    std::vector<std::shared_ptr<http_outcome>> one_of_each() {
        std::vector<std::shared_ptr<http_outcome>> all;
        all.push_back(start(client->get(server.url("/error"))));
        until([&] { return server.questions().size() == 1 && client->in_flight() == 0 && client->waiting() == 1; });
        all.push_back(start(client->get(server.url("/hang"))));
        until([&] { return server.questions().size() == 2; });
        all.push_back(start(client->get(server.url("/hang"))));
        until([&] { return client->waiting() == 2; });
        EXPECT_EQ(client->in_flight(), 1U);
        return all;
    }
};

TEST_F(http_lifetime, stop_ends_what_is_outstanding_and_what_comes_later) {
    const auto all = one_of_each();
    client->stop();
    client->stop();
    EXPECT_EQ(client->in_flight() + client->waiting(), 0U);
    for (const auto& one : all) {
        until([&] { return one->done; });
        EXPECT_EQ(one->error, errc::closed) << one->what;
        EXPECT_EQ(one->what.find(server.authority()), 0U) << one->what;
    }
    EXPECT_EQ(finish(client->get(server.url("/ok")))->error, errc::closed);
    until([&] { return server.open() == 0; });
}

TEST_F(http_lifetime, destruction_ends_what_is_outstanding) {
    const auto all = one_of_each();
    auto not_started = client->get(server.url("/ok"));
    client.reset();
    for (const auto& one : all) {
        until([&] { return one->done; });
        EXPECT_EQ(one->error, errc::closed) << one->what;
    }
    EXPECT_EQ(finish(std::move(not_started))->error, errc::closed);
    until([&] { return server.open() == 0; });
}

TEST_F(http_lifetime, stop_between_a_response_and_its_next_try) {
    const auto got = start(client->get(server.url("/error")));
    // The transfer has ended, the coroutine has not heard of it yet.
    until([&] { return server.questions().size() == 1 && client->in_flight() == 0; });
    client->stop();
    until([&] { return got->done; });
    EXPECT_EQ(got->error, errc::closed) << got->what;
}

TEST_F(http_lifetime, a_request_in_flight_can_be_cancelled) {
    const auto running = start(client->get(server.url("/hang")));
    const auto next = start(client->get(server.url("/ok")));
    until([&] { return server.questions().size() == 1; });
    EXPECT_EQ(client->waiting(), 1U);
    running->cancel.emit(boost::asio::cancellation_type::terminal);
    until([&] { return running->done; });
    EXPECT_EQ(running->error, boost::asio::error::operation_aborted) << running->what;
    until([&] { return next->done; });
    ASSERT_TRUE(next->response) << next->what;
    EXPECT_EQ(next->response->status, 200);
    EXPECT_EQ(server.accepted(), 2U);
}

TEST_F(http_lifetime, requests_that_wait_can_be_cancelled) {
    const auto all = one_of_each();
    for (const std::size_t waiting : {2U, 0U}) {
        all[waiting]->cancel.emit(boost::asio::cancellation_type::terminal);
        until([&] { return all[waiting]->done; });
        EXPECT_EQ(all[waiting]->error, boost::asio::error::operation_aborted) << all[waiting]->what;
    }
    EXPECT_EQ(client->waiting(), 0U);
    EXPECT_EQ(client->in_flight(), 1U);
    EXPECT_EQ(server.questions().size(), 2U);
}

TEST(http_shutdown, the_context_may_go_with_requests_outstanding) {
    auto io = std::make_unique<boost::asio::io_context>(1);
    auto server = std::make_unique<http_server>(io->get_executor(),
                                                [](const http_question&) { return std::optional<std::string>(); });
    http::client_options options;
    options.max_connections = 2;
    options.proxy = "";
    auto client = std::make_unique<http::client>(io->get_executor(), options);
    for (int i = 0; i < 5; ++i) {
        boost::asio::co_spawn(*io, client->get(server->url()),
                              [](std::exception_ptr, const http::response&) { FAIL(); });
    }
    while (server->questions().size() < 2) ASSERT_EQ(io->run_one_for(30s), 1U);
    // Its coroutines are destroyed where they wait, after it.
    server.reset();
    client.reset();
    io.reset();
}

boost::asio::awaitable<void> own_client(std::string url) {
    http::client_options options;
    options.max_connections = 1;
    options.proxy = "";
    http::client client(co_await boost::asio::this_coro::executor, options);
    boost::asio::co_spawn(co_await boost::asio::this_coro::executor, client.get(url),
                          [](std::exception_ptr, const http::response&) { FAIL(); });
    co_await client.get(url);
}

TEST(http_shutdown, the_context_may_take_the_client_with_it) {
    boost::asio::io_context io(1);
    http_server server(io.get_executor(), [](const http_question&) { return std::optional<std::string>(); });
    boost::asio::co_spawn(io, own_client(server.url()), [](std::exception_ptr) { FAIL(); });
    while (server.questions().empty()) ASSERT_EQ(io.run_one_for(30s), 1U);
}

}  // namespace
}  // namespace mote::test
