#include <tests/http/fixture.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace mote::test {
namespace {

using http::errc;
using namespace std::chrono_literals;

class http_failure : public http_test {
protected:
    /// A port that was free a moment ago.
    std::uint16_t closed_port() {
        http_server server(io.get_executor(), [](const http_question&) { return std::string(); });
        return server.port();
    }
};

TEST_F(http_failure, a_status_of_the_client_is_passed_on) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(404, "none"); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 404);
    EXPECT_EQ(got->response->body, "none");
    EXPECT_EQ(server.questions().size(), 1U);
}

TEST_F(http_failure, a_server_error_is_tried_again) {
    int asked = 0;
    http_server server(io.get_executor(), [&](const http_question&) {
        return ++asked <= 2 ? http_answer(500, "down", "X-Down: 1\r\n") : http_answer(200, "up");
    });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 200);
    EXPECT_EQ(got->response->body, "up");
    EXPECT_EQ(got->response->header("X-Down"), std::nullopt);
    EXPECT_EQ(client.retried(), 2U);
    EXPECT_EQ(server.accepted(), 1U);
}

TEST_F(http_failure, the_last_server_error_is_the_response) {
    int asked = 0;
    http_server server(io.get_executor(),
                       [&](const http_question&) { return http_answer(500, std::to_string(++asked)); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 500);
    EXPECT_EQ(got->response->body, "3");
    EXPECT_EQ(client.retried(), 2U);
}

TEST_F(http_failure, a_server_error_of_post_is_not_tried_again) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(503, ""); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.send(http::request("POST", server.url())));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 503);
    EXPECT_EQ(server.questions().size(), 1U);
}

TEST_F(http_failure, no_response_is_a_timeout) {
    http_server server(io.get_executor(), [](const http_question&) { return std::optional<std::string>(); });
    auto options = quick();
    options.timeout = 30ms;
    http::client client(io.get_executor(), options);
    const auto got = finish(client.get(server.url()));
    EXPECT_EQ(got->error, errc::timeout) << got->what;
    EXPECT_NE(got->what.find(server.authority()), std::string::npos) << got->what;
    EXPECT_EQ(server.questions().size(), 3U);
    EXPECT_EQ(client.retried(), 2U);
}

TEST_F(http_failure, a_timeout_of_post_is_not_tried_again) {
    http_server server(io.get_executor(), [](const http_question&) { return std::optional<std::string>(); });
    http::client client(io.get_executor(), quick());
    http::request asked("POST", server.url());
    asked.body = "once";
    asked.timeout = 30ms;
    const auto got = finish(client.send(asked));
    EXPECT_EQ(got->error, errc::timeout) << got->what;
    EXPECT_EQ(client.retried(), 0U);
    EXPECT_EQ(server.questions().size(), 1U);
}

