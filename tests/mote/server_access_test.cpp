// Which server a command asks, and what it says when that does not work.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_server_access : public command_live {
protected:
    /// Writes a NATS context as the `nats` command does.
    void write_context(const std::string& name, const std::string& json) {
        const auto folder = environment.home() / "config" / "nats" / "context";
        std::filesystem::create_directories(folder);
        std::ofstream(folder / (name + ".json")) << json;
    }
    void select_context(const std::string& name) {
        std::ofstream(environment.home() / "config" / "nats" / "context.txt") << name;
    }
    std::string context_json() const { return R"({"url":")" + server->url() + R"("})"; }
    /// `mote ls` without a server in the environment; 5 says that it reached one on which nothing is.
    int ls(std::vector<std::string> more = {}, std::map<std::string, std::string> env = {}) {
        more.insert(more.begin(), "ls");
        env.emplace("NATS_URL", "");
        return environment.run(more, env).exit_code;
    }
};

TEST(mote_no_server, is_one_line_that_says_what_to_do_and_exit_3) {
    const command_environment environment;
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_port());
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"ls"}, {"info", "a"}, {"stats", "a"}, {"ping"}, {"req", "a"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"-s", nowhere});
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 3) << command.front();
        EXPECT_TRUE(is_one_line(result.err,
                                {"cannot connect to " + nowhere + ": Connection refused; ", "`mote up`", "-s URL"}));
        EXPECT_TRUE(has_not(result.err, "["));
        EXPECT_EQ(result.out, "");
    }
}

TEST(mote_no_server, that_takes_connections_and_says_nothing_is_exit_3_after_the_timeout) {
    const unique_fd silent = listen_loopback(0);
    const auto result = command_environment().run(
        {"ls", "--timeout", "100ms", "-s", "127.0.0.1:" + std::to_string(local_port(silent.get()))});
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_TRUE(is_one_line(result.err));
}

TEST_F(mote_server_access, is_chosen_by_option_before_environment_before_context) {
    const std::string nowhere = "nats://127.0.0.1:" + std::to_string(free_port());
    EXPECT_EQ(ls({"-s", server->url()}, {{"NATS_URL", nowhere}}), 5);
    EXPECT_EQ(ls({"--server", server->url()}), 5);
    EXPECT_EQ(environment.run({"-s", server->url(), "ls"}).exit_code, 5) << "before the command, too";
    EXPECT_EQ(ls({}, {{"NATS_URL", server->url()}}), 5);
    write_context("here", context_json());
    write_context("nowhere", R"({"url":")" + nowhere + R"("})");
    EXPECT_EQ(ls({"--context", "here"}), 5);
    EXPECT_EQ(ls({}, {{"NATS_CONTEXT", "here"}}), 5);
    EXPECT_EQ(ls({"--context", "nowhere"}), 3);
    EXPECT_EQ(ls({"--context", "nowhere"}, {{"NATS_URL", server->url()}}), 5)
        << "the environment goes before the context";
    select_context("here");
    EXPECT_EQ(ls(), 5);
    EXPECT_EQ(ls({"--context", (environment.home() / "config/nats/context/here.json").string()}), 5);
}

TEST_F(mote_server_access, says_which_context_is_missing_or_broken) {
    const auto missing = environment.run({"ls", "--context", "absent"});
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_TRUE(is_one_line(missing.err, {"absent"}));
    write_context("broken", "{");
    EXPECT_EQ(ls({"--context", "broken"}), 2);
    select_context("broken");
    EXPECT_EQ(ls(), 2);
    EXPECT_EQ(ls({"--no-context", "-s", server->url()}), 5);
}

TEST_F(mote_server_access, refuses_a_bad_timeout_of_the_environment) {
    const auto result = mote({"ls"}, {{"NATS_TIMEOUT", "soon"}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"NATS_TIMEOUT", "soon"}));
    EXPECT_EQ(mote({"ls"}, {{"NATS_TIMEOUT", "3s"}}).exit_code, 5);
}

TEST_F(mote_server_access, has_the_name_that_it_is_told) {
    const tcp_proxy proxy(server->port());
    const std::string url = "nats://127.0.0.1:" + std::to_string(proxy.port());
    ls({"-s", url});
    ls({"-s", url, "--connection-name", "tea shop"});
    const auto said = proxy.connections();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_TRUE(has(said[0].bytes(proxy_direction::to_target), R"("name":"mote")"));
    EXPECT_TRUE(has(said[1].bytes(proxy_direction::to_target), R"("name":"tea shop")"));
}

