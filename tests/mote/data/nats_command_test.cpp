// What `mote` and the official `nats` command make of each other's buckets and objects. MOTE_NATS_CLI names it.

#include <tests/mote/data/data_live.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

class mote_data_and_nats : public data_live {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        cli = named;
        data_live::SetUp();
    }
    std::string nats(std::vector<std::string> arguments, std::string input = {}) const {
        std::vector<std::string> argv{cli, "--no-context", "-s", server->url()};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        auto options = environment.options();
        options.input = std::move(input);
        const auto result = test::run(std::move(argv), std::move(options));
        EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(arguments) << result.err << result.out;
        return result.out;
    }

    std::string cli;
};

TEST_F(mote_data_and_nats, read_each_others_values) {
    nats({"kv", "add", "theirs", "--history", "3"});
    nats({"kv", "put", "theirs", "k", "of nats"});
    EXPECT_EQ(mote({"kv", "get", "theirs", "k"}).out, "of nats\n");
    EXPECT_EQ(mote({"kv", "put", "theirs", "k", "of mote", "--revision", "1"}).out, "2\n");
    EXPECT_EQ(nats({"kv", "get", "theirs", "k", "--raw"}), "of mote");
    EXPECT_EQ(mote({"kv", "ls", "theirs"}).out, "k\n");
    EXPECT_EQ(cells(mote({"kv", "ls"}).out).size(), 3U) << "the titles and two buckets";
    EXPECT_EQ(cells(mote({"kv", "history", "theirs", "k"}).out).size(), 3U);
    mote({"kv", "del", "theirs", "k"});
    EXPECT_EQ(mote({"kv", "ls", "theirs"}).out, "");
    nats({"kv", "put", "theirs", "k", "again"});
    nats({"kv", "del", "theirs", "k", "-f"});
    EXPECT_EQ(mote({"kv", "get", "theirs", "k"}).exit_code, 5);
}

TEST_F(mote_data_and_nats, follow_each_others_changes) {
    const auto watching = start({"kv", "watch", "settings", "--json"});
    nats({"kv", "put", "settings", "k", "of nats"});
    EXPECT_TRUE(watching->wait_for_output("\"of nats\""));
    nats({"kv", "del", "settings", "k", "-f"});
    EXPECT_TRUE(watching->wait_for_output("\"operation\":\"del\""));
}

TEST_F(mote_data_and_nats, read_each_others_objects) {
    const auto bytes = noise(700'000);
    write_file("theirs.bin", bytes);
    nats({"object", "put", "reports", path_of("theirs.bin"), "--name", "theirs", "--no-progress", "-f"});
    EXPECT_EQ(mote({"obj", "get", "reports", "theirs"}).out, bytes);
    EXPECT_EQ(mote({"obj", "put", "reports", path_of("theirs.bin"), "--name", "ours"}).exit_code, 0);
    nats({"object", "get", "reports", "ours", "--output", path_of("back.bin"), "--no-progress", "-f"});
    EXPECT_EQ(bytes_of(path_of("back.bin")), bytes);
    EXPECT_EQ(cells(mote({"obj", "ls", "reports"}).out).size(), 3U);
    mote({"obj", "del", "reports", "ours"});
    EXPECT_TRUE(has_not(nats({"object", "ls", "reports"}), "ours"));
    nats({"object", "add", "more"});
    EXPECT_TRUE(has(mote({"obj", "ls"}).out, "more"));
}

}  // namespace
}  // namespace mote::test
