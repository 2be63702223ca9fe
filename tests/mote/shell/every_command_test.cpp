// What holds for all commands: no colours where none are wanted, nothing said of a reader who has gone.

#include <tests/mote/raw_services.hpp>
#include <tests/mote/shell/all_commands.hpp>

#include <algorithm>
#include <fstream>

namespace mote::test {
namespace {

/// Each that prints and ends: with a server and services, but no gateway.
const std::vector<words> that_print = {
    {"ls"},
    {"ls", "--json"},
    {"info", "Orders"},
    {"info", "Orders", "--json"},
    {"stats", "Orders"},
    {"ping"},
    {"metrics"},
    {"openapi"},
    {"req", "Orders", "echo", "x"},
    {"req", "Orders.echo", "x", "--json"},
    {"dead", "ls"},
    {"bundle", "ls"},
    {"context", "ls"},
    {"context", "show", "here"},
    {"context", "show", "here", "--json"},
    {"context", "test", "here"},
    {"doctor"},
    {"doctor", "--json"},
    {"completion", "bash"},
    {"completion", "zsh"},
    {"completion", "fish"},
    {"--version"},
    {"--help"},
};

class every_command : public command_live {
protected:
    void SetUp() override {
        command_live::SetUp();
        if (!server) return;
        auto answers = answers_of({usual_instance("Orders", "ID1"), usual_instance("Other", "ID2")});
        answers["Orders.echo"] = {{"said\x1b[2J", ""}};
        services.emplace(server->port(), std::move(answers));
        const auto folder = environment.home() / "config" / "nats" / "context";
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "here.json") << R"({"url":")" + server->url() + R"(","description":"a \u001b[2J"})";
    }

    std::optional<raw_services> services;
};

TEST_F(every_command, prints_no_escapes_into_a_pipe) {
    for (const auto& line : that_print) {
        const auto result = mote(line);
        const bool is_body = line.front() == "req" && line.back() != "--json";  // what it got, byte for byte
        EXPECT_TRUE(is_body || has_not(result.out, "\x1b")) << joined(line);
        EXPECT_TRUE(has_not(result.err, "\x1b")) << joined(line);
    }
    for (auto line : all_commands(environment)) {
        line.emplace_back("--help");
        EXPECT_TRUE(has_not(mote(line).out, "\x1b")) << joined(line);
    }
}

TEST_F(every_command, prints_no_colours_on_a_terminal_that_wants_none) {
    for (const auto& line : that_print) {
        if (line.front() == "req") continue;
        EXPECT_TRUE(has_not(mote_on_terminal(line, {{"NO_COLOR", "1"}}), "\x1b[")) << joined(line);
        EXPECT_TRUE(has_not(mote_on_terminal(line, {{"TERM", "dumb"}}), "\x1b[")) << joined(line);
    }
    EXPECT_TRUE(has(mote_on_terminal({"ls"}), "\x1b[1m")) << "else there are some";
}

TEST_F(every_command, ends_quietly_when_nobody_reads_on) {
    for (const auto& line : that_print) {
        // What is written first only finds out that the reader is gone.
        words script{
            "sh", "-c",
            R"(exec 3>&1; { (trap '' PIPE; while printf x 2>/dev/null; do :; done); "$@" 2>&3; echo "code $?" >&3; } | true)",
            "sh", MOTE_PROGRAM};
        script.insert(script.end(), line.begin(), line.end());
        const auto result = run(script, environment.options({{"NATS_URL", server->url()}}));
        const bool may_fail = line.front() == "doctor";
        EXPECT_TRUE(may_fail || result.out.ends_with("code 0\n")) << joined(line) << result.out;
        EXPECT_TRUE(has_not(result.out, "mote: ")) << joined(line);
        EXPECT_TRUE(has_not(result.out, "code 141")) << joined(line);
    }
}

TEST_F(every_command, fails_in_one_line_when_standard_output_is_full) {
    for (const auto& line : that_print) {
        const bool prints_nothing = line == words{"dead", "ls"} || line == words{"bundle", "ls"};
        if (prints_nothing || line.front() == "doctor" || line.front().starts_with("--")) continue;
        words script{"sh", "-c", R"("$@" >/dev/full)", "sh", MOTE_PROGRAM};
        script.insert(script.end(), line.begin(), line.end());
        const auto result = run(script, environment.options({{"NATS_URL", server->url()}}));
        EXPECT_EQ(result.exit_code, 1) << joined(line) << result.err;
        EXPECT_TRUE(is_one_line(result.err)) << joined(line);
    }
}

TEST(server_that_is_away, is_told_with_where_its_address_came_from) {
    const command_environment environment;
    const auto folder = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "away.json") << R"({"url":"nats://127.0.0.1:1"})";
    const std::string file = (folder / "away.json").string();
    const std::vector<words> commands = {{"ls"},
                                         {"info", "a"},
                                         {"stats", "a"},
                                         {"ping"},
                                         {"req", "a", "b"},
                                         {"metrics"},
                                         {"openapi"},
                                         {"dead", "ls"},
                                         {"dead", "retry", "1"},
                                         {"graph"},
                                         {"schema", "a"},
                                         {"events"},
                                         {"bench", "a", "--count", "1"},
                                         {"kv", "ls"},
                                         {"kv", "get", "a", "b"},
                                         {"obj", "ls"},
                                         {"obj", "get", "a", "b"},
                                         {"bundle", "ls"},
                                         {"node", "--directory", (environment.home() / "node").string()}};
    for (const auto& command : commands) {
        auto named = command;
        named.insert(named.end(), {"-s", "127.0.0.1:1"});
        EXPECT_TRUE(has(environment.run(named).err, "that address is from --server")) << joined(command);
        EXPECT_TRUE(has(environment.run(command, {{"NATS_URL", "127.0.0.1:1"}}).err, "that address is from NATS_URL"))
            << joined(command);
        auto in_context = command;
        in_context.insert(in_context.end(), {"--context", "away"});
        const auto result = environment.run(in_context);
        EXPECT_EQ(result.exit_code, 3) << joined(command);
        EXPECT_TRUE(has(result.err, "that address is from context " + file)) << joined(command) << result.err;
    }
    const std::vector<words> by_gateway = {
        {"functions"},    {"scale", "a", "1"}, {"invoke", "a", "b"},
        {"remove", "a"},  {"logs", "a"},       {"call", "a"},
        {"secret", "ls"}, {"namespace", "ls"}, {"deploy", "a", "--image", "functions/alpine", "--fprocess", "cat"}};
    for (const auto& command : by_gateway) {
        auto named = command;
        named.insert(named.end(), {"--gateway", "http://127.0.0.1:1"});
        EXPECT_TRUE(is_one_line(environment.run(named).err, {"127.0.0.1:1", "that address is from --gateway"}))
            << joined(command);
        const auto result = environment.run(command, {{"OPENFAAS_URL", "http://127.0.0.1:1"}});
        EXPECT_EQ(result.exit_code, 3) << joined(command);
        EXPECT_TRUE(is_one_line(result.err, {"that address is from OPENFAAS_URL"})) << joined(command);
    }
}

TEST(context_that_is_not_there, is_told_with_the_names_that_are_like_it) {
    const command_environment environment;
    EXPECT_TRUE(
        is_one_line(environment.run({"ls", "--context", "stagin"}).err, {"stagin", "there is no context at all"}));
    const auto folder = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "staging.json") << "{}";
    EXPECT_TRUE(is_one_line(environment.run({"ls", "--context", "stagin"}).err, {"stagin", "did you mean staging?"}));
    EXPECT_TRUE(is_one_line(environment.run({"ls"}, {{"NATS_CONTEXT", "other"}}).err, {"other", "there is: staging"}));
}

