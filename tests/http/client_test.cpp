#include <tests/http/fixture.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using http::errc;
using namespace std::chrono_literals;

class http_client : public http_test {};

TEST_F(http_client, get_gives_status_headers_and_body) {
    http_server server(io.get_executor(), [](const http_question&) {
        return http_answer(200, "hello", "X-One: 1\r\nX-Many: a\r\nX-Many:  b \r\nX-Folded: a\r\n  b\r\nX-Empty:\r\n");
    });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url("/a?b=c#d")));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 200);
    EXPECT_EQ(got->response->body, "hello");
    EXPECT_EQ(got->response->header("content-length"), "5");
    EXPECT_EQ(got->response->header("X-ONE"), "1");
    EXPECT_EQ(got->response->header("x-folded"), "a b");
    EXPECT_EQ(got->response->header("x-empty"), "");
    EXPECT_EQ(got->response->header("x-absent"), std::nullopt);
    const http::header_list expected{{"Content-Length", "5"}, {"X-One", "1"},      {"X-Many", "a"},
                                     {"X-Many", "b"},         {"X-Folded", "a b"}, {"X-Empty", ""}};
    EXPECT_EQ(got->response->headers, expected);
    ASSERT_EQ(server.questions().size(), 1U);
    EXPECT_EQ(server.questions()[0].method, "GET");
    EXPECT_EQ(server.questions()[0].target, "/a?b=c");
    EXPECT_TRUE(server.questions()[0].has("User-Agent: mote"));
}

TEST_F(http_client, send_passes_method_headers_and_body_on) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(201, ""); });
    http::client client(io.get_executor(), quick());
    http::request asked("PUT", server.url("/item"));
    asked.headers = {{"X-One", "1"}, {"X-Empty", ""}, {"User-Agent", "other"}};
    asked.body = std::string("a\0b", 3);
    const auto got = finish(client.send(asked));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 201);
    const auto& question = server.questions().at(0);
    EXPECT_EQ(question.method, "PUT");
    EXPECT_EQ(question.body, asked.body);
    EXPECT_TRUE(question.has("X-One: 1"));
    EXPECT_TRUE(question.has("X-Empty:"));
    EXPECT_TRUE(question.has("User-Agent: other"));
    EXPECT_EQ(question.head.find("Content-Type"), std::string::npos);
    EXPECT_EQ(question.head.find("Expect"), std::string::npos);
}

TEST_F(http_client, sends_every_method_as_it_is) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(200, ""); });
    http::client client(io.get_executor(), quick());
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        const auto got = finish(client.send(http::request(method, server.url())));
        ASSERT_TRUE(got->response) << method << ": " << got->what;
        EXPECT_EQ(server.questions().back().method, method);
    }
    EXPECT_EQ(server.accepted(), 1U);
}

TEST_F(http_client, head_takes_no_body_from_a_response_that_announces_one) {
    http_server server(io.get_executor(), [](const http_question&) {
        return std::string("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n");
    });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.send(http::request("HEAD", server.url())));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->header("Content-Length"), "999999999");
    EXPECT_TRUE(got->response->body.empty());
}

TEST_F(http_client, keeps_the_connection) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(200, "x"); });
    http::client client(io.get_executor(), quick());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(finish(client.get(server.url()))->response);
    EXPECT_EQ(server.questions().size(), 20U);
    EXPECT_EQ(server.accepted(), 1U);
}

TEST_F(http_client, an_idle_client_does_not_keep_the_context_running) {
    auto server =
        std::make_unique<http_server>(io.get_executor(), [](const http_question&) { return http_answer(200, "x"); });
    http::client client(io.get_executor(), quick());
    ASSERT_TRUE(finish(client.get(server->url()))->response);
    server.reset();
    io.restart();
    io.run_for(5s);
    EXPECT_TRUE(io.stopped());
}

