// The same login as the official command's, of the same environment. MOTE_NATS_CLI names it.

#include <mote/nats/environment.hpp>

#include <mote/nats/nkeys.hpp>
#include <tests/nats/environment_fixture.hpp>
#include <tests/nats/jwt.hpp>
#include <tests/nats/live.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

/// Servers that take one login each, to see which one comes.
class login_with_nats_cli : public environment {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        if (!require_program(named) || !require_nats_server()) return;
        cli = named;
        write("nkey", key.seed());
        write("creds", credentials_text("YQ.YQ.YQ", key.seed()));
        takes("cu/cp", R"(user: cu, password: cp)");
        takes("vu/vp", R"(user: vu, password: vp)");
        takes("fu/vp", R"(user: fu, password: vp)");
        takes("cu/vp", R"(user: cu, password: vp)");
        takes("token vu", "token: vu");
        takes("nkey", "users: [ { nkey: " + key.public_key() + " } ]");
    }
    void takes(const std::string& login, const std::string& authorization) {
        auto options = core_only();
        options.config = "authorization { " + authorization + " }";
        servers.emplace(login, std::make_unique<nats_server>(options));
    }

    /// The servers that take the command, and those that take us: their logins in one text each.
    void expect_the_same(const std::string& expected, const std::map<std::string, std::string>& flags = {}) {
        std::string theirs;
        std::string ours;
        for (const auto& [login, server] : servers) {
            set("NATS_URL", server->url());
            std::vector<std::string> command{cli, "pub", "a", "x"};
            nats::environment_overrides said;
            for (const auto& [name, value] : flags) {
                command.push_back("--" + name + "=" + value);
                (name == "user" ? said.user : said.nkey) = value;
            }
            if (test::run(command).exit_code == 0) theirs += login + " ";
            run([](nats::options opts, std::string name, std::string& taken) -> asio::awaitable<void> {
                auto connecting = nats::connection::connect(opts);
                const auto seen = co_await failure_of(std::move(connecting));
                if (!seen.code) taken += name + " ";
            }(nats::options_from_environment(said), login, ours));
        }
        EXPECT_EQ(theirs, expected);
        EXPECT_EQ(ours, expected);
    }

    std::string cli;
    nats::nkey_pair key = nats::nkey_pair::generate(nats::nkey_kind::user);
    std::map<std::string, std::unique_ptr<nats_server>> servers;
};

TEST_F(login_with_nats_cli, is_the_same_of_variables_beside_a_context) {
    add_context("c", R"({"user": "cu", "password": "cp"})");
    select("c");
    expect_the_same("cu/cp ");
    set("NATS_CREDS", (folder() / "creds").string());
    expect_the_same("cu/cp ");
    set("NATS_NKEY", (folder() / "nkey").string());
    expect_the_same("cu/cp ");
    set("NATS_PASSWORD", "vp");
    expect_the_same("cu/vp ");
    set("NATS_USER", "vu");
    expect_the_same("vu/vp ");
    unset("NATS_PASSWORD");
    expect_the_same("cu/cp token vu ");  // both are sent
    select("");
    unset("NATS_CREDS");
    unset("NATS_USER");
    expect_the_same("nkey ");
}

TEST_F(login_with_nats_cli, is_the_same_of_flags_beside_variables) {
    const auto nkey = (folder() / "nkey").string();
    expect_the_same("nkey ", {{"nkey", nkey}});
    set("NATS_USER", "vu");
    set("NATS_PASSWORD", "vp");
    expect_the_same("vu/vp ", {{"nkey", nkey}});
    expect_the_same("fu/vp ", {{"user", "fu"}, {"nkey", nkey}});
}

}  // namespace
}  // namespace mote::test
