// How `mote` is asked, and what it says of a wrong use.

#include <tests/mote/command.hpp>

#include <algorithm>

namespace mote::test {
namespace {

TEST(mote_command_line, explains_a_wrong_use_in_one_line_and_exits_2) {
    const command_environment environment;
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"nonsense"},
        {"--nonsense", "ls"},
        {"ls", "--nonsense"},
        {"ls", "a", "b"},
        {"info"},
        {"info", "a", "b", "c"},
        {"stats"},
        {"ping", "a", "b"},
        {"req"},
        {"req", "a", "b", "c", "d"},
        {"req", "a", "-H", "no colon"},
        {"req", "a", "-H", ":value"},
        {"req", "a", "-H"},
        {"ls", "--timeout", "soon"},
        {"ls", "--timeout", "0"},
        {"ls", "--timeout", "-1s"},
        {"ls", "--color", "sometimes"},
        {"ls", "--socks-proxy", "host:1"},
        {"up", "--creds", "file"},
        {"up", "--tlsca", "file"},
        {"up", "--port", "0"},
        {"up", "--port", "65536"},
        {"up", "--port", "x"},
        {"up", "extra"},
        {"up", "--json"},
        {"up", "-s", "nats://127.0.0.1:4222"},
        {"-s", "nats://127.0.0.1:4222", "up"},
        {"--timeout", "5s", "demo", "--once"},
        {"demo", "--top", "0"},
        {"demo", "--top", "501"},
        {"demo", "--api", "ftp://example.com"},
        {"demo", "--api", "https://"},
        {"ls", "-s", "nats://:x:y"},
        {"up", "--http-port", "0"},
        {"node", "extra"},
        {"gateway", "--listen", "here"},
        {"gateway", "--operate-listen", "nowhere"},
        {"gateway", "--system-listen", "nowhere"},
        {"gateway", "--tls-certificate", "file"},
        {"gateway", "--tls-key", "file"},
        {"gateway", "--no-auth", "--auth-functions"},
        {"gateway", "--no-auth", "--listen", "0.0.0.0:0", "-s", "nats://:x:y"},
        {"functions", "extra"},
        {"deploy"},
        {"deploy", "name"},
        {"deploy", "--image", "i"},
        {"deploy", "a", "b", "--image", "i"},
        {"deploy", "name", "--image", "i", "--env", "no-equals"},
        {"deploy", "name", "--image", "i", "--label", "=value"},
        {"deploy", "name", "--image", "i", "--watch"},
        {"deploy", "-f", "stack.yml", "--image", "i"},
        {"deploy", "-f", "stack.yml", "--memory-limit", "1Mi"},
        {"deploy", "-f", "stack.yml", "--filter", ""},
        {"deploy", "-f", "stack.yml", "--regex", "("},
        {"deploy", "-f", "stack.yml", "--regex", ""},
        {"deploy", "-f", "stack.yml", "--regex", "a", "--filter", "a"},
        {"deploy", "-f", "stack.yml", "name", "--filter", "a"},
        {"deploy", "name", "--image", "i", "--filter", "a"},
        {"remove"},
        {"invoke"},
        {"invoke", "name", "-H", "no colon"},
        {"invoke", "name", "--query", "no-equals"},
        {"logs"},
        {"logs", "name", "--since", "yesterday"},
        {"logs", "name", "--tail", "0"},
        {"scale", "name"},
        {"scale", "name", "many"},
        {"scale", "name", "-1"},
        {"secret"},
        {"secret", "create"},
        {"secret", "create", "name", "value"},
        {"namespace"},
        {"namespace", "create"},
        {"namespace", "ls", "name"},
        {"bundle"},
        {"bundle", "push", "name"},
        {"call"},
        {"functions", "--gateway", "ftp://example.com"},
    };
    for (const auto& arguments : wrong) {
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.err;
        EXPECT_TRUE(is_one_line(result.err)) << testing::PrintToString(arguments);
        EXPECT_EQ(result.out, "") << testing::PrintToString(arguments);
    }
}

