// `mote doctor` against servers that are there, away, old, closed or silent.

#include <tests/mote/command.hpp>

#include <tests/support/loopback.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// The findings of one check.
std::vector<boost::json::value> findings(const std::string& out, std::string_view check) {
    std::vector<boost::json::value> found;
    const auto document = boost::json::parse(out);
    for (const auto& each : document.at("findings").as_array())
        if (text_at(each, "check") == check) found.push_back(each);
    return found;
}

class mote_doctor : public command_live {};

TEST_F(mote_doctor, looks_at_everything_and_says_how_each_is) {
    const auto result = mote({"doctor", "--json"});
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 1) << result.err;
    for (const std::string check :
         {"nats-server", "port 4222", "port 8080", "port 8082", "sandbox", "cgroups", "open files", "disk", "terminal",
          "clock", "server", "version", "jetstream", "permissions"}) {
        const auto found = findings(result.out, check);
        EXPECT_FALSE(found.empty()) << check;
        for (const auto& each : found) {
            EXPECT_NE(text_at(each, "text"), "") << check;
            EXPECT_EQ(text_at(each, "mend").empty(), text_at(each, "severity") == "ok") << boost::json::serialize(each);
        }
    }
    const auto server_found = findings(result.out, "server").at(0);
    EXPECT_EQ(text_at(server_found, "severity"), "ok");
    EXPECT_TRUE(has(text_at(server_found, "text"), "from NATS_URL"));
    EXPECT_EQ(findings(result.out, "permissions").size(), 3u);
    for (const auto& each : findings(result.out, "permissions")) EXPECT_EQ(text_at(each, "severity"), "ok");
    EXPECT_EQ(findings(result.out, "jetstream").at(0).at("severity"), "ok");
}

TEST_F(mote_doctor, prints_lines_with_tabs_when_piped) {
    const auto result = mote({"doctor"});
    const auto lines = cells(result.out);
    ASSERT_GT(lines.size(), 10u);
    EXPECT_EQ(lines[0], (std::vector<std::string>{"Severity", "Check", "Finding", "Mend"}));
    for (const auto& each : lines) EXPECT_EQ(each.size(), 4u);
    EXPECT_TRUE(has_not(result.out, "\x1b"));
}

TEST_F(mote_doctor, shows_a_person_what_mends_it) {
    const std::string shown = mote_on_terminal({"doctor"}, {{"LANG", "C"}});
    EXPECT_TRUE(has(shown, "mend: "));
    EXPECT_TRUE(has(shown, "export LANG=C.UTF-8"));
    EXPECT_TRUE(has(shown, "warning"));
}

TEST(mote_doctor_server, that_is_away_is_exit_3_when_nothing_else_fails) {
    const command_environment environment;
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_port());
    const auto result = environment.run({"doctor", "--json"}, {{"NATS_URL", nowhere}});
    const auto found = findings(result.out, "server");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(text_at(found[0], "severity"), "fail");
    EXPECT_TRUE(has(text_at(found[0], "text"), nowhere + ": Connection refused; that address is from NATS_URL"));
    EXPECT_EQ(text_at(found[0], "mend"), "mote up");
    std::size_t failures = 0;
    const auto document = boost::json::parse(result.out);
    for (const auto& each : document.at("findings").as_array()) failures += text_at(each, "severity") == "fail" ? 1 : 0;
    EXPECT_EQ(result.exit_code, failures == 1 ? 3 : 1);
}

TEST(mote_doctor_server, that_says_nothing_does_not_hold_it_up) {
    const unique_fd silent = listen_loopback(0);
    const command_environment environment;
    const auto result =
        environment.run({"doctor", "--json"}, {{"NATS_URL", "127.0.0.1:" + std::to_string(local_port(silent.get()))}});
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(findings(result.out, "server").at(0).at("severity"), "fail");
}