TEST(mote_jetstream_place, is_chosen_by_option_before_context) {
    if (!require_nats_server()) return;
    const command_environment environment;
    const temp_dir store;
    nats_server_options options;
    options.jetstream = false;  // the configuration has it
    options.config = "jetstream: { domain: hub, store_dir: \"" + store.path().string() + "\" }\n";
    const nats_server hub(options);
    const auto context = [&](const std::string& member, const std::string& value) {
        const auto file = environment.home() / (member + "-" + value + ".json");
        std::ofstream(file) << R"({"url":")" << hub.url() << R"(",")" << member << R"(":")" << value << R"("})";
        return file.string();
    };
    const auto kv_ls = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"kv", "ls"});
        more.insert(more.end(), {"--no-context", "-s", hub.url()});
        return environment.run(more);
    };
    EXPECT_EQ(kv_ls({}).exit_code, 0);
    EXPECT_EQ(kv_ls({"--js-domain", "hub"}).exit_code, 0);
    EXPECT_EQ(kv_ls({"--js-api-prefix", "$JS.hub.API"}).exit_code, 0);
    const auto absent = kv_ls({"--js-domain", "away"});
    EXPECT_EQ(absent.exit_code, 1);
    EXPECT_TRUE(is_one_line(absent.err, {"no JetStream"}));
    EXPECT_EQ(kv_ls({"--js-api-prefix", "AWAY"}).exit_code, 1);

    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"kv", "ls"});
        return environment.run(more).exit_code;
    };
    const auto away = context("jetstream_domain", "away");
    EXPECT_EQ(with({"--context", away}), 1);
    EXPECT_EQ(with({"--context", away, "--js-domain", "hub"}), 0);
    EXPECT_EQ(with({"--context", away, "--js-api-prefix", "$JS.API"}), 0);
    EXPECT_EQ(with({"--context", context("jetstream_api_prefix", "AWAY")}), 1);
    EXPECT_EQ(with({"--context", context("jetstream_api_prefix", "AWAY"), "--js-domain", "hub"}), 0);
    EXPECT_EQ(with({"--context", context("jetstream_domain", "hub")}), 0);
}

TEST(mote_login, is_refused_with_exit_4_and_says_how_to_log_in) {
    if (!require_nats_server()) return;
    const command_environment environment;
    nats_server_options options;
    options.user = "someone";
    options.password = "secret";
    const nats_server closed(options);
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{}, {"--user", "someone", "--password", "wr0ng"}, {"--token", "wr0ng"}}) {
        std::vector<std::string> arguments{"ls", "-s", closed.url()};
        arguments.insert(arguments.end(), wrong.begin(), wrong.end());
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 4);
        EXPECT_TRUE(is_one_line(result.err, {"--user"}));
        EXPECT_TRUE(has_not(result.err, "wr0ng")) << "secrets are not shown";
    }
    EXPECT_EQ(environment.run({"ls", "-s", closed.url(), "--user", "someone", "--password", "secret"}).exit_code, 5);
    EXPECT_EQ(
        environment.run({"ls"}, {{"NATS_URL", closed.url()}, {"NATS_USER", "someone"}, {"NATS_PASSWORD", "secret"}})
            .exit_code,
        5);
    EXPECT_EQ(environment.run({"ls", "-s", closed.url_with_login()}).exit_code, 5);
}

TEST(mote_login, with_a_token_works) {
    if (!require_nats_server()) return;
    const command_environment environment;
    nats_server_options options;
    options.token = "t0ken";
    const nats_server closed(options);
    EXPECT_EQ(environment.run({"ls", "-s", closed.url(), "--token", "t0ken"}).exit_code, 5);
    EXPECT_EQ(environment.run({"ls", "-s", closed.url(), "--user", "t0ken"}).exit_code, 5) << "a user alone is a token";
    EXPECT_EQ(environment.run({"ls", "-s", closed.url()}, {{"NATS_TOKEN", "t0ken"}}).exit_code, 5);
    EXPECT_EQ(environment.run({"ls", "-s", closed.url()}).exit_code, 4);
}

TEST(mote_login, without_permission_for_a_subject_is_exit_4_at_once) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.config = R"(authorization { users = [ {user: u, password: p, permissions: { publish: ["allowed"] }} ] })";
    const nats_server limited(options);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"req", "forbidden.subject", "x"}, {"ls"}, {"ping", "Orders"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"-s", limited.url(), "--user", "u", "--password", "p", "--timeout", "1h"});
        const auto result = command_environment().run(arguments);
        EXPECT_EQ(result.exit_code, 4) << result.err;
        EXPECT_TRUE(
            is_one_line(result.err, {"Permissions Violation", command.front() == "req" ? command[1] : "$SRV."}));
    }
}

TEST_F(mote_server_access, ends_with_130_when_it_is_interrupted_while_it_waits) {
    const raw_services silent(server->port(), {{"$SRV.INFO", {}}, {"slow", {}}});
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        for (const std::vector<std::string>& command : {std::vector<std::string>{"ls"}, {"req", "slow", "x"}}) {
            const std::size_t asked = silent.requests().size();
            process started(command_environment::line(command), environment.options({{"NATS_URL", server->url()}}));
            const auto limit = std::chrono::steady_clock::now() + 10s;
            while (silent.requests().size() == asked && std::chrono::steady_clock::now() < limit)
                std::this_thread::yield();
            started.kill(signal);
            const auto ended = started.wait();
            ASSERT_TRUE(ended);
            EXPECT_EQ(ended->code, 130) << command.front() << " " << signal;
            EXPECT_EQ(ended->signal, 0) << "it ended by itself";
            EXPECT_EQ(started.output(), "");
        }
}

TEST_F(mote_server_access, ends_with_3_when_the_server_goes_away_meanwhile) {
    const raw_services silent(server->port(), {{"slow", {}}});
    process started(command_environment::line({"req", "slow", "x"}),
                    environment.options({{"NATS_URL", server->url()}}));
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (silent.requests().empty() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    server->kill();
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3) << started.output();
    EXPECT_TRUE(is_one_line(started.err(), {"the connection to the server was lost"}));
}

}  // namespace
}  // namespace mote::test
