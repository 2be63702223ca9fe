// `mote req --repeat` and `--rate`: the same again and again, and what became of it.

#include <tests/mote/ask/shop.hpp>

#include <tests/support/loopback.hpp>

#include <algorithm>
#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_req_repeat : public shop_live {
protected:
    /// `mote` beside the test.
    std::unique_ptr<process> start(std::vector<std::string> arguments) const {
        return std::make_unique<process>(command_environment::line(std::move(arguments)),
                                         environment.options({{"NATS_URL", server->url()}}));
    }
};

TEST_F(mote_req_repeat, prints_each_answer_and_then_what_became_of_all) {
    const auto result = mote({"req", "Shop", "price", "tea", "--repeat", "5"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "3\n3\n3\n3\n3\n");
    EXPECT_TRUE(result.err.starts_with("5 requests, 0 errors, ")) << result.err;
    for (const std::string part : {"/s\n", "min ", "avg ", "p50 ", "p99 ", "max "}) EXPECT_TRUE(has(result.err, part));
    EXPECT_EQ(first->log().prices, 5);
}

TEST_F(mote_req_repeat, is_lines_of_json_with_the_summary_last) {
    const auto result = mote({"req", "Shop", "price", "tea", "-n", "3", "--json"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    const auto summary_at = result.out.find("{\"summary\"");
    ASSERT_NE(summary_at, std::string::npos) << result.out;
    const auto summary = boost::json::parse(result.out.substr(summary_at)).at("summary");
    EXPECT_EQ(summary.at("requests"), 3);
    EXPECT_EQ(summary.at("errors"), 0);
    EXPECT_GE(summary.at("max").to_number<std::int64_t>(), summary.at("min").to_number<std::int64_t>());
    EXPECT_GT(summary.at("rate").to_number<double>(), 0);
    EXPECT_EQ(boost::json::parse(result.out.substr(0, result.out.find('\n'))).at("number"), 1);
}

TEST_F(mote_req_repeat, goes_on_after_a_service_error_and_exits_7) {
    const auto result = mote({"req", "Shop", "price", "milk", "--repeat", "3"});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_TRUE(has(result.err, "3 requests, 3 errors (3 404), "));
    EXPECT_EQ(first->log().prices, 3);
}

TEST_F(mote_req_repeat, goes_on_after_a_timeout_and_exits_6) {
    first->log().slow = true;
    const auto result = mote({"req", "shop.price", "tea", "--repeat", "2", "--timeout", "50ms"});
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(has(result.err, "mote: shop.price: no answer within 50ms\n"));
    EXPECT_TRUE(has(result.err, "2 requests, 2 errors (2 timeout), "));
}

TEST_F(mote_req_repeat, ends_with_5_where_nobody_listens) {
    const auto result = mote({"req", "nobody.here", "--repeat", "3"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_TRUE(is_one_line(result.err, {"nobody.here: no responders"}));
}

TEST_F(mote_req_repeat, keeps_the_rate) {
    const auto began = std::chrono::steady_clock::now();
    const auto result = mote({"req", "Shop", "price", "tea", "--repeat", "5", "--rate", "20/s"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "3\n3\n3\n3\n3\n");
    EXPECT_GE(std::chrono::steady_clock::now() - began, 4 * 50ms) << "four pauses between five requests";
}

TEST_F(mote_req_repeat, goes_on_at_its_rate_until_ctrl_c_which_exits_130_with_the_summary) {
    const auto started = start({"req", "Shop", "price", "tea", "--rate", "50/s"});
    ASSERT_TRUE(started->wait_for_output("3\n3\n3\n")) << started->output();
    started->kill(SIGINT);
    const auto ended = started->wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_TRUE(has(started->err(), " requests, 0 errors, "));
}

TEST_F(mote_req_repeat, is_interrupted_also_while_an_answer_is_waited_for) {
    first->log().slow = true;
    const auto started = start({"req", "Shop", "price", "tea", "--repeat", "1000000", "--timeout", "1h"});
    ASSERT_TRUE(started->wait_for_output("3\n"));
    started->kill(SIGINT);
    const auto ended = started->wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_TRUE(has(started->err(), "1 request, 0 errors"));
}

TEST_F(mote_req_repeat, ends_quietly_when_nobody_reads_any_more) {
    const std::string program = MOTE_PROGRAM;
    const auto result =
        run({"/bin/bash", "-c",
             "set -o pipefail; '" + program + "' req Shop price tea --repeat 1000000000 2>/dev/null | head -2"},
            environment.options({{"NATS_URL", server->url()}}));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "3\n3\n");
    EXPECT_EQ(result.err, "");
}

TEST_F(mote_req_repeat, tells_what_was_measured_when_the_server_goes_away) {
    const auto started = start({"req", "Shop", "price", "tea", "--rate", "100/s"});
    ASSERT_TRUE(started->wait_for_output("3\n"));
    server->kill();
    const auto ended = started->wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3) << started->err();
    EXPECT_TRUE(has(started->err(), "0 errors"));
    EXPECT_TRUE(has(started->err(), "mote: "));
}

TEST(mote_req_usage, of_rates_and_counts_that_are_none_exits_2) {
    const command_environment environment;
    const std::vector<std::vector<std::string>> wrong = {{"req", "a", "--rate", "fast"},
                                                         {"req", "a", "--rate", "0"},
                                                         {"req", "a", "--repeat", "0"},
                                                         {"req", "a", "--repeat", "-1"},
                                                         {"req", "a", "--repeat", "2", "--stream"},
                                                         {"req", "a", "--replies", "x"},
                                                         {"req", "a", "--replies", "1", "--rate", "1/s"},
                                                         {"req", "a", "--raw", "--json"},
                                                         {"req", "a", "--stall", "1s"},
                                                         {"req", "a", "--replies", "0", "--stall", "soon"},
                                                         {"req", "a", "--file"},
                                                         {"bench"},
                                                         {"bench", "a", "--in-flight", "0"},
                                                         {"bench", "a", "--in-flight", "65537"},
                                                         {"bench", "a", "--duration", "soon"},
                                                         {"bench", "a", "--duration", "0"},
                                                         {"bench", "a", "--count", "0"},
                                                         {"bench", "a", "--count", "1", "--duration", "1s"},
                                                         {"bench", "a", "--rate", "-1"},
                                                         {"bench", "a", "--size", "-1"},
                                                         {"bench", "a", "--csv", "-", "--json"},
                                                         {"bench", "a", "--warm-up", "soon"}};
    for (const auto& arguments : wrong) {
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.err;
        EXPECT_TRUE(is_one_line(result.err)) << testing::PrintToString(arguments);
        EXPECT_EQ(result.out, "");
    }
}

TEST(mote_req_usage, has_help_with_examples) {
    const command_environment environment;
    const auto req = environment.run({"req", "--help"});
    for (const std::string part : {"--all", "--repeat", "--rate", "--replies", "--stall", "--stream", "--flags",
                                   "--file", "--no-check", "Examples:", "mote req Shop order --id 3"})
        EXPECT_TRUE(has(req.out, part));
    const auto bench = environment.run({"bench", "--help"});
    for (const std::string part : {"--in-flight", "--clients", "--duration", "--count", "--msgs", "--warm-up", "--size",
                                   "--csv", "--no-progress", "Examples:"})
        EXPECT_TRUE(has(bench.out, part));
}

TEST(mote_req_usage, says_which_server_is_away) {
    const command_environment environment;
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_port());
    for (const std::vector<std::string>& command : {std::vector<std::string>{"req", "Shop", "price", "tea", "--all"},
                                                    {"req", "a", "--repeat", "2"},
                                                    {"req", "a", "--stream"},
                                                    {"bench", "a"}}) {
        const auto result = environment.run(command, {{"NATS_URL", "nats://" + nowhere}});
        EXPECT_EQ(result.exit_code, 3) << command.front();
        EXPECT_TRUE(is_one_line(result.err, {"cannot connect to " + nowhere, "NATS_URL"}));
        EXPECT_EQ(result.out, "");
    }
}

}  // namespace
}  // namespace mote::test
