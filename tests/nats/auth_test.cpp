#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;

class live_auth : public live_nats {};

nats_server_options with_user() {
    nats_server_options options = core_only();
    options.user = "me";
    options.password = "pa:ss/w@rd";
    return options;
}

nats_server_options with_token() {
    nats_server_options options = core_only();
    options.token = "t0ken";
    return options;
}

asio::awaitable<void> expect_login(nats::options opts) {
    const auto nc = co_await connection::connect(opts);
    co_await nc.flush();
    EXPECT_TRUE(nc.server().auth_required);
}

/// Expects a refusal, and that neither its text nor any event shows `secret`.
asio::awaitable<void> expect_refusal(nats::options opts, std::string secret) {
    const event_log log;
    log.watch(opts);
    auto connecting = connection::connect(opts);
    const auto seen = co_await failure_of(std::move(connecting));
    EXPECT_EQ(seen.code, errc::auth_failed) << seen.text;
    EXPECT_TRUE(contains(seen.text, "127.0.0.1:")) << seen.text;
    EXPECT_EQ(log.last(event_kind::closed).error, errc::auth_failed);
    EXPECT_FALSE(contains(seen.text, secret)) << seen.text;
    EXPECT_FALSE(contains(log.text(), secret)) << log.text();
}

std::string address_of(const nats_server& server) { return "127.0.0.1:" + std::to_string(server.port()); }

TEST_F(live_auth, logs_in_with_user_and_password) {
    const nats_server server(with_user());
    auto opts = options_for(server);
    opts.user = "me";
    opts.password = "pa:ss/w@rd";
    run(expect_login(opts));
    run(expect_login(options_for("nats://me:pa%3Ass%2Fw%40rd@" + address_of(server))));
}

TEST_F(live_auth, logs_in_with_a_token) {
    const nats_server server(with_token());
    auto opts = options_for(server);
    opts.token = "t0ken";
    run(expect_login(opts));
    run(expect_login(options_for("nats://t0ken@" + address_of(server))));
}

TEST_F(live_auth, prefers_the_login_of_the_address) {
    const nats_server server(with_user());
    auto opts = options_for("nats://me:pa%3Ass%2Fw%40rd@" + address_of(server));
    opts.user = "somebody";
    opts.password = "else";
    opts.token = "or this";
    run(expect_login(opts));
}

TEST_F(live_auth, fails_with_wrong_credentials_and_shows_no_secret) {
    const nats_server server(with_user());
    auto opts = options_for(server);
    opts.user = "me";
    opts.password = "s3cret";
    run(expect_refusal(opts, "s3cret"));
    run(expect_refusal(options_for("nats://me:s3cret@" + address_of(server)), "s3cret"));
    run(expect_refusal(options_for("nats://s3cret@" + address_of(server)), "s3cret"));
    opts = options_for(server);
    opts.token = "s3cret";
    run(expect_refusal(opts, "s3cret"));
    run(expect_refusal(options_for(server), "s3cret"));
}

TEST_F(live_auth, never_shows_the_login_of_an_address_that_it_does_not_understand) {
    for (const char* url : {"nats://me:s3cret@host:port", "nats://me:s3cret@", "ws://me:s3/cret@host",
                            "wss://me:s3cret@host?s3", "http://me:s3cret@host", "nats://me:s3/cret@host",
                            "me:s3cret@ho st", "nats://s3/cret@host", "nats://s3cret?@host", "nats://s3cret#@host"}) {
        run([](nats::options opts) -> asio::awaitable<void> {
            const event_log log;
            log.watch(opts);
            opts.connect_timeout = 100ms;
            auto connecting = connection::connect(opts);
            const auto failed = co_await failure_of(std::move(connecting));
            EXPECT_EQ(failed.code, errc::bad_url) << failed.text;
            EXPECT_FALSE(contains(failed.text, "s3")) << failed.text;
            EXPECT_FALSE(contains(log.text(), "s3")) << log.text();
        }(options_for(std::string(url))));
    }
}

/// Gives other credentials at each call and counts them.
class rotating : public nats::authenticator {
public:
    explicit rotating(std::vector<std::string> passwords) : passwords_(std::move(passwords)) {}
    nats::credentials authenticate(const nats::challenge& asked) override {
        required = asked.required;
        nonce = asked.nonce;
        nats::credentials given;
        given.user = "me";
        given.password = passwords_.at(std::min(calls++, passwords_.size() - 1));
        if (given.password.empty()) throw std::runtime_error("no password file");
        return given;
    }
    std::size_t calls = 0;
    bool required = false;
    std::string nonce;

private:
    std::vector<std::string> passwords_;
};

