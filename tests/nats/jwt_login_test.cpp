#include <mote/nats/nkeys.hpp>
#include <tests/nats/jwt.hpp>
#include <tests/nats/live.hpp>
#include <tests/support/temp_dir.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;
using nats::nkey_kind;
using nats::nkey_pair;

/// Logins with keys, at real servers.
class live_keys : public live_nats {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = folder.path() / name;
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
        return path.string();
    }
    nats_server_options with_nkey() const {
        auto options = core_only();
        options.config = "authorization { users: [ { nkey: " + key.public_key() + " } ] }\n";
        return options;
    }
    nats_server_options with_operator() const {
        auto options = core_only();
        options.config = issuer.server_config();
        return options;
    }
    static nats::options as(const nats_server& server, std::shared_ptr<nats::authenticator> login) {
        auto opts = options_for(server);
        opts.auth = std::move(login);
        return opts;
    }
    nats::nonce_signer signer() const {
        return [this](std::string_view nonce) {
            const auto made = key.sign(nonce);
            return std::string(made.begin(), made.end());
        };
    }
    static asio::awaitable<void> talk(nats::options opts) {
        const auto nc = co_await connection::connect(opts);
        auto mine = nc.subscribe("mine");
        nc.publish("mine", "hello");
        const auto got = co_await mine.next(20s);
        EXPECT_TRUE(got && got->payload() == "hello");
        EXPECT_TRUE(nc.server().auth_required);
    }
    /// Expects a refusal that shows no seed, neither in its text nor in an event.
    void expect_refusal(nats::options opts, errc code, std::string part, std::string other_secret = {}) const {
        run(refuse(std::move(opts), code, std::move(part), {key.seed(), std::move(other_secret)}));
    }

    temp_dir folder;
    jwt_issuer issuer;
    nkey_pair key = nkey_pair::generate(nkey_kind::user);

private:
    static asio::awaitable<void> refuse(nats::options opts, errc code, std::string part,
                                        std::vector<std::string> secrets) {
        const event_log log;
        log.watch(opts);
        auto connecting = connection::connect(opts);
        const auto seen = co_await failure_of(std::move(connecting));
        EXPECT_EQ(seen.code, code) << seen.text;
        EXPECT_TRUE(contains(seen.text, part)) << seen.text;
        for (const auto& secret : secrets) {
            if (secret.empty()) continue;
            EXPECT_FALSE(contains(seen.text, secret)) << seen.text;
            EXPECT_FALSE(contains(log.text(), secret)) << log.text();
        }
    }
};

// ---- NKeys

TEST_F(live_keys, log_in_with_an_nkey) {
    const nats_server server(with_nkey());
    run(talk(as(server, nats::nkey_authenticator(write("nkey", key.seed())))));
    run(talk(as(server, nats::nkey_authenticator(key.public_key(), signer()))));
}

TEST_F(live_keys, that_are_others_or_no_nkeys_are_refused) {
    const nats_server server(with_nkey());
    const auto other = nkey_pair::generate(nkey_kind::user).seed();
    expect_refusal(as(server, nats::nkey_authenticator(write("nkey", other))), errc::auth_failed, "127.0.0.1:", other);
    const auto path = write("garbage", other.substr(0, 40));
    expect_refusal(as(server, nats::nkey_authenticator(path)), errc::bad_credentials, path, other.substr(0, 40));
    const auto absent = (folder.path() / "absent").string();
    expect_refusal(as(server, nats::nkey_authenticator(absent)), errc::bad_credentials, absent);
    const nats::nonce_signer liar = [](std::string_view) { return std::string(64, 'x'); };
    expect_refusal(as(server, nats::nkey_authenticator(key.public_key(), liar)), errc::auth_failed, "127.0.0.1:");
    const nats::nonce_signer broken = [](std::string_view) -> std::string { throw std::runtime_error("no card"); };
    expect_refusal(as(server, nats::nkey_authenticator(key.public_key(), broken)), errc::connect_failed, "no card");
}

TEST_F(live_keys, need_a_server_that_knows_nkeys) {
    auto options = core_only();
    options.user = "me";
    options.password = "pw";
    const nats_server server(options);
    expect_refusal(as(server, nats::nkey_authenticator(write("nkey", key.seed()))), errc::not_supported, "nonce");
}

// ---- JWTs

