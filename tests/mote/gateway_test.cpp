// `mote gateway`: real services asked by HTTP.

#include <tests/http/byte_peer.hpp>
#include <tests/http/crowd.hpp>
#include <tests/mote/command.hpp>
#include <tests/mote/http_fetch.hpp>
#include <tests/mote/raw_services.hpp>
#include <tests/support/loopback.hpp>

#include <apps/mote/listen_address.hpp>

#include <array>
#include <csignal>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

TEST(listen_address, is_an_address_and_a_port) {
    using command::parse_listen_address;
    const auto both = parse_listen_address("0.0.0.0:80");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->address, "0.0.0.0");
    EXPECT_EQ(both->port, 80);
    for (const auto* text : {"8080", ":8080"}) {
        const auto port = parse_listen_address(text);
        ASSERT_TRUE(port) << text;
        EXPECT_EQ(port->address, "127.0.0.1");
        EXPECT_EQ(port->port, 8080);
    }
    const auto six = parse_listen_address("[::1]:0");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->address, "::1");
    for (const auto* text : {"", "x", "localhost:80", "1.2.3.4", "1.2.3.4:", "::1:80", "[::1]", "[1.2.3.4]:80",
                             "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:8o"})
        EXPECT_FALSE(parse_listen_address(text)) << text;
}

class mote_gateway : public command_live {
protected:
    std::unique_ptr<process> start(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"gateway", "--listen", "127.0.0.1:0", "--operate-listen", "none"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto started = std::make_unique<process>(command_environment::line(arguments),
                                                 environment.options({{"NATS_URL", server->url()}}));
        EXPECT_TRUE(started->wait_for_output("openapi.json", std::chrono::seconds(40))) << started->output();
        url = started->out();
        url = url.substr(0, url.find('\n'));
        return started;
    }

    std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))); }

    std::string url;
};

TEST_F(mote_gateway, lets_the_named_services_be_asked_and_ends_with_0) {
    auto answers = answers_of({usual_instance("Shop", "S1"), usual_instance("Inner", "I1")});
    answers["Shop.echo"] = {{"from the shop", ""}};
    const raw_services services(server->port(), answers);
    const auto program = start({"--expose", "Shop"});
    const auto told = fetch("POST", url + "/service/Shop/echo", "x");
    EXPECT_EQ(told.status, 200) << told.body;
    EXPECT_EQ(told.body, "from the shop");
    EXPECT_EQ(fetch("POST", url + "/service/Inner/echo", "x").status, 404);
    EXPECT_EQ(fetch("GET", url + "/healthz").status, 200);
    EXPECT_EQ(boost::json::parse(fetch("GET", url + "/openapi.json").body).at("openapi").as_string().subview(0, 3),
              "3.1");
    program->kill(SIGTERM);
    const auto ended = program->wait(std::chrono::seconds(40));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
}

TEST_F(mote_gateway, says_503_while_nats_is_away_and_serves_again) {
    const auto program = start();
    server->kill();
    int status = 0;
    const deadline limit(std::chrono::seconds(20));
    while (status != 503 && !limit.passed()) status = fetch("GET", url + "/healthz").status;
    EXPECT_EQ(status, 503);
    server->restart();
    const deadline back(std::chrono::seconds(20));
    while (status != 200 && !back.passed()) status = fetch("GET", url + "/healthz").status;
    EXPECT_EQ(status, 200);
}

TEST_F(mote_gateway, says_why_it_cannot_listen) {
    const auto program = start();
    const auto again = mote({"gateway", "--operate-listen", "none", "--listen", url.substr(url.find("//") + 2)});
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_TRUE(is_one_line(again.err, {"127.0.0.1", "in use", "--listen"}));
    const auto wrong = mote({"gateway", "--listen", "here"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"--listen", "here"}));
}

TEST_F(mote_gateway, refuses_words_that_say_no_callback_address) {
    const auto wrong = mote({"gateway", "--listen", "127.0.0.1:0", "--callback-allow", "10.0.0.0/99"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"--callback-allow", "10.0.0.0/99"}));
}

