// `mote dev` and the NATS server: one of its own, or another.

#include <tests/mote/dev/dev_live.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

namespace mote::test {
namespace {

TEST_F(dev_live, uses_the_server_that_is_there_and_lets_it_live) {
    nats_server server;
    port = server.port();
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    EXPECT_TRUE(has(dev->out(), "uses the NATS server 2."));
    EXPECT_TRUE(has(dev->out(), "that is there, " + url()));
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
    EXPECT_TRUE(server.running());
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, hands_its_login_to_the_program) {
    nats_server_options options;
    options.user = "anna";
    options.password = "secret";
    nats_server server(options);
    port = server.port();
    const auto dev = in_pipe({"--user", "anna", "--password", "secret"});
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
    EXPECT_TRUE(has_not(dev->output(), "secret"));
    const auto refused = run(line({"--user", "anna", "--password", "wrong"}), environment.options());
    EXPECT_EQ(refused.exit_code, 1) << "it is locked";
    EXPECT_EQ(dev->terminate(patience).code, 0);
    const auto again = run(line({"--user", "anna", "--password", "wrong"}), environment.options());
    EXPECT_EQ(again.exit_code, 4) << again.err;
}

/// What `mote up --nats-login` leaves behind, in the directory that both use.
TEST_F(dev_live, has_the_login_that_its_directory_asks_for) {
    std::filesystem::create_directories(environment.home() / ".local/state/mote/nats-login");
    const auto creds = (environment.home() / ".local/state/mote/nats-login/nats.creds").string();
    // Neither a user of the environment nor one of the selected context goes before it.
    std::filesystem::create_directories(environment.home() / "config/nats/context");
    std::ofstream(environment.home() / "config/nats/context/mine.json")
        << R"({"user":"berta","password":"secret","jetstream_domain":"mine"})";
    std::ofstream(environment.home() / "config/nats/context.txt") << "mine";
    const auto dev = in_pipe({}, {{"NATS_USER", "anna"}});
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
    EXPECT_TRUE(has(dev->out(), "It asks for a login: " + creds)) << dev->output();
    EXPECT_NE(environment.run({"ls", "-s", url()}).exit_code, 0);
    const auto seen = environment.run({"ls", "-s", url(), "--no-context", "--creds", creds});
    EXPECT_TRUE(has(seen.out, "Dev")) << seen.out << seen.err;
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, says_that_the_server_that_is_to_take_a_place_asks_for_a_login) {
    std::filesystem::create_directories(environment.home() / ".local/state/mote/nats-login");
    std::optional<nats_server> server(std::in_place);
    port = server->port();
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    server.reset();
    EXPECT_TRUE(dev->wait_for_output("asks for a login; start `mote dev` again", patience)) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, refuses_a_place_of_jetstream_that_its_programs_do_not_learn) {
    for (const char* option : {"--js-domain", "--js-api-prefix"}) {
        const auto result = run(line({option, "hub"}), environment.options());
        EXPECT_EQ(result.exit_code, 2);
        EXPECT_TRUE(is_one_line(result.err, {"--js-domain", "--context"})) << result.err;
    }
}

TEST_F(dev_live, says_when_a_server_elsewhere_cannot_be_reached) {
    const auto result =
        environment.run({"dev", project.string(), "-s", "nats://127.0.0.1:1,nats://127.0.0.1:2", "--timeout", "2s"});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"cannot connect", "127.0.0.1:1"}));
}

TEST_F(dev_live, starts_its_server_again_when_that_ends) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    const auto pid_line = content_of(environment.home() / ".local/state/mote/nats-server.log");
    const pid_t server = std::stoi(pid_line.substr(pid_line.find('[') + 1));
    ASSERT_EQ(::kill(server, SIGKILL), 0);
    ASSERT_TRUE(dev->wait_for_output("nats-server ended: signal 9", patience)) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("started a NATS server on " + url(), patience)) << dev->output();
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, takes_the_place_of_a_server_of_this_machine_that_goes_away) {
    std::optional<nats_server> server(std::in_place);
    port = server->port();
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    server.reset();
    ASSERT_TRUE(dev->wait_for_output("started a NATS server on " + url(), patience)) << dev->output();
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
}

}  // namespace
}  // namespace mote::test
