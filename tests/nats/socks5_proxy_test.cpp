#include <tests/nats/live_websocket.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;

/// The SOCKS5 proxy microsocks, on 127.0.0.1.
class microsocks {
public:
    explicit microsocks(std::vector<std::string> login = {}, std::uint16_t chosen = free_port()) : port_(chosen) {
        std::vector<std::string> argv = {"microsocks", "-i", "127.0.0.1", "-p", std::to_string(port_)};
        argv.insert(argv.end(), login.begin(), login.end());
        child_ = std::make_unique<process>(argv);
        const deadline limit{10s};
        while (!accepts_connections(port_)) {
            if (limit.passed() || !child_->running()) throw std::runtime_error("microsocks: " + child_->output());
            std::this_thread::sleep_for(5ms);
        }
    }
    std::uint16_t port() const noexcept { return port_; }
    std::string url(const std::string& login = {}) const {
        return "socks5://" + login + "127.0.0.1:" + std::to_string(port_);
    }
    void kill() const { child_->terminate(0ms); }

private:
    std::uint16_t port_;
    std::unique_ptr<process> child_;
};

class live_socks5 : public live_websocket {
protected:
    void SetUp() override {
        live_websocket::SetUp();
        require_program("microsocks");
    }
    static nats::options through_proxy(const std::string& address, const std::string& proxy) {
        auto opts = patient(address);
        opts.proxy = proxy;
        return opts;
    }
};

TEST_F(live_socks5, leads_to_a_server_by_name_and_by_address) {
    const nats_server server(core_only());
    const microsocks proxy;
    const tcp_proxy seen(proxy.port());
    for (const std::string& address : {by_name(server), by_number(server), std::string("tls://") + by_name(server)}) {
        auto opts = through_proxy(address, "socks5://127.0.0.1:" + std::to_string(seen.port()));
        if (address.starts_with("tls"))
            expect_refusal(opts, errc::tls_unavailable, {by_name(server)});
        else
            run(talk(opts));
    }
    const auto first = seen.connections().at(0).bytes(proxy_direction::to_target);
    EXPECT_TRUE(first.starts_with(std::string("\x05\x01\x00\x05\x01\x00\x03\x09localhost", 17)))
        << "not looked up here";
    EXPECT_TRUE(contains(first, "CONNECT {"));
    const auto second = seen.connections().at(1).bytes(proxy_direction::to_target);
    EXPECT_TRUE(second.starts_with(std::string("\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01", 11)));
}

TEST_F(live_socks5, carries_tls_and_websockets) {
    const auto files = authority.give("DNS:localhost");
    const microsocks proxy;
    {
        const nats_server server(with_tls(files));
        auto opts = through_proxy(by_name(server), proxy.url());
        opts.tls.ca = authority.file();
        run(talk(opts));
        opts.tls.ca = stranger.file();
        expect_refusal(opts, errc::bad_certificate, {"for \"localhost\""});
    }
    {
        const nats_server server(over_websocket());
        run(talk(through_proxy(url(), proxy.url())));
    }
    const nats_server server(over_tls(files));
    auto opts = through_proxy(url("wss"), proxy.url());
    opts.tls.ca = authority.file();
    run(talk(opts));
}

TEST_F(live_socks5, may_want_a_login) {
    const nats_server server(core_only());
    const microsocks proxy({"-u", "me", "-P", "s3cr3t"});
    run(talk(through_proxy(by_name(server), proxy.url("me:s3cr3t@"))));
    for (const std::string login : {"me:s3cr3tt@", "you:s3cr3t@"}) {
        auto opts = through_proxy(by_name(server), proxy.url(login));
        const event_log log;
        log.watch(opts);
        run([](nats::options how) -> asio::awaitable<void> {
            auto connecting = connection::connect(how);
            const auto seen = co_await failure_of(std::move(connecting));
            EXPECT_EQ(seen.code, errc::proxy_failed);
            EXPECT_TRUE(contains(seen.text, "the proxy refuses the login")) << seen.text;
            EXPECT_FALSE(contains(seen.text, "s3cr3t")) << seen.text;
        }(opts));
        EXPECT_FALSE(contains(log.text(), "s3cr3t")) << log.text();
    }
    expect_refusal(through_proxy(by_name(server), proxy.url()), errc::proxy_failed, {"the proxy wants a login"});
}