TEST_F(live_auth, asks_the_authenticator_at_every_connect) {
    nats_server server(with_user());
    auto opts = options_for(server);
    opts.user = "ignored";
    const auto auth = std::make_shared<rotating>(std::vector<std::string>{"pa:ss/w@rd"});
    opts.auth = auth;
    run([](nats::options how, nats_server& restarted, rotating& asked) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(asked.calls, 1u);
        EXPECT_TRUE(asked.required);
        restarted.kill();
        restarted.restart();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(asked.calls, 2u);
    }(opts, server, *auth));
}

TEST_F(live_auth, gives_the_authenticator_the_nonce_of_the_server) {
    scripted_server server([](scripted_link& link, int) {
        link.greet(R"({"server_id":"S","auth_required":true,"nonce":"n0nce","max_payload":100})");
        link.read_all();
    });
    auto opts = options_for(server.url());
    const auto auth = std::make_shared<rotating>(std::vector<std::string>{"x"});
    opts.auth = auth;
    run([](nats::options how) -> asio::awaitable<void> { co_await connection::connect(how); }(opts));
    EXPECT_EQ(auth->nonce, "n0nce");
}

TEST_F(live_auth, survives_an_authenticator_that_fails_for_a_while) {
    nats_server server(with_user());
    auto opts = options_for(server);
    // The 2nd to 5th call throw.
    const auto auth = std::make_shared<rotating>(std::vector<std::string>{"pa:ss/w@rd", "", "", "", "", "pa:ss/w@rd"});
    opts.auth = auth;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& restarted, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        restarted.kill();
        restarted.restart();
        co_await wait_reconnected(nc, 1);
        EXPECT_TRUE(contains(seen.text(), "authenticator: no password file")) << seen.text();
    }(opts, server, log));
    EXPECT_EQ(auth->calls, 6u);
}

TEST_F(live_auth, fails_the_first_connect_when_the_authenticator_fails) {
    const nats_server server(with_user());
    auto opts = options_for(server);
    opts.auth = std::make_shared<rotating>(std::vector<std::string>{""});
    run([](nats::options how) -> asio::awaitable<void> {
        auto connecting = connection::connect(how);
        const auto seen = co_await failure_of(std::move(connecting));
        EXPECT_EQ(seen.code, errc::connect_failed);
        EXPECT_TRUE(contains(seen.text, "authenticator: no password file")) << seen.text;
    }(opts));
}

/// Connects, then lets another server with another password take the port.
asio::awaitable<void> expect_end_after_refusals(nats::options opts, nats_server& first, event_log log) {
    const auto nc = co_await connection::connect(opts);
    auto sub = nc.subscribe("a");
    nats_server_options changed = with_user();
    changed.port = first.port();
    changed.password = "changed";
    first.stop();
    nats_server second(changed);
    EXPECT_TRUE(co_await log.wait_for(event_kind::closed));
    EXPECT_EQ(log.last(event_kind::closed).error, errc::auth_failed);
    EXPECT_EQ(nc.status(), connection_status::closed);
    auto waiting = sub.next(5s);
    const auto seen = co_await failure_of(std::move(waiting));
    EXPECT_EQ(seen.code, errc::closed);
    std::size_t refusals = 0;
    for (const auto& event : log.all())
        refusals += event.kind == event_kind::error && event.error == errc::auth_failed &&
                    event.detail == "Authorization Violation";
    EXPECT_EQ(refusals, 2u);
    EXPECT_FALSE(contains(log.text(), "pa:ss")) << log.text();
}

TEST_F(live_auth, gives_a_server_up_after_two_refusals) {
    nats_server server(with_user());
    auto opts = options_for(server);
    opts.user = "me";
    opts.password = "pa:ss/w@rd";
    const event_log log;
    log.watch(opts);
    run(expect_end_after_refusals(opts, server, log));
}

TEST_F(live_auth, goes_on_with_the_next_server_when_one_refuses) {
    nats_server bad(with_user());
    const nats_server good(core_only());
    auto opts = options_for(good);
    opts.servers.insert(opts.servers.begin(), bad.url());
    opts.randomize_servers = false;
    opts.token = "s3cret";
    run([](nats::options how, std::string good_name) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), good_name);
    }(opts, address_of(good)));
}

TEST_F(live_auth, connects_again_when_the_login_has_expired) {
    scripted_server server([](scripted_link& link, int number) {
        link.greet();
        if (number == 1)
            link.send("-ERR 'User Authentication Expired'\r\n");
        else
            link.read_all();
    });
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_TRUE(co_await seen.wait_for(event_kind::reconnected));
        EXPECT_EQ(seen.last(event_kind::disconnected).error, errc::credentials_expired);
        EXPECT_EQ(seen.last(event_kind::error).detail, "User Authentication Expired");
    }(opts, log));
}

}  // namespace
}  // namespace mote::test
