#include <tests/nats/jwt.hpp>
#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;

/// What a server allows a client, and how it says that this is used up.
class live_limits : public live_nats {};

TEST_F(live_limits, of_subscriptions_end_nothing_but_the_newest_one) {
    nats_server_options options = core_only();
    options.config = "max_subscriptions: 2";
    const nats_server server(options);
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto first = nc.subscribe("a");
        auto second = nc.subscribe("b");
        co_await nc.flush();
        EXPECT_EQ(seen.count(event_kind::error), 0u);
        auto third = nc.subscribe("c");
        co_await nc.flush();
        EXPECT_EQ(seen.last(event_kind::error).error, errc::too_many_subscriptions);
        nc.publish("a", "still here");
        EXPECT_EQ((co_await first.next(5s))->payload(), "still here");
        EXPECT_EQ(nc.stats().reconnects, 0u);
    }(opts, log));
}

TEST_F(live_limits, of_an_accounts_connections_are_an_error_of_connect) {
    const jwt_issuer issuer;
    nats_server_options options = core_only();
    options.config = issuer.server_config(1);
    const nats_server server(options);
    const auto key = nats::nkey_pair::generate(nats::nkey_kind::user);
    auto opts = options_for(server);
    const auto jwt = [&] { return issuer.user(key); };
    const auto sign = [&](std::string_view nonce) {
        const auto made = key.sign(nonce);
        return std::string(made.begin(), made.end());
    };
    opts.auth = nats::user_jwt_authenticator(jwt, sign);
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto connecting = connection::connect(how);
        EXPECT_EQ((co_await failure_of(std::move(connecting))).code, errc::too_many_connections);
        co_await nc.flush();
    }(opts));
}

TEST_F(live_limits, of_subjects_name_the_subject_in_the_event) {
    nats_server_options options = core_only();
    options.config =
        "authorization { users: [ { user: u, password: p, permissions: { publish: \"ok\", subscribe: \"ok\" } } ] }";
    const nats_server server(options);
    auto opts = options_for(server);
    opts.user = "u";
    opts.password = "p";
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        nc.publish("not.ok", "");
        co_await nc.flush();
        EXPECT_EQ(seen.last(event_kind::error).error, errc::permission_denied);
        EXPECT_EQ(seen.last(event_kind::error).subject, "not.ok");
        auto sub = nc.subscribe("neither.>");
        co_await nc.flush();
        EXPECT_EQ(seen.last(event_kind::error).subject, "neither.>");
        EXPECT_FALSE(sub.active());
    }(opts, log));
}

/// What the server's words mean, and whether the link lives on.
TEST_F(live_limits, are_typed_errors) {
    struct said {
        const char* text;
        errc meaning;
        bool link_ends;
    };
    constexpr said all[] = {
        {"Stale Connection", errc::stale_connection, true},
        {"User Authentication Expired", errc::credentials_expired, true},
        {"Account Authentication Expired", errc::credentials_expired, true},
        {"User Authentication Revoked", errc::auth_failed, true},
        {"Maximum Payload Violation", errc::max_payload_exceeded, true},
        {"maximum account active connections exceeded", errc::too_many_connections, true},
        {"maximum subscriptions exceeded", errc::too_many_subscriptions, false},
        {"Invalid Publish Subject", errc::bad_subject, false},
        {"Something Else", errc::server_error, true},
    };
    for (const auto& each : all) {
        const scripted_server server([&](scripted_link& link, int number) {
            link.greet();
            if (number == 1) link.send("-ERR '" + std::string(each.text) + "'\r\nPING\r\n");
            if (number == 1 && !each.link_ends) link.read_until("PONG\r\n");
            link.read_all();
        });
        auto opts = options_for(server.url());
        const event_log log;
        log.watch(opts);
        run([](nats::options how, event_log seen, said expected) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            EXPECT_TRUE(co_await seen.wait_for(event_kind::error)) << expected.text;
            EXPECT_EQ(seen.last(event_kind::error).error, expected.meaning) << expected.text;
            if (expected.link_ends) {
                EXPECT_TRUE(co_await seen.wait_for(event_kind::reconnected)) << expected.text;
                EXPECT_EQ(seen.last(event_kind::disconnected).error, expected.meaning) << expected.text;
            } else {
                co_await turn();
                EXPECT_EQ(nc.status(), connection_status::connected) << expected.text;
            }
            nc.close();
        }(opts, log, each));
    }
}

}  // namespace
}  // namespace mote::test
