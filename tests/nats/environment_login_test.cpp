#include <mote/nats/environment.hpp>

#include <mote/nats/base64.hpp>
#include <mote/nats/base64url.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nkeys.hpp>
#include <tests/nats/environment_fixture.hpp>
#include <tests/nats/jwt.hpp>
#include <tests/nats/live_tls.hpp>

namespace mote::test {
namespace {

using nats::environment_overrides;
using nats::errc;
using nats::nkey_kind;
using nats::nkey_pair;
using nats::options;
using nats::options_from_environment;

/// Keys and JWTs in files of the configuration folder.
class environment_login : public environment {
protected:
    std::string path(const std::string& name) const { return (folder() / name).string(); }
    /// A credentials file of a new user, whose JWT is `name`.
    std::string creds(const std::string& name) const {
        write(name + ".creds", credentials_text(name + ".YQ.YQ", nkey_pair::generate(nkey_kind::user).seed()));
        return path(name + ".creds");
    }
    /// What the options log in with, in one word.
    static std::string login_of(const options& opts) {
        std::string text = opts.user + "/" + opts.password + "/" + opts.token;
        if (opts.auth == nullptr) return text;
        nats::challenge asked;
        asked.nonce = "n0nce";
        const auto given = opts.auth->authenticate(asked);
        if (!given.user.empty()) text += " " + given.user + ":" + given.password;
        return text + " " + given.jwt.substr(0, given.jwt.find('.')) + "/" + given.nkey.substr(0, 1) + "/" +
               given.token + (given.signature.empty() ? "" : "/signed");
    }
    static std::string login(const environment_overrides& overrides = {}) {
        return login_of(options_from_environment(overrides));
    }

    static std::string signature_of(const nkey_pair& signer, const std::string& nonce) {
        const auto made = signer.sign(nonce);
        return nats::encode_base64url(std::string(made.begin(), made.end()));
    }

    nkey_pair key = nkey_pair::generate(nkey_kind::user);
};

TEST_F(environment_login, has_a_credentials_file_of_flag_variable_or_context) {
    add_context("c", R"({"creds": ")" + creds("context") + R"("})");
    EXPECT_EQ(login(), "//");
    select("c");
    EXPECT_EQ(login(), "// context///signed");
    set("NATS_CREDS", creds("variable"));
    EXPECT_EQ(login(), "// variable///signed");
    environment_overrides flags;
    flags.creds = creds("flag");
    EXPECT_EQ(login(flags), "// flag///signed");
}

TEST_F(environment_login, has_an_nkey_of_flag_variable_or_context) {
    write("nkey", key.seed());
    add_context("c", R"({"nkey": ")" + path("nkey") + R"("})");
    select("c");
    EXPECT_EQ(login(), "// /U//signed");
    select("");
    set("NATS_NKEY", path("nkey"));
    EXPECT_EQ(login(), "// /U//signed");
    unset("NATS_NKEY");
    environment_overrides flags;
    flags.nkey = "file://" + path("nkey");
    EXPECT_EQ(login(flags), "// /U//signed");
}

TEST_F(environment_login, has_a_jwt_with_or_without_a_seed_themselves_or_elsewhere) {
    add_context("c", R"({"user_jwt": "context.YQ.YQ", "user_seed": ")" + key.seed() + R"("})");
    select("c");
    EXPECT_EQ(login(), "// context///signed");
    set("NATS_JWT", "variable.YQ.YQ");
    EXPECT_EQ(login(), "// variable///signed") << "with the seed of the context";
    select("");
    EXPECT_EQ(login(), "// variable//") << "a bearer token";
    set("NATS_SEED", key.seed());
    EXPECT_EQ(login(), "// variable///signed");
    write("jwt", "file.YQ.YQ\n");
    write("seed", key.seed() + "\n");
    environment_overrides flags;
    flags.user_jwt = "file://" + path("jwt");
    flags.user_seed = "file://" + path("seed");
    EXPECT_EQ(login(flags), "// file///signed");
    set("MOTE_TEST_JWT", "else.YQ.YQ");
    set("MOTE_TEST_SEED", key.seed());
    flags.user_jwt = "env://MOTE_TEST_JWT";
    flags.user_seed = "env://MOTE_TEST_SEED";
    EXPECT_EQ(login(flags), "// else///signed");
}

TEST_F(environment_login, is_merged_of_all_places_before_its_kind_is_taken) {
    write("nkey", key.seed());
    add_context("jwt", R"({"user_jwt": "context.YQ.YQ"})");
    select("jwt");
    EXPECT_EQ(login(), "// context//");
    set("NATS_NKEY", path("nkey"));
    EXPECT_EQ(login(), "// /U//signed") << "an NKey goes before a JWT";
    environment_overrides flags;
    flags.creds = creds("flag");
    EXPECT_EQ(login(flags), "// flag///signed") << "credentials go before an NKey";
    add_context("c", R"({"user": "cu", "password": "cp"})");
    select("c");
    EXPECT_EQ(login(flags), "cu/cp/") << "a user goes before all, wherever it was said";
    set("NATS_USER", "vu");
    set("NATS_PASSWORD", "vp");
    flags.nkey = path("nkey");
    EXPECT_EQ(login(flags), "vu/vp/");
    flags = {};
    flags.user = "fu";
    flags.password = "fp";
    EXPECT_EQ(login(flags), "fu/fp/");
}

TEST_F(environment_login, is_user_then_creds_then_nkey_then_jwt) {
    write("nkey", key.seed());
    std::string fields = R"("user_jwt": "jwt.YQ.YQ")";
    const auto of = [&](const std::string& more) {
        fields = more + (more.empty() ? "" : ", ") + fields;
        add_context("c", "{" + fields + "}");
        environment_overrides named;
        named.context = "c";
        return login(named);
    };
    EXPECT_EQ(of(""), "// jwt//");
    EXPECT_EQ(of(R"("nkey": ")" + path("nkey") + "\""), "// /U//signed");
    EXPECT_EQ(of(R"("creds": ")" + creds("file") + "\""), "// file///signed");
    EXPECT_EQ(of(R"("user": "u", "password": "p")"), "u/p/");
}

