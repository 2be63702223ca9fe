// What a server refuses without asking its handler: somebody is told, and somebody may answer in its place.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>
#include <tests/http/tls_files.hpp>
#include <tests/http/tls_peer.hpp>

#include <gtest/gtest.h>
#include <mutex>
#include <vector>

namespace mote::test {
namespace {

namespace asio = boost::asio;

/// One line a refusal: `STATUS METHOD PATH AGENT SENT PEER: WHY`, with `-` for what is not known.
class refusals {
public:
    void watch(http::server_options& options) {
        options.on_refusal = [this](const http::refused_request& one) {
            std::string agent;
            for (const auto& [name, value] : one.headers)
                if (http::same_name(name, "User-Agent")) agent = value;
            std::string line = std::to_string(one.status);
            for (const auto& part : {std::string(one.method), std::string(one.path), agent, std::to_string(one.sent),
                                     std::string(one.peer)})
                line += " " + (part.empty() ? "-" : part);
            const std::scoped_lock held(lock_);
            lines_.push_back(line + ": " + std::string(one.why));
        };
    }
    std::vector<std::string> lines() const {
        const std::scoped_lock held(lock_);
        return lines_;
    }
    std::string last() const {
        const auto all = lines();
        return all.empty() ? std::string() : all.back();
    }

private:
    mutable std::mutex lock_;
    std::vector<std::string> lines_;
};

struct refused_case {
    std::string sent;
    std::string told;  // without the size
};

/// Each of these is refused, and told with its size and once.
void expect_told(const std::vector<refused_case>& cases, http::server_options options) {
    refusals seen;
    seen.watch(options);
    running_server server(
        [](http::exchange& asked) -> asio::awaitable<void> {
            asked.respond(200);
            co_return;
        },
        options);
    for (const auto& [sent, told] : cases) {
        raw_peer peer(server.port());
        peer.send(sent);
        const auto answer = peer.rest();
        ASSERT_TRUE(answer.starts_with("HTTP/1.1 " + told.substr(0, 3))) << sent << answer;
        auto expected = told;
        expected.replace(expected.find('#'), 1, std::to_string(body_in(answer).size()));
        EXPECT_EQ(seen.last(), expected);
    }
    EXPECT_EQ(seen.lines().size(), cases.size()) << "each once";
}

TEST(http_refusals, are_told_with_what_is_known_of_the_request) {
    const std::string agent = "User-Agent: me\r\n";
    const std::vector<refused_case> cases{
        {"G(T /a HTTP/1.1\r\n\r\n", "400 - - - # 127.0.0.1: the method is not a token"},
        {"GET /a\x01 HTTP/1.1\r\n\r\n", "400 GET - - # 127.0.0.1: a character in the target that must be encoded"},
        {"GET /a?b=c HTTP/1.1\r\n" + agent + "\r\n", "400 GET /a me # 127.0.0.1: no Host"},
        {"GET /a HTTP/1.1\nHost: x\r\n\r\n", "400 - - - # 127.0.0.1: a line that does not end in CRLF"},
        {"PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
         "501 PUT /a - # 127.0.0.1: only the transfer coding chunked is known"},
        {"GET /a HTTP/2.0\r\n\r\n", "505 GET - - # 127.0.0.1: only HTTP/1.0 and HTTP/1.1"},
        {"PUT /a HTTP/1.1\r\nHost: x\r\nExpect: else\r\n\r\n",
         "417 PUT /a - # 127.0.0.1: only 100-continue can be expected"},
        {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", "414 GET - - # 127.0.0.1: the target is too long"},
        {"GET /a HTTP/1.1\r\n" + agent + "X: " + std::string(9000, 'a'),
         "431 GET /a me # 127.0.0.1: the head is longer than 8192 bytes"}};
    expect_told(cases, {});
}

TEST(http_refusals, of_a_head_that_comes_too_slowly_are_told_with_what_has_come) {
    http::server_options options;
    options.head_timeout = std::chrono::seconds(2);  // in which what there is of it has to come
    expect_told({{"GET /slow?x HTTP/1.1\r\nX: ", "408 GET /slow - # 127.0.0.1: the headers come too slowly"}}, options);
}

TEST(http_refusals, of_connections_past_the_bound_are_told) {
    refusals seen;
    http::server_options options;
    options.max_connections = 1;
    seen.watch(options);
    running_server server(answer_ok, options);
    raw_peer only(server.port());
    only.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(only.response()), 200);
    EXPECT_EQ(seen.lines().size(), 0U) << "what a handler answers is not refused";
    raw_peer other(server.port());
    EXPECT_EQ(status_in(other.rest()), 503);
    EXPECT_EQ(seen.lines(), std::vector<std::string>{"503 - - - 46 127.0.0.1: too many connections"});
}

TEST(http_refusals, of_connections_that_get_no_answer_are_told_too) {
    const tls_files files;
    refusals seen;
    http::server_options options;
    options.certificate_file = files.certificate();
    options.key_file = files.key();
    options.max_connections = 1;
    seen.watch(options);
    running_server server(answer_ok, options);
    tls_peer only(server.port(), TLS1_3_VERSION, files.certificate());
    only.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(only.until("ok")), 200);
    const tls_peer other(server.port(), TLS1_3_VERSION, files.certificate());
    EXPECT_NE(other.failure(), "");
    EXPECT_EQ(seen.lines(),
              std::vector<std::string>{"503 - - - 0 127.0.0.1: too many connections: closed without an answer"});
}

/// `/wait` waits for its body; `/health` is answered past the bound, too, and `/broken` fails there.
http::server_handler waits_and_tells_its_health() {
    return http::server_handler([](http::exchange& asked) -> asio::awaitable<void> {
               if (asked.path() == "/wait") co_await asked.read_body();
               asked.respond(200, {}, "in");
           })
        .with_full([](http::exchange& asked) {
            if (asked.path() == "/broken") throw std::runtime_error("broken");
            if (asked.path() != "/health") return false;
            asked.respond(200, {}, "past");
            return true;
        });
}

TEST(http_refusals, past_the_requests_in_flight_are_of_all_but_who_is_let_in) {
    refusals seen;
    http::server_options options;
    options.max_in_flight = 1;
    seen.watch(options);
    running_server server(waits_and_tells_its_health(), options);
    raw_peer prober(server.port());
    const auto probe = [&prober](const std::string& path) {
        prober.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return prober.response();
    };
    const auto has_in_flight = [&server](std::size_t wanted) {
        return eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == wanted; });
    };
    EXPECT_EQ(body_in(probe("/health")), "in") << "the other way is for a full server";
    ASSERT_TRUE(has_in_flight(0));  // it is in flight for a moment longer than its peer has its answer
    raw_peer waits(server.port());
    waits.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
    ASSERT_TRUE(has_in_flight(1));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(body_in(probe("/health")), "past");
    EXPECT_EQ(seen.lines().size(), 0U);
    EXPECT_EQ(status_in(probe("/other")), 429);
    EXPECT_EQ(seen.lines(), std::vector<std::string>{"429 GET /other - 55 127.0.0.1: too many requests are in flight"});
    EXPECT_EQ(status_in(probe("/broken")), 500);
    EXPECT_EQ(server.on_loop([&] { return server.get().in_flight(); }), 1U) << "nobody else is in";
    waits.send("x");
    EXPECT_EQ(body_in(waits.response()), "in");
    ASSERT_TRUE(eventually([&] { return body_in(probe("/other")) == "in"; }));
}

}  // namespace
}  // namespace mote::test
