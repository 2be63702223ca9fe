// `mote` at servers with TLS, NKeys and JWTs.

#include <tests/mote/command.hpp>
#include <tests/mote/http_fetch.hpp>
#include <tests/nats/certificates.hpp>
#include <tests/nats/jwt.hpp>

#include <mote/nats/nkeys.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace mote::test {
namespace {

using nats::nkey_kind;
using nats::nkey_pair;

/// A server that takes only TLS with certificates both ways.
class mote_secure_access : public testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    nats_server_options secured(const std::string& login) {
        nats_server_options options;
        const auto files = authority.give("DNS:localhost");
        options.config = "tls { cert_file: \"" + files.certificate + "\", key_file: \"" + files.key +
                         "\", ca_file: \"" + authority.file() + "\", verify: true, timeout: 20 }\n" + login;
        return options;
    }
    static std::string address(const nats_server& server) { return "tls://localhost:" + std::to_string(server.port()); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(authority.path(name), std::ios::binary | std::ios::trunc) << text;
        return authority.path(name);
    }
    std::vector<std::string> with_tls(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--timeout", "20s", "--tlsca", authority.file(), "--tlscert",
                                           own.certificate, "--tlskey", own.key});
        return arguments;
    }
    /// No part of the output shows the seed or the JWT.
    void expect_no_secret(const run_result& result) const {
        EXPECT_TRUE(has_not(result.err + result.out, key.seed()));
        EXPECT_TRUE(has_not(result.err + result.out, "eyJ"));
    }

    certificate_authority authority;
    certificate_files own = authority.give("DNS:client");
    command_environment environment;
    jwt_issuer issuer;
    nkey_pair key = nkey_pair::generate(nkey_kind::user);
};

TEST_F(mote_secure_access, has_options_variables_and_contexts_for_a_credentials_file) {
    auto options = secured(issuer.server_config());
    options.jetstream = false;
    const nats_server server(options);
    const auto creds = write("user.creds", credentials_text(issuer.user(key), key.seed()));
    const auto by_option = environment.run(with_tls({"ls", "-s", address(server), "--creds", creds}));
    EXPECT_EQ(by_option.exit_code, 5) << by_option.err << " 5: it reached a server on which nothing is";
    expect_no_secret(by_option);
    const std::map<std::string, std::string> variables = {{"NATS_URL", address(server)},  {"NATS_CREDS", creds},
                                                          {"NATS_CERT", own.certificate}, {"NATS_KEY", own.key},
                                                          {"NATS_CA", authority.file()},  {"NATS_TIMEOUT", "20s"}};
    EXPECT_EQ(environment.run({"ls"}, variables).exit_code, 5);
    const auto contexts = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(contexts);
    std::ofstream(contexts / "secure.json")
        << R"({"url":")" << address(server) << R"(","creds":")" << creds << R"(","cert":")" << own.certificate
        << R"(","key":")" << own.key << R"(","ca":")" << authority.file() << R"("})";
    EXPECT_EQ(environment.run({"ls", "--context", "secure", "--timeout", "20s"}).exit_code, 5);
    const auto jwt =
        environment.run(with_tls({"ls", "-s", address(server), "--jwt", "env://MY_JWT", "--seed", "env://MY_SEED"}),
                        {{"MY_JWT", issuer.user(key)}, {"MY_SEED", key.seed()}});
    EXPECT_EQ(jwt.exit_code, 5) << jwt.err;
    expect_no_secret(jwt);
}

TEST_F(mote_secure_access, says_in_one_line_what_is_wrong_and_shows_no_secret) {
    auto options = secured(issuer.server_config());
    options.jetstream = false;
    const nats_server server(options);
    const auto creds = write("user.creds", credentials_text(issuer.user(key), key.seed()));
    const auto broken = write("broken.creds", "seed: " + key.seed());
    const auto other = write("other.creds", credentials_text(jwt_issuer().user(key), key.seed()));
    certificate_authority stranger;
    const auto ls = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"ls", "--timeout", "20s", "-s", address(server)});
        const auto result = environment.run(arguments);
        expect_no_secret(result);
        return result;
    };
    const std::vector<std::string> mine = {"--tlsca",       authority.file(), "--tlscert",
                                           own.certificate, "--tlskey",       own.key};
    const auto and_mine = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), mine.begin(), mine.end());
        return arguments;
    };
    auto result = ls(and_mine({"--creds", broken}));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {broken, "there is no JWT in it"}));
    result = ls(and_mine({"--creds", other}));
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_TRUE(is_one_line(result.err, {"--creds"}));
    result = ls({"--creds", creds, "--tlsca", stranger.file()});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"for \"localhost\"", "issuer", "--tlsca"}));
    result = ls({"--creds", creds, "--tlsca", authority.file()});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"the server refuses"}));
    const nats_server plain;
    result = environment.run(with_tls({"ls", "-s", plain.url(), "--creds", creds}));
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"no TLS at the server"}));
}

TEST_F(mote_secure_access, is_that_of_the_gateway_and_of_nodes_too) {
    const nats_server server(secured("authorization { users: [ { nkey: " + key.public_key() + " } ] }\n"));
    const auto nkey = write("user.nk", key.seed());
    const process gateway(command_environment::line(with_tls({"gateway", "--listen", "127.0.0.1:0", "--operate-listen",
                                                              "none", "-s", address(server), "--nkey", nkey})),
                          environment.options());
    ASSERT_TRUE(gateway.wait_for_output("openapi.json", std::chrono::seconds(40))) << gateway.output();
    const auto url = gateway.out().substr(0, gateway.out().find('\n'));
    EXPECT_EQ(fetch("GET", url + "/healthz").status, 200);
    EXPECT_TRUE(has_not(gateway.output(), key.seed()));
    const process node(
        command_environment::line(with_tls(
            {"node", "--directory", (environment.home() / "node").string(), "-s", address(server), "--nkey", nkey})),
        environment.options());
    EXPECT_TRUE(node.wait_for_output("runs functions of localhost:", std::chrono::seconds(40))) << node.output();
    EXPECT_TRUE(node.running()) << node.output();
    EXPECT_TRUE(has_not(node.output(), key.seed()));
}

}  // namespace
}  // namespace mote::test
