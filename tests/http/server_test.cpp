// The HTTP server, asked by a peer of plain bytes: what it answers, and what it refuses.

#include <tests/http/running_server.hpp>

#include <mote/http/protocol/response_head.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

void echo(http::exchange& asked) {
    if (asked.path() == "/throw") throw std::runtime_error("a secret of the handler");
    if (asked.path() == "/refuse") throw http::status_error(418, "a teapot");
    if (asked.path() == "/silent") return;
    const auto text = std::string(asked.method()) + " " + std::string(asked.path()) + " " + std::string(asked.query()) +
                      " " + std::string(asked.body());
    asked.respond(200, {{"Content-Type", "text/plain"}}, text);
}

asio::awaitable<void> echo_awaited(http::exchange& asked) {
    if (asked.path() == "/throw") throw std::runtime_error("a secret of the handler");
    if (asked.path() == "/refuse") throw http::status_error(418, "a teapot");
    if (asked.path() == "/silent") co_return;
    const auto body = co_await asked.read_body();
    const auto text = std::string(asked.method()) + " " + std::string(asked.path()) + " " + std::string(asked.query()) +
                      " " + std::string(body);
    asked.respond(200, {{"Content-Type", "text/plain"}}, text);
}

/// Takes what is at hand as a whole, and leaves the rest to the coroutine.
bool echo_at_hand(http::exchange& asked) {
    const auto body = asked.body_at_hand();
    if (!body) return false;
    EXPECT_EQ(asked.received(), body->size());
    if (asked.path() == "/throw") throw std::runtime_error("a secret of the handler");
    if (asked.path() == "/refuse") throw http::status_error(418, "a teapot");
    if (asked.path() == "/silent") return true;
    if (asked.query() == "decline") return false;
    const auto text = std::string(asked.method()) + " " + std::string(asked.path()) + " " + std::string(asked.query()) +
                      " " + std::string(*body);
    asked.respond(200, {{"Content-Type", "text/plain"}}, text);
    return true;
}

enum class kind { a_function, a_coroutine, a_first_handler };

/// All kinds of handler have to behave alike.
class http_server : public testing::TestWithParam<kind> {
protected:
    static http::server_handler handler() {
        if (GetParam() == kind::a_function) return echo;
        if (GetParam() == kind::a_coroutine) return echo_awaited;
        return {echo_at_hand, echo_awaited};
    }
};

std::string name_of(const testing::TestParamInfo<kind>& chosen) {
    return chosen.param == kind::a_function    ? "a_function"
           : chosen.param == kind::a_coroutine ? "a_coroutine"
                                               : "a_first_handler";
}

INSTANTIATE_TEST_SUITE_P(with, http_server, testing::Values(kind::a_function, kind::a_coroutine, kind::a_first_handler),
                         name_of);