TEST_F(live_keys, log_in_with_a_credentials_file) {
    const nats_server server(with_operator());
    const auto path = write("user.creds", credentials_text(issuer.user(key), key.seed()));
    run(talk(as(server, nats::credentials_file_authenticator(path))));
    run(talk(as(server, nats::credentials_file_authenticator("file://" + path))));
    ::setenv("MOTE_TEST_CREDS", credentials_text(issuer.user(key), key.seed()).c_str(), 1);
    run(talk(as(server, nats::credentials_file_authenticator("env://MOTE_TEST_CREDS"))));
    ::unsetenv("MOTE_TEST_CREDS");
}

TEST_F(live_keys, log_in_with_a_jwt_and_a_signature_made_elsewhere) {
    const nats_server server(with_operator());
    run(talk(as(server, nats::user_jwt_authenticator([&] { return issuer.user(key); }, signer()))));
    const auto bearer = [&] { return issuer.user(key, 0, R"("bearer_token":true,)"); };
    run(talk(as(server, nats::user_jwt_authenticator(bearer, {}))));
    expect_refusal(as(server, nats::user_jwt_authenticator([&] { return issuer.user(key); }, {})), errc::auth_failed,
                   "Authorization Violation");
}

TEST_F(live_keys, have_the_permissions_of_their_jwt) {
    const nats_server server(with_operator());
    auto opts = as(server, nats::user_jwt_authenticator(
                               [&] { return issuer.user(key, 0, R"("pub":{"allow":["mine"]},)"); }, signer()));
    run([](nats::options how) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        nc.publish("others", "x");
        EXPECT_TRUE(co_await log.wait_for(event_kind::error));
        EXPECT_EQ(log.last(event_kind::error).error, errc::permission_denied);
    }(opts));
}

TEST_F(live_keys, with_credentials_that_do_not_fit_are_refused) {
    const nats_server server(with_operator());
    const auto other = nkey_pair::generate(nkey_kind::user);
    const auto refused = [&](const std::string& text, errc code, const std::string& part) {
        const auto path = write("user.creds", text);
        expect_refusal(as(server, nats::credentials_file_authenticator(path)), code, part, other.seed());
    };
    refused(credentials_text(issuer.user(key), other.seed()), errc::auth_failed, "Authorization Violation");
    refused(credentials_text(jwt_issuer().user(key), key.seed()), errc::auth_failed, "Authorization Violation");
    refused(credentials_text(issuer.user(key, -10), key.seed()), errc::auth_failed, "127.0.0.1:");
    refused(credentials_text("YQ.YQ.YQ", key.seed()), errc::auth_failed, "127.0.0.1:");
    refused("garbage " + other.seed(), errc::bad_credentials, "user.creds: there is no JWT");
    refused(credentials_text(issuer.user(key), other.seed().substr(1)), errc::bad_credentials,
            "user.creds: not the seed");
}

// ---- rotation

TEST_F(live_keys, that_were_rotated_are_taken_for_the_reconnect) {
    nats_server server(with_operator());
    const auto next = nkey_pair::generate(nkey_kind::user);
    const auto path = write("user.creds", credentials_text(issuer.user(key, 6), key.seed()));
    auto opts = as(server, nats::credentials_file_authenticator(path));
    run([](nats::options how, std::function<void()> rotate) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        auto mine = nc.subscribe("mine");
        rotate();
        // The JWT of this link ends, and the server closes it for that.
        EXPECT_TRUE(co_await log.wait_for(event_kind::disconnected));
        EXPECT_EQ(log.last(event_kind::disconnected).error, errc::credentials_expired) << log.text();
        co_await wait_reconnected(nc, 1);
        nc.publish("mine", "hello");
        const auto got = co_await mine.next(20s);
        EXPECT_TRUE(got && got->payload() == "hello");
    }(opts, [&] { write("user.creds", credentials_text(issuer.user(next), next.seed())); }));
}

TEST_F(live_keys, whose_file_is_missing_for_a_while_come_back) {
    nats_server server(with_operator());
    const auto path = write("user.creds", credentials_text(issuer.user(key), key.seed()));
    auto opts = as(server, nats::credentials_file_authenticator(path));
    run([](nats::options how, nats_server& restarted, std::string file,
           std::function<void()> bring) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        std::filesystem::remove(file);
        restarted.kill();
        restarted.restart();
        const auto told = [&] { return contains(log.text(), file + ": No such file"); };
        EXPECT_TRUE(co_await eventually(told)) << log.text();
        bring();
        co_await wait_reconnected(nc, 1);
    }(opts, server, path, [&] { write("user.creds", credentials_text(issuer.user(key), key.seed())); }));
}

}  // namespace
}  // namespace mote::test
