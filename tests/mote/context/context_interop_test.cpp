// The same files with the official command: what one writes, the other reads. MOTE_NATS_CLI names it.

#include <tests/mote/context/contexts.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

class context_with_nats_cli : public testing::Test {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        cli = named;
    }
    run_result nats(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {cli, "context"});
        return run(std::move(arguments), environment.options({{"NO_COLOR", "1"}}));
    }
    run_result mote(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "context");
        return environment.run(std::move(arguments));
    }
    /// The one that mote calls selected.
    std::string selected() const {
        for (const auto& each : parse_array(mote({"ls", "--json"}).out))
            if (each.at("selected").as_bool()) return text_at(each, "name");
        return {};
    }

    std::string cli;
    command_environment environment;
    contexts files{environment};
};

TEST_F(context_with_nats_cli, agrees_on_what_is_selected_whoever_selected_it) {
    ASSERT_EQ(nats({"add", "one", "--server", "nats://one:4222", "--description", "first"}).exit_code, 0);
    ASSERT_EQ(nats({"add", "two", "--server", "nats://two:4222"}).exit_code, 0);
    const std::string one = files.read("context/one.json");
    const std::string two = files.read("context/two.json");

    ASSERT_EQ(mote({"select", "one"}).exit_code, 0);
    EXPECT_TRUE(has(nats({"info"}).out, "nats://one:4222"));
    ASSERT_EQ(nats({"select", "two"}).exit_code, 0);
    EXPECT_EQ(selected(), "two");
    EXPECT_TRUE(has(mote({"show"}).out, "nats://two:4222"));
    ASSERT_EQ(mote({"select", "-"}).exit_code, 0);
    EXPECT_EQ(selected(), "one");
    ASSERT_EQ(nats({"previous"}).exit_code, 0);
    EXPECT_EQ(selected(), "two") << "the previous one of mote's is that of the other, too";

    EXPECT_EQ(files.read("context/one.json"), one);
    EXPECT_EQ(files.read("context/two.json"), two);
}

TEST_F(context_with_nats_cli, writes_the_same_bytes) {
    for (const std::string name : {"one", "two"})
        ASSERT_EQ(nats({"add", name, "--server", "nats://" + name}).exit_code, 0);
    ASSERT_EQ(nats({"select", "one"}).exit_code, 0);
    ASSERT_EQ(nats({"select", "two"}).exit_code, 0);
    const std::string selected_bytes = files.read("context.txt");
    const std::string previous_bytes = files.read("previous-context.txt");
    ASSERT_EQ(mote({"select", "one"}).exit_code, 0);
    ASSERT_EQ(mote({"select", "two"}).exit_code, 0);
    EXPECT_EQ(files.read("context.txt"), selected_bytes);
    EXPECT_EQ(files.read("previous-context.txt"), previous_bytes);
}

TEST_F(context_with_nats_cli, leaves_fields_of_newer_versions_to_it) {
    files.write("next", R"({"url": "nats://next", "of_the_future": {"a": 1}})");
    const std::string before = files.read("context/next.json");
    ASSERT_EQ(mote({"select", "next"}).exit_code, 0);
    EXPECT_TRUE(has(nats({"ls"}).out, "next"));
    EXPECT_EQ(files.read("context/next.json"), before);
}

}  // namespace
}  // namespace mote::test