/// With as few open files as some shells let a program have.
TEST_F(mote_gateway, has_more_clients_than_the_soft_limit_of_open_files) {
    std::vector<std::string> line{"/bin/sh", "-c", "ulimit -Sn 128 && exec \"$@\"", "sh"};
    for (const auto& each :
         command_environment::line({"gateway", "--listen", "127.0.0.1:0", "--operate-listen", "none"}))
        line.push_back(each);
    const process program(line, environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(program.wait_for_output("openapi.json", std::chrono::seconds(40))) << program.output();
    const auto address = program.out().substr(0, program.out().find('\n'));
    const auto own_port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    std::vector<unique_fd> idle;
    for (int i = 0; i < 300; ++i) idle.push_back(connect_loopback(own_port));
    EXPECT_EQ(fetch("GET", address + "/healthz").status, 200);
}

TEST_F(mote_gateway, says_429_past_the_requests_that_may_be_in_flight) {
    const auto program = start({"--max-in-flight", "2"});
    const std::string begun = "POST /function/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    byte_peer first(port());
    byte_peer second(port());
    first.send(begun);
    second.send(begun);
    http::response third;
    EXPECT_TRUE(eventually([&] { return (third = fetch("GET", url + "/services")).status == 429; })) << third.status;
    EXPECT_TRUE(third.header("Retry-After"));
    const auto probed = fetch("GET", url + "/healthz");
    EXPECT_EQ(probed.status, 200) << "a gateway that is busy is well";
    EXPECT_EQ(probed.body, "ok\n");
    for (const auto* const other : {"/healthz/x", "/", "/system/functions", "/function/none"})
        EXPECT_EQ(fetch("GET", url + other).status, 429) << other;
    EXPECT_EQ(fetch("POST", url + "/healthz", "x").status, 429);
    first.send("hello");
    EXPECT_TRUE(has(first.until("\r\n\r\n"), "HTTP/1.1 404 ")) << "one that was taken is answered";
    EXPECT_TRUE(eventually([&] { return fetch("GET", url + "/services").status == 200; }));
}

TEST_F(mote_gateway, tells_a_probe_past_the_requests_in_flight_that_nats_is_away) {
    const auto program = start({"--max-in-flight", "1", "--cors-origin", "https://example.org"});
    byte_peer only(port());
    only.send("POST /function/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return fetch("GET", url + "/services").status == 429; }));
    http::request asked("GET", url + "/healthz");
    asked.headers.emplace_back("Origin", "https://example.org");
    http::response probed = fetch(asked);
    EXPECT_EQ(probed.status, 200);
    EXPECT_EQ(probed.header("Access-Control-Allow-Origin"), "https://example.org");
    server->kill();
    EXPECT_TRUE(eventually([&] { return (probed = fetch(asked)).status == 503; })) << probed.status;
    EXPECT_TRUE(has(probed.body, "NATS"));
}

TEST_F(mote_gateway, has_the_other_limits_that_it_is_told) {
    const auto program = start({"--max-connections", "1", "--max-head", "1024", "--head-timeout", "1s"});
    byte_peer only(port());
    only.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(only.until("ok\n"), "HTTP/1.1 200 "));
    byte_peer other(port());
    other.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(other.rest(), "HTTP/1.1 503 "));
    only.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(1024, 'x') + "\r\n\r\n");
    EXPECT_TRUE(has(only.rest(), "HTTP/1.1 431 "));
    std::string late;
    EXPECT_TRUE(eventually([&] {  // the place of the other one may not be free yet
        byte_peer slow(port());
        slow.send("GET /healthz HTTP/1.1\r\n");
        late = slow.rest();
        return late.starts_with("HTTP/1.1 408 ");
    })) << late;
}

