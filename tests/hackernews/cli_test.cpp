// The official `nats` command drives the service through every endpoint. MOTE_NATS_CLI names the command.

#include <tests/hackernews/live.hpp>

#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/json.hpp>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace hackernews::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// `nats req` ends what it shows with empty lines.
std::string without_line_ends(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

class hn_nats_cli : public hn_live {
protected:
    void SetUp() override {
        const char* named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') {
            mote::test::skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
            return;
        }
        command = named;
        hn_live::SetUp();
    }

    mote::test::run_result nats(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {command, "--server", server->url()});
        mote::test::process_options options;
        options.env = {{"XDG_CONFIG_HOME", directory.path().string()}, {"HOME", directory.path().string()}};
        options.unset = {"NATS_CONTEXT", "NATS_URL"};
        options.cwd = directory.path();
        return mote::test::run(arguments, options, 30s);
    }
    /// What `nats req --raw` shows.
    std::string ask(const std::string& subject, const std::string& payload = {}) {
        const auto result = nats({"req", "--raw", "--timeout", "20s", subject, payload});
        EXPECT_EQ(result.exit_code, 0) << result.err;
        return without_line_ends(result.out);
    }
    /// What `nats req` shows of a service error.
    std::string ask_in_vain(const std::string& subject, const std::string& payload = {}) {
        const auto result = nats({"req", subject, payload});
        return result.out + result.err;  // it shows headers among its messages
    }
    std::filesystem::path write(const std::string& name, const std::string& bytes) {
        const auto path = directory.path() / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    /// What `nats schema validate --json` says; it exits 0 also when the reply is not valid.
    std::string validate(const std::string& schema, const std::string& reply) {
        const auto result = nats({"schema", "validate", "--json", schema, write("reply.json", reply).string()});
        return without_line_ends(result.out);
    }

    std::string command;
    mote::test::temp_dir directory;
};

testing::AssertionResult has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "no " << part << " in:\n" << text;
}

TEST_F(hn_nats_cli, drives_every_endpoint) {
    auto& hn = serve(60);
    const auto one = start();
    const std::string id = std::to_string(hn.posts().front());

    EXPECT_EQ(ask("hn.fetch.ids"), std::to_string(hn.data().ids().size()));
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    EXPECT_EQ(ask("hn.fetch.list"), hn.data().top_stories());
    EXPECT_TRUE(has(ask("hn.process.id", id), "HackerNews_process")) << "the stream's acknowledgement";
    const std::string answered = ask("hn.process.reply", id);
    EXPECT_EQ(posts_in(json::array{json::parse(answered)}), std::vector{hn.data().posts().at(hn.posts().front())});
    const std::string object = ask("hn.sort.ids");
    EXPECT_TRUE(object.starts_with("hn_posts_")) << object;
    EXPECT_EQ(posts_in(json::parse(ask("hn.sort.top", "3")).at("posts")), hn.expected_top(3, hn.data().now()));

    EXPECT_EQ(nats({"kv", "get", "--raw", "hacker_news", "hn_post_" + id}).out, answered);
    const auto got =
        nats({"object", "get", "--no-progress", "--force", "--output", "list.json", "hacker_news", object});
    EXPECT_EQ(got.exit_code, 0) << got.err;
    EXPECT_EQ(posts_in(json::parse(read_file(directory.path() / "list.json"))), hn.expected_top(500, hn.data().now()));
    EXPECT_TRUE(has(nats({"object", "ls", "hacker_news"}).out, object));
    EXPECT_TRUE(has(nats({"kv", "ls", "hacker_news"}).out, "hn_ids_latest"));
}

TEST_F(hn_nats_cli, shows_service_errors) {
    auto& hn = serve(3);
    const auto one = start();
    EXPECT_TRUE(has(ask_in_vain("hn.fetch.list"), "nothing fetched yet: request hn.fetch.ids first"));
    EXPECT_TRUE(has(ask_in_vain("hn.sort.ids"), "nothing fetched yet: request hn.fetch.ids first"));
    EXPECT_TRUE(has(ask_in_vain("hn.sort.top", "3"), "nothing sorted yet: request hn.sort.ids first"));
    EXPECT_TRUE(has(ask_in_vain("hn.process.reply", "abc"), R"(invalid id "abc": not a positive integer)"));
    EXPECT_TRUE(has(ask_in_vain("hn.sort.top", "501"), R"(invalid count "501": not a number from 1 to 500)"));
    hn.fail_next(3, 500);
    EXPECT_TRUE(has(ask_in_vain("hn.fetch.ids"), "the Hacker News API answered 500 for topstories"));
    EXPECT_TRUE(has(ask_in_vain("hn.fetch.list"), "404"));
}

TEST_F(hn_nats_cli, lists_explains_and_counts_the_service) {
    auto& hn = serve(20);
    const auto one = start();
    EXPECT_EQ(ask("hn.fetch.ids"), std::to_string(hn.data().ids().size()));
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    ask_in_vain("hn.process.reply", "abc");

    const auto listed = nats({"micro", "ls"});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    EXPECT_TRUE(has(listed.out, "HackerNews"));
    EXPECT_TRUE(has(listed.out, "1.0.0"));
    const auto explained = nats({"micro", "info", "HackerNews"});
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    for (const std::string part : {"hn.fetch.ids", "hn.fetch.list", "hn.process.id", "hn.process.reply", "hn.sort.ids",
                                   "hn.sort.top", "fetch-group", "process-group", "sort-group"})
        EXPECT_TRUE(has(explained.out, part));
    EXPECT_TRUE(has(nats({"micro", "ping", "--timeout", "1s", "HackerNews"}).out, "HackerNews"));

    const auto counted = nats({"micro", "stats", "--json", "HackerNews"});
    EXPECT_EQ(counted.exit_code, 0) << counted.err;
    const json::value stats = json::parse(counted.out).at(0);
    std::map<std::string, json::value> endpoints;
    for (const json::value& each : stats.at("endpoints").as_array())
        endpoints[json::value_to<std::string>(each.at("name"))] = each;
    EXPECT_EQ(endpoints.at("fetch").at("num_requests").to_number<std::size_t>(), 1u);
    EXPECT_EQ(endpoints.at("process").at("num_requests").to_number<std::size_t>(), hn.data().ids().size());
    EXPECT_EQ(endpoints.at("process-reply").at("num_errors").to_number<std::size_t>(), 1u);
    EXPECT_EQ(nats({"micro", "stats", "HackerNews"}).exit_code, 0);
}

TEST_F(hn_nats_cli, finds_every_discovery_reply_valid) {
    auto& hn = serve(20);
    const auto one = start();
    ask("hn.fetch.ids");
    ASSERT_TRUE(one->wait_until_finished(hn.data().ids().size()));
    ask_in_vain("hn.process.reply", "\xff\"\\");  // also with a last_error that is not easy to quote
    const std::string id = json::value_to<std::string>(client->ask("PING").at("id"));
    for (const std::string verb : {"PING", "INFO", "STATS"}) {
        std::string name = verb;
        for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
        for (const std::string& form : {std::string(), std::string(".HackerNews"), ".HackerNews." + id})
            EXPECT_EQ(validate("io.nats.micro.v1." + name + "_response", ask("$SRV." + verb + form)), "[]")
                << verb << form;
    }
    EXPECT_NE(validate("io.nats.micro.v1.ping_response", "{}"), "[]") << "the test can fail";
}

}  // namespace
}  // namespace hackernews::test