TEST(mote_doctor_server, without_jetstream_is_a_warning) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.jetstream = false;
    const nats_server plain(options);
    const auto result = command_environment().run({"doctor", "--json"}, {{"NATS_URL", plain.url()}});
    const auto found = findings(result.out, "jetstream").at(0);
    EXPECT_EQ(text_at(found, "severity"), "warn");
    EXPECT_TRUE(has(text_at(found, "mend"), "nats-server -js"));
}

TEST(mote_doctor_server, that_refuses_the_login_is_told_so) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.user = "someone";
    options.password = "secret";
    const nats_server closed(options);
    const auto result = command_environment().run({"doctor", "--json", "--user", "someone", "--password", "wr0ng"},
                                                  {{"NATS_URL", closed.url()}});
    const auto found = findings(result.out, "server").at(0);
    EXPECT_EQ(text_at(found, "severity"), "fail");
    EXPECT_TRUE(has(text_at(found, "mend"), "mote context select"));
    EXPECT_TRUE(has_not(result.out, "wr0ng"));
}

TEST(mote_doctor_server, whose_permissions_are_narrow_names_each_that_is_missing) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.config = R"(authorization { users = [
        {user: mute, password: p, permissions: { publish: ["orders.>"] }},
        {user: deaf, password: p, permissions: { publish: [">"], subscribe: ["orders.>"] }},
        {user: client, password: p, permissions: { publish: [">"], subscribe: ["_INBOX.>"] }} ] })";
    const nats_server limited(options);
    const auto seen = [&](const std::string& user) {
        const auto result = command_environment().run({"doctor", "--json", "--user", user, "--password", "p"},
                                                      {{"NATS_URL", limited.url()}});
        std::string text;
        for (const auto& each : findings(result.out, "permissions"))
            if (text_at(each, "severity") != "ok") text += text_at(each, "text") + "\n";
        for (const auto& each : findings(result.out, "jetstream"))
            if (text_at(each, "severity") != "ok") text += text_at(each, "text") + "\n";
        return text;
    };
    const std::string mute = seen("mute");
    EXPECT_TRUE(has(mute, "may not publish to $SRV.>"));
    EXPECT_TRUE(has(mute, "this login may not ask for it")) << "JetStream's API";
    const std::string deaf = seen("deaf");
    EXPECT_TRUE(has(deaf, "may not subscribe to _INBOX."));
    EXPECT_TRUE(has(deaf, "may not subscribe to $SRV.>"));
    const std::string client = seen("client");
    EXPECT_TRUE(has(client, "no service can run with this login"));
    EXPECT_TRUE(has_not(client, "_INBOX"));
}

TEST(mote_doctor_context, with_a_mistake_names_the_file) {
    const command_environment environment;
    const auto folder = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "broken.json") << R"({"url": 1})";
    const auto result = environment.run({"doctor", "--json", "--context", "broken"});
    const auto found = findings(result.out, "server").at(0);
    EXPECT_EQ(text_at(found, "severity"), "fail");
    EXPECT_TRUE(has(text_at(found, "text"), (folder / "broken.json").string() + ": \"url\" is a number"));
}

TEST(mote_doctor_clock, of_the_server_is_compared_where_it_tells_its_time) {
    if (!require_nats_server()) return;
    const command_environment environment;
    const nats_server server;
    const auto version = text_at(
        findings(environment.run({"doctor", "--json"}, {{"NATS_URL", server.url()}}).out, "version").at(0), "text");
    EXPECT_TRUE(
        findings(environment.run({"doctor", "--json"}, {{"NATS_URL", server.url()}}).out, "server clock").empty())
        << "it tells its time with a stream alone";
    const auto made =
        environment.run({"req", "$JS.API.STREAM.CREATE.S", R"({"name":"S","subjects":["s"],"storage":"memory"})"},
                        {{"NATS_URL", server.url()}});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto found =
        findings(environment.run({"doctor", "--json"}, {{"NATS_URL", server.url()}}).out, "server clock");
    if (version.find(" 2.9.") != std::string::npos) {
        EXPECT_TRUE(found.empty());
        return;
    }
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(text_at(found[0], "severity"), "ok") << "it is this machine's";
}

}  // namespace
}  // namespace mote::test
