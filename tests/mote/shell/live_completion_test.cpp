// `mote __complete` asks the server for services, endpoints and instances, the gateway for functions.

#include <tests/mote/raw_services.hpp>
#include <tests/mote/shell/all_commands.hpp>

#include <tests/support/loopback.hpp>

#include <fstream>

namespace mote::test {
namespace {

class live_completion : public command_live {
protected:
    void SetUp() override {
        command_live::SetUp();
        if (!server) return;
        services.emplace(server->port(), answers_of({usual_instance("Orders", "ID1"), usual_instance("Other", "ID2")}));
    }
    words offered(words line) const { return completed(environment, std::move(line), {{"NATS_URL", server->url()}}); }

    std::optional<raw_services> services;
};

TEST_F(live_completion, knows_services_endpoints_and_instances) {
    EXPECT_EQ(offered({"info", ""}), (words{"Orders", "Other"}));
    EXPECT_EQ(offered({"info", "Or"}), (words{"Orders"}));
    EXPECT_EQ(offered({"stats", "Orders", ""}), (words{"ID1"}));
    EXPECT_EQ(offered({"req", "Ot"}), (words{"Other", "Other.echo"})) << "subjects, too";
    EXPECT_EQ(offered({"req", "Orders", ""}), (words{"echo"}));
    EXPECT_EQ(offered({"dead", "ls", "Ord"}), (words{"Orders"}));
    EXPECT_EQ(offered({"info", "Nothing"}), words());
}

TEST_F(live_completion, asks_the_server_that_the_line_names) {
    EXPECT_EQ(completed(environment, {"-s", server->url(), "info", "Or"}), (words{"Orders"}));
    EXPECT_EQ(completed(environment, {"info", "--server=" + server->url(), "Or"}), (words{"Orders"}));
    const auto folder = environment.home() / "config" / "nats" / "context";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "here.json") << R"({"url":")" + server->url() + R"("})";
    EXPECT_EQ(completed(environment, {"--context", "here", "info", "Or"}), (words{"Orders"}));
    EXPECT_EQ(completed(environment, {"--context", ""}), (words{"here"}));
    EXPECT_EQ(completed(environment, {"context", "select", "h"}), (words{"here"}));
}

TEST(completion_without_a_server, offers_nothing_and_says_nothing) {
    const command_environment environment;
    const unique_fd silent = listen_loopback(0);
    const std::string mute = "127.0.0.1:" + std::to_string(local_port(silent.get()));
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_port());
    for (const std::string& where : {nowhere, mute, std::string("nats://:x:y")}) {
        EXPECT_EQ(completed(environment, {"info", ""}, {{"NATS_URL", where}}), words());
        EXPECT_EQ(completed(environment, {"scale", ""}, {{"OPENFAAS_URL", "http://" + where}}), words());
    }
    EXPECT_EQ(completed(environment, {"--context", "absent", "info", ""}), words());
    EXPECT_EQ(completed(environment, {"--timeout", "soon", "info", ""}), words());
    EXPECT_EQ(completed(environment, {}), words());
    EXPECT_EQ(completed(environment, {"no", "such", "command", ""}), words());
}

TEST(completion_of_services, takes_no_name_that_a_shell_would_run) {
    if (!require_nats_server()) return;
    const nats_server server;
    const raw_services services(
        server.port(),
        {{"$SRV.INFO",
          {{R"json({"type":"io.nats.micro.v1.info_response","name":"$(touch x)","id":"1","version":"1.0.0","endpoints":[]})json",
            ""},
           {"{\"type\":\"io.nats.micro.v1.info_response\",\"name\":\"Good\",\"id\":\"2\",\"version\":\"1.0.0\","
            "\"description\":\"\\u001b[2Jbad\",\"endpoints\":[]}",
            ""}}}});
    const auto result = command_environment().run({"__complete", "info", ""}, {{"NATS_URL", server.url()}});
    EXPECT_EQ(result.out, "Good\t1.0.0  \\x1b[2Jbad\n");
}

}  // namespace
}  // namespace mote::test