TEST_F(mote_gateway, waits_for_a_body_as_long_as_it_is_told) {
    const auto program = start({"--body-timeout", "500ms"});
    byte_peer slow(port());
    slow.send("POST /function/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(has(slow.until("\r\n\r\n"), "HTTP/1.1 408 "));
}

TEST_F(mote_gateway, refuses_limits_that_are_none) {
    const std::array<std::array<const char*, 2>, 6> wrong{{{"--max-connections", "0"},
                                                           {"--max-in-flight", "0"},
                                                           {"--max-head", "100"},
                                                           {"--max-head", "1000000"},
                                                           {"--head-timeout", "0s"},
                                                           {"--body-timeout", "soon"}}};
    for (const auto& [option, value] : wrong) {
        const auto refused = mote({"gateway", "--listen", "127.0.0.1:0", option, value});
        EXPECT_EQ(refused.exit_code, 2) << option << ' ' << value;
        EXPECT_TRUE(is_one_line(refused.err, {option}));
    }
}

/// Processes that are there before this one has threads.
struct crowds_first {
    const rlim_t limit = raise_descriptor_limit();
    std::array<crowd, 4> crowds{};
};

class mote_gateway_crowd : private crowds_first, public mote_gateway {
protected:
    /// Ten thousand clients, each of which sends `first` and then a byte at a time.
    void expect_served_beside(const std::string& first) {
        constexpr std::uint32_t wanted = 10'000;
        constexpr auto each = static_cast<std::uint32_t>(wanted / std::tuple_size_v<decltype(crowds)>);
        if (limit < 16'384) {
            skip_or_fail("needs a hard limit of 16,384 open files, and not " + std::to_string(limit));
            return;
        }
        const auto program = start({"--head-timeout", "5m", "--body-timeout", "5m"});
        std::uint32_t came = 0;
        for (auto& some : crowds) came += some.come(port(), each, first);
        ASSERT_EQ(came, wanted) << "none may be refused";
        byte_peer quick(port());
        for (int round = 0; round < 3; ++round) {
            for (auto& some : crowds) EXPECT_EQ(some.drip("a"), each) << "a slow one was refused";
            quick.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
            EXPECT_TRUE(has(quick.until("\r\n\r\nok\n"), "HTTP/1.1 200 "));
            EXPECT_EQ(fetch("GET", url + "/services").status, 200) << "also for who comes only now";
        }
    }
};

TEST_F(mote_gateway_crowd, of_ten_thousand_that_send_their_heads_slowly_keeps_nobody_out) {
    expect_served_beside("GET / HTTP/1.1\r\nHost: x\r\nA: ");
}

TEST_F(mote_gateway_crowd, of_ten_thousand_that_send_their_bodies_slowly_keeps_nobody_out) {
    expect_served_beside("POST /function/none HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
}

class mote_metrics_server : public command_live {};

TEST_F(mote_metrics_server, answers_prometheus_anew_each_time_and_ends_with_0) {
    const process program(command_environment::line({"metrics", "--listen", "127.0.0.1:0"}),
                          environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(program.wait_for_output("/metrics", std::chrono::seconds(40))) << program.output();
    const auto url = program.out().substr(0, program.out().find('\n'));
    const auto root = url.substr(0, url.rfind('/'));
    const auto empty = fetch("GET", url);
    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(empty.body, "") << "nobody there is no error";
    {
        const raw_services services(server->port(), answers_of({usual_instance("Shop", "S1")}));
        const auto full = fetch("GET", url);
        EXPECT_EQ(full.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        EXPECT_TRUE(has(full.body, "mote_service_info{service=\"Shop\""));
    }
    EXPECT_EQ(fetch("GET", root + "/else").status, 404);
    const auto posted = fetch("POST", url, "x");
    EXPECT_EQ(posted.status, 405);
    EXPECT_EQ(posted.header("Allow"), "GET, HEAD");
    EXPECT_EQ(fetch("GET", root + "/healthz").status, 200);
    server->kill();
    int status = 0;
    const deadline limit(std::chrono::seconds(20));
    while (status != 503 && !limit.passed()) status = fetch("GET", root + "/healthz").status;
    EXPECT_EQ(status, 503);
    program.kill(SIGTERM);
    const auto ended = program.wait(std::chrono::seconds(40));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
}

}  // namespace
}  // namespace mote::test
