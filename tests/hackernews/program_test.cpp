// The program `hackernews`: its command line, its exit codes, its signals.

#include <tests/hackernews/live.hpp>

#include <mote/nats/error.hpp>
#include <tests/support/deadline.hpp>
#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <csignal>
#include <set>

namespace hackernews::test {
namespace {

using namespace std::chrono_literals;
using mote::test::process;
using mote::test::process_options;

// So that a test does not depend on the settings of who runs it.
const std::vector<std::string> nats_variables = {
    "NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CONTEXT", "NATS_CREDS", "NATS_NKEY",
    "HN_API",   "NATS_CA",   "NATS_CERT",     "NATS_KEY",   "http_proxy",   "all_proxy",  "ALL_PROXY"};

process_options environment(std::map<std::string, std::string> more = {}) {
    process_options options;
    options.unset = nats_variables;
    options.env = std::move(more);
    options.env.emplace("XDG_CONFIG_HOME", "/nonexistent");
    return options;
}

mote::test::run_result run_program(std::vector<std::string> arguments, std::map<std::string, std::string> env = {}) {
    arguments.insert(arguments.begin(), HACKERNEWS_PROGRAM);
    return mote::test::run(arguments, environment(std::move(env)), 30s);
}

class hn_program : public hn_live {
protected:
    std::unique_ptr<process> start_program(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{HACKERNEWS_PROGRAM, "--server", server->url(), "--api", api->url()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto started = std::make_unique<process>(arguments, environment());
        if (!started->wait_for_output("serving as "))
            throw std::runtime_error("hackernews did not start: " + started->output());
        return started;
    }

    /// A program that is connected again has sent its subscriptions, which the server has yet to read.
    std::string answer_when_somebody_listens(const std::string& subject) {
        const mote::test::deadline limit(20s);
        for (;;) {
            try {
                return client->request(subject).body;
            } catch (const boost::system::system_error& failed) {
                if (failed.code() != mote::nats::errc::no_responders || limit.passed()) throw;
            }
        }
    }

    /// Every story of the page is stored, and nothing was ever put twice, but the list so often.
    void expect_all_stored_once(std::size_t more_lists = 0) {
        std::set<std::string> expected{"hn_ids_latest"};
        for (const std::int64_t id : api->posts()) expected.insert(key_of(id));
        std::set<std::string> stored;
        for (const auto& [key, value] : client->values()) stored.insert(key);
        EXPECT_EQ(stored, expected);
        EXPECT_GE(client->puts(), expected.size());
        EXPECT_LE(client->puts(), expected.size() + more_lists);
    }

    mote::test::temp_dir directory;
};

TEST(hn_command_line, explains_a_wrong_use_and_exits_2) {
    const std::vector<std::vector<std::string>> wrong = {{"--nonsense"},
                                                         {"extra"},
                                                         {"--concurrency", "0"},
                                                         {"--concurrency", "1025"},
                                                         {"--concurrency", "x"},
                                                         {"--every", "abc"},
                                                         {"--every", "-1s"},
                                                         {"--every", "10ms"},
                                                         {"--api", "ftp://example.com"},
                                                         {"--api", "https://"},
                                                         {"--server"},
                                                         {"--server", "nats://:x:y"}};
    for (const auto& arguments : wrong) {
        const auto result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.err;
        EXPECT_FALSE(result.err.empty());
        EXPECT_TRUE(result.out.empty());
    }
    EXPECT_EQ(run_program({}, {{"HN_API", "nonsense"}}).exit_code, 2);
}

TEST(hn_command_line, shows_its_help_and_version) {
    const auto help = run_program({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const std::string option : {"--api", "HN_API", "--concurrency", "--every", "--server", "--context"})
        EXPECT_NE(help.out.find(option), std::string::npos) << option;
    const auto version = run_program({"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_EQ(version.out, "hackernews 1.0.0\n");
}

TEST(hn_command_line, exits_3_when_there_is_no_server) {
    const auto result = run_program({"-s", "nats://127.0.0.1:1"});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_NE(result.err.find("127.0.0.1:1"), std::string::npos) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_EQ(result.err.find('['), std::string::npos) << "the code of an exception: " << result.err;
    EXPECT_EQ(run_program({}, {{"NATS_URL", "nats://127.0.0.1:1"}}).exit_code, 3);
}

TEST_F(hn_live, as_a_program_says_that_jetstream_is_missing) {
    mote::test::nats_server_options options;
    options.jetstream = false;
    const mote::test::nats_server plain(options);
    const auto result = run_program({"-s", plain.url()});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.err.find("JetStream"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("--jetstream"), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("[mote."), std::string::npos) << result.err;
}

TEST_F(hn_live, as_a_program_exits_4_when_the_server_refuses_its_login) {
    mote::test::nats_server_options options;
    options.user = "someone";
    options.password = "secret";
    const mote::test::nats_server closed(options);
    const auto result = run_program({"-s", closed.url()});
    EXPECT_EQ(result.exit_code, 4) << result.err;
}

TEST_F(hn_program, finishes_all_that_it_received_on_sigterm) {
    auto& hn = serve(500, 200ms);
    const auto program = start_program();
    EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
    ASSERT_TRUE(hn.wait_for_item_requests(100));
    program->kill(SIGTERM);
    const auto ended = program->wait(60s);
    ASSERT_TRUE(ended) << program->output();
    EXPECT_EQ(ended->code, 0) << program->output();
    EXPECT_NE(program->err().find("finishing "), std::string::npos);
    // What it had it finished, what it had not is done by the next one.
    EXPECT_GE(client->values().size(), 64u);
    const auto next = start_program();
    ASSERT_TRUE(client->wait_until_processed());
    EXPECT_EQ(hn.item_requests(), hn.data().ids().size()) << "each item was asked for once";
    expect_all_stored_once();
}

TEST_F(hn_program, loses_no_id_and_stores_no_post_twice_when_instances_are_killed) {
    auto& hn = serve(300, 50ms);
    auto first = start_program();
    auto second = start_program();
    EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
    for (const std::size_t after : {50u, 120u, 200u}) {
        ASSERT_TRUE(hn.wait_for_item_requests(after));
        first->kill(SIGKILL);
        ASSERT_TRUE(first->wait(10s));
        first = std::move(second);
        second = start_program();
    }
    ASSERT_TRUE(client->wait_until_processed());
    expect_all_stored_once();
}

TEST_F(hn_program, loses_no_id_and_stores_no_post_twice_when_it_is_killed_while_it_fetches) {
    auto& hn = serve(300, 20ms);
    auto program = start_program();
    client->publish("hn.fetch.ids", "");
    ASSERT_TRUE(hn.wait_for_item_requests(1));
    program->kill(SIGKILL);
    ASSERT_TRUE(program->wait(10s));
    program = start_program();
    EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
    EXPECT_EQ(client->request("hn.fetch.list").body, hn.data().top_stories());
    ASSERT_TRUE(client->wait_until_processed());
    expect_all_stored_once(1);
}

TEST_F(hn_program, loses_no_id_and_stores_no_post_twice_when_the_server_is_killed) {
    auto& hn = serve(300, 50ms);
    const auto first = start_program();
    const auto second = start_program();
    EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
    for (const std::size_t after : {50u, 120u, 200u}) {
        ASSERT_TRUE(hn.wait_for_item_requests(after));
        server->kill();
        server->restart();
    }
    ASSERT_TRUE(client->wait_until_stored(hn.posts().size() + 1));
    expect_all_stored_once();
}

TEST_F(hn_program, ends_at_once_on_a_second_signal) {
    auto& hn = serve(50, 60s);
    const auto program = start_program();
    client->request("hn.fetch.ids");
    ASSERT_TRUE(hn.wait_for_item_requests(10));
    program->kill(SIGINT);
    ASSERT_TRUE(program->wait_for_output("finishing "));
    program->kill(SIGINT);
    const auto ended = program->wait(5s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
}

TEST_F(hn_program, ends_when_it_has_nothing_to_do) {
    serve(3);
    const auto program = start_program({"--concurrency", "8", "--every", "0"});
    program->kill(SIGINT);
    const auto ended = program->wait(10s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << program->output();
}

TEST_F(hn_program, takes_its_api_and_server_from_the_environment) {
    auto& hn = serve(3);
    const process program({HACKERNEWS_PROGRAM}, environment({{"NATS_URL", server->url()}, {"HN_API", hn.url() + "/"}}));
    ASSERT_TRUE(program.wait_for_output("serving as ")) << program.output();
    EXPECT_EQ(client->request("hn.fetch.ids").body, std::to_string(hn.data().ids().size()));
}

TEST_F(hn_program, keeps_its_buckets_in_the_jetstream_domain_that_it_is_told) {
    auto& hn = serve(3);
    mote::test::nats_server_options options;
    options.jetstream = false;
    options.config = "jetstream { domain: somewhere, store_dir: \"" + directory.path().string() +
                     "\", max_memory_store: 16MB, max_file_store: 64MB }\n";
    const mote::test::nats_server other(options);
    const process program({HACKERNEWS_PROGRAM, "-s", other.url(), "--api", hn.url(), "--js-domain", "somewhere"},
                          environment());
    ASSERT_TRUE(program.wait_for_output("serving as ")) << program.output();
    const auto lost = run_program({"-s", other.url(), "--api", hn.url(), "--js-domain", "elsewhere"});
    EXPECT_EQ(lost.exit_code, 1) << lost.err;
    EXPECT_NE(lost.err.find("JetStream"), std::string::npos) << lost.err;
}

TEST_F(hn_program, refreshes_by_itself) {
    auto& hn = serve(20);
    const auto program = start_program({"--every", "1s"});
    ASSERT_TRUE(hn.wait_for_item_requests(2 * hn.data().ids().size())) << program->output();
    EXPECT_EQ(program->terminate().code, 0) << program->output();
    EXPECT_EQ(client->objects().size(), 1u);
}

TEST_F(hn_program, comes_back_after_the_server_does) {
    auto& hn = serve(10);
    const auto program = start_program();
    server->kill();
    ASSERT_TRUE(program->wait_for_output("reconnecting"));
    server->restart();
    ASSERT_TRUE(program->wait_for_output("connected again"));
    EXPECT_EQ(answer_when_somebody_listens("hn.fetch.ids"), std::to_string(hn.data().ids().size()));
    EXPECT_EQ(program->terminate().code, 0) << program->output();
}

}  // namespace
}  // namespace hackernews::test
