// Spans to a collector that is reached over TLS.

#include <tests/http/tls_files.hpp>
#include <tests/nats/live.hpp>

#include <mote/http/server.hpp>
#include <mote/micro/detail/otlp_http.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using namespace micro::detail;

/// A collector over TLS, on the loop of the test.
struct secret_collector {
    explicit secret_collector(const asio::any_io_executor& executor)
        : server(executor, options_of(files), [this](http::exchange& asked) {
              seen.emplace_back(std::string(asked.path()) + " " + std::string(asked.body()));
              asked.respond(200, {}, "{}");
          }) {}

    static http::server_options options_of(const tls_files& files) {
        http::server_options made;
        made.certificate_file = files.certificate();
        made.key_file = files.key();
        return made;
    }
    otlp_target target() const {
        otlp_target made;
        made.tls = true;
        made.ca_file = files.certificate();
        made.host = "127.0.0.1";
        made.port = server.port();
        made.path = "/v1/traces";
        made.host_header = "127.0.0.1:" + std::to_string(server.port());
        return made;
    }

    tls_files files;
    std::vector<std::string> seen;
    http::server server;
};

TEST(otlp_https, posts_to_a_collector_whose_certificate_is_trusted) {
    run([]() -> asio::awaitable<void> {
        secret_collector collector(co_await asio::this_coro::executor);
        auto target = collector.target();
        const auto answer = co_await post_json(std::move(target), "{\"spans\":1}", 10s);
        EXPECT_EQ(answer.status, 200) << answer.problem;
        EXPECT_EQ(collector.seen, std::vector<std::string>{"/v1/traces {\"spans\":1}"});
        co_await collector.server.stop(5s);
    }());
}

TEST(otlp_https, sends_nothing_to_one_that_nobody_vouches_for_or_of_another_name) {
    run([]() -> asio::awaitable<void> {
        secret_collector collector(co_await asio::this_coro::executor);
        auto unknown = collector.target();
        unknown.ca_file.clear();
        const auto untrusted = co_await post_json(std::move(unknown), "{}", 10s);
        EXPECT_EQ(untrusted.status, 0);
        EXPECT_NE(untrusted.problem.find("certificate verify failed"), std::string::npos) << untrusted.problem;
        auto misnamed = collector.target();
        misnamed.host = "localhost";  // the certificate is for the address only
        const auto other = co_await post_json(std::move(misnamed), "{}", 10s);
        EXPECT_EQ(other.status, 0);
        EXPECT_NE(other.problem.find("certificate verify failed"), std::string::npos) << other.problem;
        auto no_authority = collector.target();
        no_authority.ca_file = collector.files.certificate() + ".missing";
        const auto lost = co_await post_json(std::move(no_authority), "{}", 10s);
        EXPECT_EQ(lost.status, 0);
        EXPECT_NE(lost.problem, "");
        EXPECT_TRUE(collector.seen.empty());
        co_await collector.server.stop(5s);
    }());
}

TEST(otlp_https, gives_up_on_a_collector_that_does_not_speak_tls) {
    run([]() -> asio::awaitable<void> {
        asio::ip::tcp::acceptor silent(co_await asio::this_coro::executor,
                                       asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        otlp_target target;
        target.tls = true;
        target.host = "127.0.0.1";
        target.port = silent.local_endpoint().port();
        target.path = "/";
        target.host_header = "127.0.0.1";
        const auto answer = co_await post_json(std::move(target), "{}", 200ms);
        EXPECT_EQ(answer.status, 0);
        EXPECT_NE(answer.problem, "");
    }());
}

}  // namespace
}  // namespace mote::test