TEST_F(http_client, many_requests_share_few_connections) {
    http_server server(io.get_executor(), [](const http_question& asked) { return http_answer(200, asked.target); });
    auto options = quick();
    options.max_connections = 8;
    http::client client(io.get_executor(), options);
    std::vector<std::shared_ptr<http_outcome>> all;
    for (int i = 0; i < 500; ++i) all.push_back(start(client.get(server.url("/" + std::to_string(i)))));
    until([&] { return client.in_flight() + client.waiting() == 500; });
    EXPECT_EQ(client.in_flight(), 8U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        until([&] { return all[i]->done; });
        ASSERT_TRUE(all[i]->response) << all[i]->what;
        EXPECT_EQ(all[i]->response->body, "/" + std::to_string(i));
    }
    EXPECT_LE(server.accepted(), 8U);
    EXPECT_EQ(server.questions().size(), 500U);
    EXPECT_EQ(client.in_flight() + client.waiting(), 0U);
}

TEST_F(http_client, a_kept_connection_that_the_server_closed_is_replaced) {
    int answered = 0;
    http_server server(io.get_executor(),
                       [&](const http_question&) { return ++answered == 2 ? std::string() : http_answer(200, "x"); });
    auto options = quick();
    options.retries = 0;
    http::client client(io.get_executor(), options);
    ASSERT_TRUE(finish(client.get(server.url()))->response);
    const auto second = finish(client.get(server.url()));
    ASSERT_TRUE(second->response) << second->what;
    EXPECT_EQ(server.accepted(), 2U);
}

TEST_F(http_client, too_many_waiting_are_refused_at_once) {
    http_server server(io.get_executor(), [](const http_question&) { return std::optional<std::string>(); });
    auto options = quick();
    options.max_connections = 1;
    options.max_waiting = 1;
    http::client client(io.get_executor(), options);
    const auto running = start(client.get(server.url()));
    const auto waiting = start(client.get(server.url()));
    const auto refused = finish(client.get(server.url()));
    EXPECT_EQ(refused->error, errc::waiting_line_full);
    EXPECT_NE(refused->what.find(server.authority() + ": 1 requests wait already"), std::string::npos) << refused->what;
    EXPECT_FALSE(running->done);
    EXPECT_FALSE(waiting->done);
    EXPECT_EQ(client.in_flight(), 1U);
    EXPECT_EQ(client.waiting(), 1U);
}

TEST_F(http_client, follows_redirects_of_get) {
    http_server server(io.get_executor(), [](const http_question& asked) {
        if (asked.target == "/") return http_answer(302, "gone", "Location: /there\r\nX-First: 1\r\n");
        return http_answer(200, "there");
    });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 200);
    EXPECT_EQ(got->response->body, "there");
    EXPECT_EQ(got->response->header("X-First"), std::nullopt);
}

TEST_F(http_client, does_not_follow_redirects_of_post) {
    http_server server(io.get_executor(),
                       [](const http_question&) { return http_answer(303, "", "Location: /there\r\n"); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.send(http::request("POST", server.url())));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 303);
    EXPECT_EQ(server.questions().size(), 1U);
}

TEST_F(http_client, follows_no_more_than_five_redirects) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(302, "", "Location: /\r\n"); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    EXPECT_EQ(got->error, errc::bad_redirect) << got->what;
    EXPECT_EQ(server.questions().size(), 6U);
}

TEST_F(http_client, follows_no_redirect_to_another_scheme) {
    for (const std::string target : {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "//[x"}) {
        http_server server(io.get_executor(),
                           [&](const http_question&) { return http_answer(302, "", "Location: " + target + "\r\n"); });
        http::client client(io.get_executor(), quick());
        const auto got = finish(client.get(server.url()));
        EXPECT_EQ(got->error, errc::bad_redirect) << target << ": " << got->what;
        EXPECT_EQ(server.questions().size(), 1U);
    }
}

TEST_F(http_client, uses_the_proxy_it_is_given) {
    http_server proxy(io.get_executor(), [](const http_question&) { return http_answer(200, "by proxy"); });
    auto options = quick();
    options.proxy = proxy.url();
    http::client client(io.get_executor(), options);
    const auto got = finish(client.get("http://unknown.invalid/x"));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->body, "by proxy");
    EXPECT_EQ(proxy.questions().at(0).target, "http://unknown.invalid/x");
}

}  // namespace
}  // namespace mote::test