TEST_F(environment_login, sends_a_token_beside_the_rest) {
    set("NATS_CREDS", creds("variable"));
    set("NATS_TOKEN", "t0ken");
    EXPECT_EQ(login(), "//t0ken variable//t0ken/signed");
}

TEST_F(environment_login, reads_passwords_and_tokens_again_at_every_connect) {
    write("token", "first");
    set("NATS_TOKEN", "file://" + path("token"));
    const auto with_token = options_from_environment();
    EXPECT_EQ(with_token.auth->authenticate({}).token, "first");
    write("token", "second\n");
    EXPECT_EQ(with_token.auth->authenticate({}).token, "second");
    unset("NATS_TOKEN");

    write("password", "first");
    set("NATS_USER", "u");
    set("NATS_PASSWORD", "file://" + path("password"));
    const auto with_password = options_from_environment();
    EXPECT_EQ(with_password.auth->authenticate({}).password, "first");
    write("password", "second\n");
    const auto given = with_password.auth->authenticate({});
    EXPECT_EQ(given.user + "/" + given.password + "/" + given.token, "u/second/");
    std::filesystem::remove(path("password"));
    const auto gone = failure_at_once([&] { with_password.auth->authenticate({}); });
    EXPECT_EQ(gone.code, errc::bad_credentials);

    set("NATS_PASSWORD", "plain");
    EXPECT_EQ(options_from_environment().auth, nullptr);
}

