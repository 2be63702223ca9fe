// Services of the official client, seen by `mote`. MOTE_NATS_CLI names the `nats` command.

#include <tests/mote/command.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_interop : public command_live {
protected:
    void SetUp() override {
        const char* named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        command_live::SetUp();
        if (!server) return;
        service.emplace(std::vector<std::string>{named, "--server", server->url(), "micro", "serve", "Official"},
                        environment.options({{"NO_COLOR", "1"}}));
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (mote({"ping", "Official"}).exit_code != 0)
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << service->output();
    }

    std::optional<process> service;
};

TEST_F(mote_interop, finds_explains_counts_and_asks_a_service_of_nats_go) {
    const auto listed = cells(mote({"ls"}).out);
    ASSERT_EQ(listed.size(), 2u);
    EXPECT_EQ(listed[1][0], "Official");
    EXPECT_EQ(listed[1][4], "echo");
    EXPECT_EQ(mote({"req", "Official", "echo", "a text"}).out, "a text\n");
    EXPECT_EQ(mote({"req", "Official.echo", "a text", "--raw"}).out, "a text");
    EXPECT_TRUE(has(mote({"info", "Official"}).out, "subject      Official.echo\n"));
    const auto counted = cells(mote({"stats", "Official"}).out);
    ASSERT_EQ(counted.size(), 2u);
    EXPECT_EQ(counted[1][1], "echo");
    EXPECT_EQ(counted[1][2], "2");
    const auto stats = parse_array(mote({"stats", "Official", "--json"}).out);
    EXPECT_EQ(stats.at(0).at("endpoints").at(0).at("num_requests").to_number<int>(), 2);
}

}  // namespace
}  // namespace mote::test