TEST_F(http_failure, half_a_body_is_a_timeout_or_a_lost_connection) {
    bool closes = false;
    http_server server(io.get_executor(), [&](const http_question&) {
        if (closes) return std::string("HTTP/1.0 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf");
        return std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    auto options = quick();
    options.timeout = 30ms;
    options.retries = 0;
    http::client client(io.get_executor(), options);
    EXPECT_EQ(finish(client.get(server.url()))->error, errc::timeout);
}

TEST_F(http_failure, a_connection_that_is_closed_is_tried_again) {
    http_server server(io.get_executor(), [](const http_question&) { return std::string(); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    EXPECT_EQ(got->error, errc::connection_lost) << got->what;
    EXPECT_EQ(server.questions().size(), 3U);
}

TEST_F(http_failure, nobody_listens) {
    const auto authority = "127.0.0.1:" + std::to_string(closed_port());
    http::client client(io.get_executor(), quick());
    for (const std::string method : {"GET", "POST"}) {
        const auto before = client.retried();
        const auto got = finish(client.send(http::request(method, "http://" + authority + "/")));
        EXPECT_EQ(got->error, errc::connect_failed) << got->what;
        EXPECT_EQ(got->what.find(authority), 0U) << got->what;
        EXPECT_NE(got->what.find("Failed to connect"), std::string::npos) << got->what;
        EXPECT_EQ(client.retried() - before, 2U) << method;
    }
}

TEST_F(http_failure, a_name_without_an_address) {
    auto options = quick();
    options.retries = 0;
    http::client client(io.get_executor(), options);
    // No DNS server is asked: a label has at most 63 characters.
    const auto got = finish(client.get("http://" + std::string(64, 'a') + ".invalid/"));
    EXPECT_EQ(got->error, errc::resolve_failed) << got->what;
}

TEST_F(http_failure, a_response_that_is_not_http) {
    http_server server(io.get_executor(),
                       [](const http_question&) { return std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"); });
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server.url()));
    EXPECT_EQ(got->error, errc::bad_response) << got->what;
    EXPECT_EQ(client.retried(), 0U);
}

TEST_F(http_failure, bad_urls_are_named_without_quoting_them) {
    http::client client(io.get_executor(), quick());
    for (const std::string url : {"", "example.org", "/x", "http://", "http://h:99999/", "http://h:x/", "http://a b/",
                                  "http://h/\n", "http://u:sec/ret@h/", "://sec"}) {
        const auto got = finish(client.get(url));
        EXPECT_EQ(got->error, errc::bad_url) << '"' << url << "\": " << got->what;
        EXPECT_EQ(got->what.find("sec"), std::string::npos) << got->what;
    }
    EXPECT_EQ(finish(client.get(std::string("http://h/\0x", 11)))->error, errc::bad_url);
}

TEST_F(http_failure, only_http_and_https_are_known) {
    http::client client(io.get_executor(), quick());
    for (const std::string url : {"ftp://user:secret@h/", "file:///etc/passwd", "ws://h/", "mailto:a@b"}) {
        const auto got = finish(client.get(url));
        EXPECT_EQ(got->error, errc::bad_url) << url << ": " << got->what;
        EXPECT_EQ(got->what.find("secret"), std::string::npos) << got->what;
    }
    EXPECT_NE(finish(client.get("ftp://h/"))->what.find("scheme ftp: only http and https"), std::string::npos);
}

TEST_F(http_failure, a_password_is_sent_and_never_told) {
    http_server server(io.get_executor(), [](const http_question&) { return http_answer(200, ""); });
    http::client client(io.get_executor(), quick());
    ASSERT_TRUE(finish(client.get("http://user:secret@" + server.authority() + "/"))->response);
    EXPECT_TRUE(server.questions().at(0).has("Authorization: Basic dXNlcjpzZWNyZXQ="));

    const auto authority = "127.0.0.1:" + std::to_string(closed_port());
    const auto got = finish(client.get("http://user:secret@" + authority + "/"));
    EXPECT_EQ(got->error, errc::connect_failed);
    EXPECT_EQ(got->what.find(authority), 0U) << got->what;
    EXPECT_EQ(got->what.find("secret"), std::string::npos) << got->what;
}

TEST_F(http_failure, the_password_of_a_proxy_is_never_told) {
    auto options = quick();
    for (const std::string proxy : {"http://user:secret@127.0.0.1:99999", "nonsense://user:secret@127.0.0.1:1",
                                    "http://user:secret@127.0.0.1:1"}) {
        options.proxy = proxy;
        http::client client(io.get_executor(), options);
        const auto got = finish(client.get("http://example.invalid/"));
        EXPECT_FALSE(got->response);
        EXPECT_EQ(got->what.find("secret"), std::string::npos) << got->what;
    }
}

TEST_F(http_failure, a_proxy_that_refuses_is_named) {
    http_server proxy(io.get_executor(), [](const http_question&) { return http_answer(407, ""); });
    auto options = quick();
    options.proxy = proxy.url();
    http::client client(io.get_executor(), options);
    const auto got = finish(client.get("https://example.invalid/"));
    EXPECT_EQ(got->error, errc::proxy_failed) << got->what;
    EXPECT_NE(got->what.find("407"), std::string::npos) << got->what;
    EXPECT_EQ(client.retried(), 0U);
}

TEST_F(http_failure, what_cannot_be_sent_is_refused) {
    http::client client(io.get_executor(), quick());
    const auto refused = [&](std::string method, std::string name, std::string value) {
        http::request asked(std::move(method), "http://127.0.0.1:1/");
        asked.headers.emplace_back(std::move(name), std::move(value));
        return finish(client.send(asked))->error == errc::bad_request;
    };
    EXPECT_TRUE(refused("", "A", "b"));
    EXPECT_TRUE(refused("GET /x HTTP/1.1\r\nA:", "A", "b"));
    EXPECT_TRUE(refused("GET", "", "b"));
    EXPECT_TRUE(refused("GET", "A b", "b"));
    EXPECT_TRUE(refused("GET", "A", "b\r\nC: d"));
    EXPECT_TRUE(refused("GET", "A", std::string("b\0", 2)));

    http::request head("HEAD", "http://127.0.0.1:1/");
    head.body = "x";
    EXPECT_EQ(finish(client.send(head))->error, errc::bad_request);

    auto options = quick();
    options.user_agent = "a\r\nB: c";
    EXPECT_THROW(http::client(io.get_executor(), options), boost::system::system_error);
}

TEST_F(http_failure, a_body_past_the_bound_is_refused) {
    const std::string body(1001, 'x');
    http_server server(io.get_executor(), [&](const http_question& asked) {
        if (asked.target == "/fits") return http_answer(200, body.substr(1));
        if (asked.target == "/length") return http_answer(200, body);
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n";
    });
    auto options = quick();
    options.max_body = 1000;
    http::client client(io.get_executor(), options);
    ASSERT_TRUE(finish(client.get(server.url("/fits")))->response);
    for (const std::string path : {"/length", "/chunked"}) {
        const auto got = finish(client.get(server.url(path)));
        EXPECT_EQ(got->error, errc::too_large) << got->what;
        EXPECT_NE(got->what.find("body past 1000 bytes"), std::string::npos) << got->what;
    }
    EXPECT_EQ(client.retried(), 0U);
}

TEST_F(http_failure, headers_past_the_bound_are_refused) {
    std::string many;
    for (int i = 0; i < 300; ++i) many += "X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
    http_server server(io.get_executor(), [&](const http_question&) { return http_answer(200, "", many); });
    http::client client(io.get_executor(), quick());
    EXPECT_EQ(finish(client.get(server.url()))->error, errc::too_large);
}

}  // namespace
}  // namespace mote::test