TEST(context_with_a_wrong_login, is_told_with_its_file_and_field) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.user = "someone";
    options.password = "secret";
    const nats_server closed(options);
    const command_environment environment;
    const auto folder = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "wrong.json") << R"({"creds":"/absent.creds","url":")" + closed.url() + R"("})";
    const auto wrong = environment.run({"ls", "--context", "wrong"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {(folder / "wrong.json").string(), "\"creds\": /absent.creds: No such file"}));
}

TEST_F(every_command, that_is_about_a_service_tells_names_that_are_like_an_unknown_one) {
    for (const words& command : {words{"ls"}, {"info"}, {"stats"}, {"ping"}, {"metrics"}, {"openapi"}}) {
        auto line = command;
        line.emplace_back("Ordres");
        const auto result = mote(line);
        EXPECT_EQ(result.exit_code, 5) << joined(line);
        EXPECT_TRUE(is_one_line(result.err, {"no service \"Ordres\"", "did you mean Orders"})) << joined(line);
    }
    const auto endpoint = mote({"req", "Orders", "ecoh", "x"});
    EXPECT_EQ(endpoint.exit_code, 5);
    EXPECT_TRUE(is_one_line(endpoint.err, {"no endpoint \"ecoh\"", "did you mean echo?"}));
}

}  // namespace
}  // namespace mote::test
