// `mote ping` in rounds: times and losses.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_ping : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances) {
        services.push_back(std::make_unique<raw_services>(server->port(), answers_of(instances)));
    }

    std::vector<std::unique_ptr<raw_services>> services;
};

TEST_F(mote_ping, asks_as_often_as_it_is_told_and_sums_up) {
    serve({usual_instance("Orders", "o1"), usual_instance("Billing", "b1")});
    const auto result = mote({"ping", "--count", "3", "--interval", "100ms"});
    EXPECT_EQ(result.exit_code, 0);
    const auto shown = cells(result.out);
    ASSERT_EQ(shown.size(), 3U);
    EXPECT_EQ(shown[0], (std::vector<std::string>{"Name", "ID", "Sent", "Received", "Loss", "Min", "Avg", "Max"}));
    EXPECT_EQ((std::vector<std::string>(shown[1].begin(), shown[1].begin() + 5)),
              (std::vector<std::string>{"Billing", "b1", "3", "3", "0%"}));
    EXPECT_TRUE(
        is_one_line("mote: " + result.err, {"2 instances, 3 rounds, 6 sent, 6 received, 0% loss, rtt min/avg/max "}));
}

TEST_F(mote_ping, is_an_array_of_json) {
    serve({usual_instance("Orders", "o1")});
    const auto array = parse_array(mote({"ping", "Orders", "--count=2", "--interval", "100ms", "--json"}).out);
    ASSERT_EQ(array.size(), 1U);
    EXPECT_EQ(text_at(array[0], "id"), "o1");
    EXPECT_EQ(array[0].at("sent").to_number<int>(), 2);
    EXPECT_EQ(array[0].at("received").to_number<int>(), 2);
    const auto time = [&](const char* name) { return array[0].at(name).to_number<std::int64_t>(); };
    EXPECT_GT(time("rtt_min"), 0);
    EXPECT_LE(time("rtt_min"), time("rtt_avg"));
    EXPECT_LE(time("rtt_avg"), time("rtt_max"));
}

TEST_F(mote_ping, goes_on_until_it_is_interrupted_and_tells_what_was_lost) {
    serve({usual_instance("Orders", "o1")});
    serve({usual_instance("Orders", "o2")});
    pty_process pinging(command_environment::line({"ping", "--count", "0", "--interval", "100ms", "--color=never"}),
                        environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(pinging.wait_for_output("round 2: 2 instances", 30s)) << pinging.text();
    services.pop_back();
    ASSERT_TRUE(pinging.wait_for_output(": 1 instance, rtt", 30s)) << pinging.text();
    services.pop_back();
    ASSERT_TRUE(pinging.wait_for_output(": 0 instances", 30s)) << pinging.text();
    pinging.type("\x03");
    const auto ended = pinging.wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << "there is no other end";
    EXPECT_TRUE(has(pinging.text(), "Sent  Received"));
    EXPECT_TRUE(has(pinging.text(), "% loss, rtt min/avg/max"));
    EXPECT_TRUE(has_not(pinging.text(), " 0% loss"));
}

TEST_F(mote_ping, that_is_interrupted_before_its_count_is_exit_130_with_what_it_has) {
    serve({usual_instance("Orders", "o1")});
    pty_process pinging(command_environment::line({"ping", "--count", "1000", "--interval", "1h"}),
                        environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(pinging.wait_for_output("round 1: 1 instance", 30s)) << pinging.text();
    ASSERT_EQ(::kill(pinging.pid(), SIGTERM), 0);
    const auto ended = pinging.wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_TRUE(has(pinging.text(), "1 instance, 1 round, 1 sent, 1 received, 0% loss, rtt min/avg/max "));
}

TEST_F(mote_ping, takes_no_interval_that_is_none) {
    for (const std::string bad : {"0", "1ms", "x"}) {
        const auto result = mote({"ping", "--interval", bad});
        EXPECT_EQ(result.exit_code, 2);
        EXPECT_TRUE(is_one_line(result.err, {"--interval", bad}));
    }
    EXPECT_EQ(mote({"ping", "--count", "-1"}).exit_code, 2);
}

}  // namespace
}  // namespace mote::test