TEST_P(http_server, gives_a_body_again_to_who_comes_second) {
    running_server server(handler());
    raw_peer peer(server.port());
    peer.send("POST /a?decline HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(body_in(peer.response()), "POST /a decline body");
    EXPECT_EQ(body_in(peer.response()), "GET /b  ");
}

TEST_P(http_server, answers_with_head_and_body) {
    running_server server(handler());
    raw_peer peer(server.port());
    peer.send("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = peer.response();
    EXPECT_EQ(status_in(got), 200);
    EXPECT_EQ(body_in(got), "GET /a/b c=d ");
    EXPECT_NE(got.find("Content-Type: text/plain\r\n"), std::string::npos) << got;
    EXPECT_NE(got.find("Date: "), std::string::npos) << got;
}

TEST_P(http_server, keeps_the_connection_and_each_body_apart) {
    running_server server(handler());
    raw_peer peer(server.port());
    for (const auto& body : std::vector<std::string>{"one", "two", "", "three", std::string(100'000, 'x'), "end"}) {
        peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
        peer.send(body);
        EXPECT_EQ(body_in(peer.response()), "POST /  " + body);
    }
}

TEST_P(http_server, answers_what_is_sent_ahead_in_order) {
    running_server server(handler());
    raw_peer peer(server.port());
    std::string all;
    for (int i = 0; i < 500; ++i)
        all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    peer.send(all);
    for (int i = 0; i < 500; ++i) {
        const auto expected = "POST /" + std::to_string(i) + "  ab";
        ASSERT_EQ(body_in(peer.response()), expected);
    }
}

TEST_P(http_server, takes_a_request_byte_by_byte_and_chunked) {
    running_server server(handler());
    raw_peer peer(server.port());
    const std::string request =
        "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: "
        "1\r\n\r\n";
    for (const char c : request) peer.send({&c, 1});
    EXPECT_EQ(body_in(peer.response()), "POST /c  abcde");
    peer.send(request + request);
    EXPECT_EQ(body_in(peer.response()), "POST /c  abcde");
    EXPECT_EQ(body_in(peer.response()), "POST /c  abcde");
}

TEST_P(http_server, answers_head_without_a_body) {
    running_server server(handler());
    raw_peer peer(server.port());
    peer.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = peer.response(true);
    EXPECT_NE(got.find("Content-Length: 9\r\n"), std::string::npos) << got;
    peer.send("GET /g HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(body_in(peer.response()), "GET /g  ");
}

TEST_P(http_server, does_not_tell_head_a_length_that_nobody_said) {
    running_server server([](http::exchange& asked) { asked.respond(200, {}, {}); });
    raw_peer peer(server.port());
    peer.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = peer.response(true);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    EXPECT_EQ(got.find("Content-Length"), std::string::npos) << got;
    peer.send("GET /g HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(peer.response().find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_P(http_server, closes_when_asked_and_for_old_peers) {
    running_server server(handler());
    for (const std::string head :
         {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
        raw_peer peer(server.port());
        peer.send(head);
        EXPECT_EQ(status_in(peer.response()), 200) << head;
        EXPECT_EQ(peer.rest(), "");
    }
}

TEST_P(http_server, says_continue_to_who_waits_for_it) {
    running_server server(handler());
    raw_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(peer.response(true), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("ok");
    EXPECT_EQ(body_in(peer.response()), "POST /  ok");
}

TEST_P(http_server, answers_what_a_handler_throws_without_its_secrets) {
    std::string reported;
    http::server_options options;
    options.on_failure = [&reported](std::string_view what) { reported = what; };
    running_server server(handler(), options);
    raw_peer peer(server.port());
    peer.send("GET /refuse HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto refused = peer.response();
    EXPECT_EQ(status_in(refused), 418);
    EXPECT_NE(body_in(refused).find("a teapot"), std::string::npos);
    peer.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto thrown = peer.response();
    EXPECT_EQ(status_in(thrown), 500);
    EXPECT_EQ(thrown.find("secret"), std::string::npos) << thrown;
    peer.send("GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(peer.response()), 500);
    server.on_loop([] { return 0; });
    EXPECT_NE(reported, "");
}

struct refusal {
    const char* what;
    std::string request;
    int status;
};

TEST_P(http_server, refuses_what_could_be_read_in_two_ways) {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
    const std::vector<refusal> all{
        {"both lengths", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"two lengths", head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
        {"one length twice", head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
        {"a list of lengths", head + "Content-Length: 4, 4\r\n\r\nabcd", 400},
        {"a signed length", head + "Content-Length: +4\r\n\r\nabcd", 400},
        {"a length too large", head + "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"a folded line", head + "A: b\r\n c\r\n\r\n", 400},
        {"a bare line feed", "GET / HTTP/1.1\nHost: x\n\n", 400},
        {"a bare line feed in a header", head + "A: b\nC: d\r\n\r\n", 400},
        {"a blank before the colon", head + "A : b\r\n\r\n", 400},
        {"a name that is none", head + "A(b: c\r\n\r\n", 400},
        {"an empty name", head + ": c\r\n\r\n", 400},
        {"a NUL", head + std::string("A: b\0c\r\n\r\n", 11), 400},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"another host than the target's", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"an unknown coding", head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"chunked twice", head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
        {"two blanks", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"no version", "GET /\r\nHost: x\r\n\r\n", 400},
        {"a new version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"a tunnel", "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 501},
        {"a long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
        {"a long head", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(9000, 'a') + "\r\n\r\n", 431},
        {"a large body", head + "Content-Length: 2000000\r\n\r\n", 413},
    };
    running_server server(handler());
    for (const auto& each : all) {
        raw_peer peer(server.port());
        // What follows must never be taken for a request of its own.
        peer.send(each.request + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto got = peer.rest();
        const auto status = status_in(got);
        EXPECT_EQ(status, each.status) << each.what << ": " << got;
        EXPECT_EQ(got.find("smuggled"), std::string::npos) << each.what << ": " << got;
    }
}

TEST_P(http_server, refuses_chunks_that_are_none) {
    running_server server(handler());
    for (const std::string body : {"x\r\n", "-1\r\na\r\n0\r\n\r\n", "1 \r\na\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n",
                                   "1\na\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n", "0\r\n x\r\n\r\n", "\r\n"}) {
        raw_peer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body +
                  "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto got = peer.rest();
        EXPECT_EQ(status_in(got), 400) << body << got;
        EXPECT_EQ(got.find("smuggled"), std::string::npos) << body << got;
    }
}

std::string date_in(const std::string& response) {
    const auto at = response.find("Date: ");
    return at == std::string::npos ? response : response.substr(at, response.find('\r', at) - at);
}

TEST(http_reason, is_known_of_each_status_that_has_one) {
    constexpr int registered[] = {200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303,
                                  304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
                                  410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426,
                                  428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 511};
    for (const int status : registered) EXPECT_NE(http::protocol::reason_of(status), "Unknown") << status;
    EXPECT_EQ(http::protocol::reason_of(416), "Range Not Satisfiable");
    EXPECT_EQ(http::protocol::reason_of(599), "Unknown");
}

TEST_P(http_server, dates_a_response_whose_request_began_in_an_earlier_second) {
    running_server server(handler());
    raw_peer slow(server.port());
    raw_peer quick(server.port());
    const auto ask = [&] {
        quick.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        return date_in(quick.response());
    };
    slow.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
    const auto before = ask();
    while (ask() == before) std::this_thread::yield();
    slow.send("x");
    const auto date = date_in(slow.response());
    EXPECT_TRUE(date.starts_with("Date: ") && date.ends_with(" GMT")) << date;
    EXPECT_NE(date, before);
}

}  // namespace
}  // namespace mote::test