TEST_F(live_socks5, says_that_the_server_refuses) {
    const microsocks proxy;
    const std::string nobody = "127.0.0.1:" + std::to_string(free_port());
    expect_refusal(through_proxy(nobody, proxy.url()), errc::proxy_failed,
                   {nobody, "the proxy says: connection refused"});
}

TEST_F(live_socks5, that_is_down_is_named_and_comes_back) {
    const nats_server server(core_only());
    const auto fixed = free_port();
    auto proxy = std::make_unique<microsocks>(std::vector<std::string>{}, fixed);
    run([](nats::options opts, std::unique_ptr<microsocks>& between, std::uint16_t where) -> asio::awaitable<void> {
        const event_log log;
        log.watch(opts);
        const auto nc = co_await connection::connect(opts);
        between->kill();
        const bool told = co_await log.wait_for(nats::event_kind::error);
        EXPECT_TRUE(told);
        const auto failed = log.last(nats::event_kind::error);
        EXPECT_EQ(failed.error, errc::proxy_failed);
        EXPECT_TRUE(contains(failed.detail, "cannot reach the proxy (127.0.0.1, port " + std::to_string(where) + ")"))
            << failed.detail;
        between = std::make_unique<microsocks>(std::vector<std::string>{}, where);
        co_await wait_reconnected(nc, 1);
    }(through_proxy(by_name(server), proxy->url()), proxy, fixed));
    proxy->kill();
    expect_refusal(through_proxy(by_name(server), proxy->url()), errc::proxy_failed,
                   {by_name(server), "cannot reach the proxy"});
}

// ---- what microsocks cannot be made to do

class scripted_socks5 : public live_socks5 {
protected:
    static nats::options to(const scripted_server& proxy) {
        return through_proxy("nats.example:4222", "socks5://u:s3cr3t@127.0.0.1:" + std::to_string(proxy.port()));
    }
    static void expect_no_way(const std::string& answer, std::vector<std::string> parts) {
        const scripted_server proxy([&](scripted_link& link, int) {
            link.read_some();
            link.send(std::string("\x05\x00", 2));
            EXPECT_EQ(link.read_some(), std::string("\x05\x01\x00\x03\x0cnats.example\x10\x7e", 19));
            link.send(answer);
        });
        parts.push_back("nats.example:4222");
        expect_refusal(to(proxy), errc::proxy_failed, parts);
    }
};

TEST_F(scripted_socks5, gives_its_reason) {
    expect_no_way(std::string("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", 10),
                  {"the proxy says: not allowed by its rules"});
    expect_no_way(std::string("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00", 10), {"the proxy says: host unreachable"});
    expect_no_way(std::string("\x05\x03", 2), {"the proxy says: network unreachable"});
    expect_no_way("HTTP/1.1 400 Bad Request\r\n\r\n", {"the proxy does not speak SOCKS5"});
    expect_no_way("", {"the proxy closed the connection"});
}

TEST_F(scripted_socks5, that_says_nothing_is_given_up_in_time) {
    const scripted_server proxy([](scripted_link& link, int) { link.read_all(); });
    auto opts = to(proxy);
    opts.connect_timeout = 100ms;
    expect_refusal(opts, errc::connect_failed, {"no answer within the connect time-out"});
}

TEST_F(scripted_socks5, may_answer_byte_by_byte_with_the_server_right_behind) {
    const scripted_server proxy([](scripted_link& link, int) {
        link.read_some();
        const auto slowly = [&](const std::string& bytes) {
            for (const char each : bytes) link.send({&each, 1});
        };
        slowly(std::string("\x05\x02", 2));
        EXPECT_EQ(link.read_some(), std::string("\x01\x01u\x06s3cr3t", 10));
        slowly(std::string("\x01\x00", 2));
        link.read_some();
        link.send(std::string("\x05\x00\x00\x03\x03", 5) + "abc" + std::string("\x00\x01", 2) +
                  "INFO {\"server_id\":\"S\",\"max_payload\":1000}\r\n");
        link.read_until("PING\r\n");
        link.send("PONG\r\n");
        link.read_all();
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        EXPECT_EQ(nc.connected_server(), "nats.example:4222");
    }(to(proxy)));
}

}  // namespace
}  // namespace mote::test