TEST(mote_command_line, names_what_is_wrong_and_where_help_is) {
    const command_environment environment;
    EXPECT_TRUE(
        is_one_line(environment.run({"ls", "--timeout", "soon"}).err, {"--timeout", "soon", "`mote ls --help`"}));
    EXPECT_TRUE(is_one_line(environment.run({"lss"}).err, {"`mote --help`"}));
    EXPECT_TRUE(is_one_line(environment.run({"ls", "--socks-proxy", "x"}).err, {"proxy: not socks5://"}));
}

TEST(mote_command_line, has_help_for_itself_and_each_command) {
    const command_environment environment;
    const auto help = environment.run({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    for (const std::string part :
         {"up",           "demo",      "ls",       "info",         "stats",       "ping",
          "req",          "--server",  "--user",   "--password",   "--token",     "--context",
          "--no-context", "--timeout", "node",     "gateway",      "functions",   "deploy",
          "invoke",       "logs",      "NATS_URL", "NATS_TIMEOUT", "5 not found", "130 interrupted"})
        EXPECT_TRUE(has(help.out, part));
    const std::map<std::string, std::vector<std::string>> parts = {
        {"up", {"--dir", "--port", "--http-port", "--no-functions", "XDG_STATE_HOME", "4222", "8080"}},
        {"node", {"--directory", "--id", "--label", "--no-sandbox"}},
        {"gateway",
         {"--listen", "--system-listen", "--operate-listen", "--credentials", "--no-auth", "--auth-functions",
          "--expose"}},
        {"functions", {"--gateway", "--credentials", "OPENFAAS_URL", "--json"}},
        {"deploy",
         {"NAME", "--image", "--fprocess", "--env", "--secret", "--label", "--annotation", "--watch", "--filter",
          "--regex", "--memory-limit", "--cpu-limit"}},
        {"remove", {"NAME", "--namespace"}},
        {"invoke", {"NAME", "DATA", "--async", "--header", "--query"}},
        {"logs", {"NAME", "--follow", "--tail", "--since"}},
        {"scale", {"NAME", "REPLICAS"}},
        {"namespace", {"ls", "create", "remove"}},
        {"secret", {"ls", "create", "update", "remove"}},
        {"bundle", {"ls", "push"}},
        {"call", {"CALL-ID", "--cancel"}},
        {"demo", {"--api", "--top", "--once", "--dir", "--port"}},
        {"ls", {"--json"}},
        {"info", {"NAME", "ID", "--json"}},
        {"stats", {"NAME", "ID", "--json"}},
        {"ping", {"NAME", "--json"}},
        {"req", {"SUBJECT", "SERVICE", "ENDPOINT", "--header", "--raw", "--json", "Two words"}}};
    for (const auto& [command, wanted] : parts) {
        const auto result = environment.run({command, "--help"});
        EXPECT_EQ(result.exit_code, 0) << command;
        for (const std::string& part : wanted) EXPECT_TRUE(has(result.out, part)) << command;
    }
}

TEST(mote_command_line, does_not_tell_what_only_nodes_start) {
    const command_environment environment;
    const auto help = environment.run({"--help"});
    for (const std::string hidden : {"spawn-server", "http-echo"}) EXPECT_TRUE(has_not(help.out, hidden));
    const auto without_port = environment.run({"http-echo"});
    EXPECT_EQ(without_port.exit_code, 2);
    EXPECT_TRUE(is_one_line(without_port.err, {"PORT"}));
}

TEST(mote_command_line, has_a_version) {
    const auto result = command_environment().run({"--version"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(result.out.starts_with("mote 0.")) << result.out;
    EXPECT_EQ(std::ranges::count(result.out, '\n'), 1);
}

}  // namespace
}  // namespace mote::test