TEST_F(environment_login, reads_passwords_and_tokens_that_are_kept_elsewhere) {
    write("token", "from a file\n");
    set("NATS_TOKEN", "file://" + path("token"));
    EXPECT_EQ(login(), "//from a file //from a file");
    unset("NATS_TOKEN");
    set("MOTE_TEST_PASSWORD", "s3cret");
    add_context("c", R"({"user": "u", "password": "env://MOTE_TEST_PASSWORD"})");
    select("c");
    EXPECT_EQ(login(), "u/s3cret/ u:s3cret //");
    unset("MOTE_TEST_PASSWORD");
    const auto seen = failure_at_once([] { options_from_environment(); });
    EXPECT_EQ(seen.code, errc::bad_credentials);
    EXPECT_TRUE(contains(seen.text, "env://MOTE_TEST_PASSWORD: this variable is not set")) << seen.text;
    set("NATS_PASSWORD", "data:;base64,czNjcmV0");
    EXPECT_EQ(login(), "u/s3cret/ u:s3cret //");
    set("NATS_PASSWORD", "data:;base64,czNjcmV");
    const auto broken = failure_at_once([] { options_from_environment(); });
    EXPECT_FALSE(contains(broken.text, "czNj")) << broken.text;
}

TEST_F(environment_login, reads_jwts_and_seeds_again_at_every_connect) {
    const auto rotated = nkey_pair::generate(nkey_kind::user);
    write("jwt", "context.YQ.YQ");
    write("seed", key.seed());
    set("NATS_JWT", "file://" + path("jwt"));
    set("NATS_SEED", "file://" + path("seed"));
    nats::challenge asked;
    asked.nonce = "n0nce";
    const auto opts = options_from_environment();
    const auto before = opts.auth->authenticate(asked);
    EXPECT_EQ(before.jwt, "context.YQ.YQ");
    EXPECT_EQ(before.signature, signature_of(key, asked.nonce));
    write("jwt", "variable.YQ.YQ\n");
    write("seed", rotated.seed() + "\n");
    const auto after = opts.auth->authenticate(asked);
    EXPECT_EQ(after.jwt, "variable.YQ.YQ");
    EXPECT_EQ(after.signature, signature_of(rotated, asked.nonce));
}

TEST_F(environment_login, of_a_context_may_be_kept_elsewhere_in_each_field) {
    environment_overrides c;
    c.context = "c";
    const auto text = credentials_text("data.YQ.YQ", key.seed());
    add_context("c", R"({"creds": "data:;base64,)" + nats::encode_base64(text) + R"("})");
    EXPECT_EQ(login(c), "// data///signed");
    set("MOTE_TEST_NKEY", key.seed());
    add_context("c", R"({"nkey": "env://MOTE_TEST_NKEY"})");
    EXPECT_EQ(login(c), "// /U//signed");
    write("seed", key.seed());
    write("jwt", "file.YQ.YQ");
    add_context("c", R"({"user_jwt": "file://)" + path("jwt") + R"(", "user_seed": "file://)" + path("seed") + R"("})");
    EXPECT_EQ(login(c), "// file///signed");
    set("MOTE_TEST_TOKEN", "t0ken");
    add_context("c", R"({"token": "env://MOTE_TEST_TOKEN", "ca": "env://MOTE_TEST_CA", "cert": "data:;base64,YQ==",
                         "key": "file:///k"})");
    EXPECT_EQ(login(c), "//t0ken //t0ken");
    const auto tls = options_from_environment(c).tls;
    EXPECT_EQ(tls.ca, "env://MOTE_TEST_CA");  // read when it connects: see tls_files_test.cpp
    EXPECT_EQ(tls.certificate, "data:;base64,YQ==");
    EXPECT_EQ(tls.key, "file:///k");
}

TEST_F(environment_login, expands_variables_and_the_home_folder_in_the_paths_of_a_context) {
    creds("one");
    set("HOME", folder().string());
    set("MOTE_TEST_WHO", "one");
    environment_overrides named;
    named.context = "c";
    for (const char* where :
         {"~/one.creds", "$HOME/one.creds", "${HOME}/${MOTE_TEST_WHO}.creds", "~/$MOTE_TEST_WHO.creds"}) {
        add_context("c", R"({"creds": ")" + std::string(where) + R"(", "ca": ")" + where + R"("})");
        EXPECT_EQ(login(named), "// one///signed") << where;
        EXPECT_EQ(options_from_environment(named).tls.ca, path("one.creds")) << where;
    }
    for (const auto& [text, expected] : std::map<std::string, std::string>{{"$", "$"},
                                                                           {"a$", "a$"},
                                                                           {"$.x", "$.x"},
                                                                           {"${", "${"},
                                                                           {"${}x", "x"},
                                                                           {"a~", "a~"},
                                                                           {"$MOTE_TEST_UNSET/x", "/x"}}) {
        add_context("c", R"({"ca": ")" + text + R"("})");
        EXPECT_EQ(options_from_environment(named).tls.ca, expected) << text;
    }
}

TEST_F(environment_login, takes_no_secret_of_programs_that_it_does_not_ask) {
    for (const char* foreign : {"op://vault/item", "nsc://o/a/u"}) {
        set("NATS_CREDS", foreign);
        const auto seen = failure_at_once([] { login(); });
        EXPECT_EQ(seen.code, errc::not_supported);
        EXPECT_TRUE(contains(seen.text, foreign)) << seen.text;
    }
}

// ---- TLS

TEST_F(environment_login, has_the_files_of_tls_of_flag_variable_or_context) {
    const auto files = [](const environment_overrides& overrides = {}) {
        const auto tls = options_from_environment(overrides).tls;
        EXPECT_FALSE(tls.insecure_accept_any_certificate);
        return tls.certificate + " " + tls.key + " " + tls.ca + (tls.handshake_first ? " first" : "");
    };
    EXPECT_EQ(files(), "  ");
    add_context("c", R"({"cert": "cc", "key": "ck", "ca": "ca", "tls_first": true})");
    select("c");
    EXPECT_EQ(files(), "cc ck ca first");
    set("NATS_CERT", "vc");
    set("NATS_KEY", "vk");
    set("NATS_CA", "va");
    EXPECT_EQ(files(), "vc vk va first");
    environment_overrides flags;
    flags.tls_certificate = "fc";
    flags.tls_key = "fk";
    flags.tls_ca = "fa";
    flags.no_context = true;
    EXPECT_EQ(files(flags), "fc fk fa");
    flags.tls_first = true;
    EXPECT_EQ(files(flags), "fc fk fa first");
    flags.tls_first = false;
    set("NATS_TLSFIRST", "true");
    EXPECT_EQ(files(flags), "fc fk fa first");
    set("NATS_TLSFIRST", "0");
    EXPECT_EQ(files(flags), "fc fk fa");
    set("NATS_TLSFIRST", "perhaps");
    const auto seen = failure_at_once([&] { files(flags); });
    EXPECT_EQ(seen.code, errc::bad_context);
    EXPECT_TRUE(contains(seen.text, "NATS_TLSFIRST")) << seen.text;
}

// ---- for real

/// Two servers want two passwords, and a file says which it is now.
TEST_F(environment_login, reads_a_password_again_for_a_reconnect) {
    if (!require_nats_server()) return;
    auto server_options = core_only();
    server_options.user = "u";
    server_options.password = "first";
    nats_server first(server_options);
    server_options.password = "second";
    const nats_server second(server_options);
    write("password", "first");
    set("NATS_URL", first.url() + "," + second.url());
    set("NATS_USER", "u");
    set("NATS_PASSWORD", "file://" + path("password"));
    auto opts = options_from_environment();
    opts.randomize_servers = false;
    opts.reconnect.min_wait = std::chrono::milliseconds(20);
    run([](options how, nats_server& gone, std::string file) -> asio::awaitable<void> {
        const auto nc = co_await nats::connection::connect(how);
        std::ofstream(file) << "second\n";
        gone.kill();
        co_await wait_reconnected(nc, 1);
    }(opts, first, path("password")));
}

/// TLS with certificates both ways, and an operator whose user has a credentials file.
TEST_F(environment_login, connects_over_tls_with_credentials_as_the_context_says) {
    if (!require_nats_server()) return;
    certificate_authority authority;
    const jwt_issuer issuer;
    auto server_options = core_only();
    server_options.config =
        tls_config(authority.give("DNS:localhost"), "ca_file: \"" + authority.file() + "\", verify: true") +
        issuer.server_config();
    const nats_server server(server_options);
    write("user.creds", credentials_text(issuer.user(key), key.seed()));
    const auto own = authority.give("DNS:client");
    add_context("c", R"({"url": "tls://localhost:)" + std::to_string(server.port()) + R"(", "creds": ")" +
                         path("user.creds") + R"(", "cert": ")" + own.certificate + R"(", "key": ")" + own.key +
                         R"(", "ca": ")" + authority.file() + R"(", "inbox_prefix": "_MINE"})");
    select("c");
    run([](options opts) -> asio::awaitable<void> {
        opts.connect_timeout = std::chrono::seconds(20);
        const auto nc = co_await nats::connection::connect(opts);
        EXPECT_TRUE(nc.new_inbox().starts_with("_MINE."));
        co_await nc.flush();
    }(options_from_environment()));
}

}  // namespace
}  // namespace mote::test
