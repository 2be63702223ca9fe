// mote::run, in a process of its own: signals, exit codes, one line for what went wrong.

#include <tests/micro/fake_collector.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/raw_frame.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <gtest/gtest.h>
#include <optional>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class run_test : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    static process_options environment(std::map<std::string, std::string> more = {}) {
        process_options options;
        options.env = std::move(more);
        // What the person who runs the tests has chosen is not what this is about.
        for (const auto* const name :
             {"NATS_URL", "NATS_CONTEXT", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "DRAIN_MS"})
            if (!options.env.contains(name)) options.unset.emplace_back(name);
        options.env["XDG_CONFIG_HOME"] = "/nonexistent";
        return options;
    }

    static nats_server_options without_jetstream() {
        nats_server_options options;
        options.jetstream = false;
        return options;
    }

    /// Waits until the service answers.
    static void expect_serving(const nats_server& server) {
        raw_client client(server.port());
        const deadline limit(20s);
        std::vector<std::string> frames;
        while (frames.empty() && !limit.passed()) {
            frames = client.request("echo", {}, "ready?", 1, 1s);
            if (!frames.empty() && frames.front().starts_with("HMSG")) frames.clear();  // nobody there yet
        }
        ASSERT_FALSE(frames.empty());
    }

    static std::size_t lines(const std::string& text) {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
};

TEST_F(run_test, serves_where_the_environment_says_and_ends_on_a_signal_with_0) {
    for (const int signal : {SIGTERM, SIGINT}) {
        nats_server server(without_jetstream());
        const process program({MOTE_TEST_RUN_PROGRAM}, environment({{"NATS_URL", server.url()}}));
        expect_serving(server);
        program.kill(signal);
        const auto ended = program.wait();
        ASSERT_TRUE(ended);
        EXPECT_EQ(ended->code, 0);
        EXPECT_EQ(program.out(), "done\nrun returned\n");
        EXPECT_EQ(program.err(), "");
    }
}

TEST_F(run_test, finishes_what_is_in_flight_before_it_ends) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    expect_serving(server);
    raw_client client(server.port());
    client.subscribe("answer");
    client.publish("slow", "300", {}, "answer");
    ASSERT_TRUE(program.wait_for_output("slow began"));
    program.kill(SIGTERM);
    EXPECT_EQ(parse_raw_frame(client.read_frame()).payload, "slow done");
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
}

TEST_F(run_test, goes_on_when_a_callback_throws_and_says_so) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    expect_serving(server);
    raw_client client(server.port());
    client.request("throws-later", {}, "", 1, 5s);
    expect_serving(server);
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
    EXPECT_EQ(program.err(), "Run: a callback threw: thrown from a callback\n");
}

TEST_F(run_test, sends_traces_to_the_collector_that_the_environment_names) {
    nats_server server(without_jetstream());
    boost::asio::io_context loop;
    const fake_collector collector(loop.get_executor());
    std::thread collecting([&loop] { loop.run(); });
    std::optional<exit_status> ended;
    {
        const process program(
            {MOTE_TEST_RUN_PROGRAM, server.url()},
            environment({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + std::to_string(collector.port())}}));
        expect_serving(server);
        program.kill(SIGTERM);
        ended = program.wait();
        EXPECT_EQ(program.err(), "");
    }
    loop.stop();
    collecting.join();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
    ASSERT_EQ(collector.requests().size(), 1U) << "sent before the end";
    EXPECT_EQ(collector.requests()[0].spans().at(0).at("name").as_string(), "Run/echo");
}

TEST_F(run_test, ends_at_once_on_a_second_signal_with_130) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    expect_serving(server);
    raw_client client(server.port());
    client.publish("slow", "3600000", {}, "nobody");
    ASSERT_TRUE(program.wait_for_output("slow began"));
    program.kill(SIGTERM);
    // The first signal has been seen when the service takes no more.
    const deadline limit(20s);
    while (!limit.passed() && !client.request("echo", {}, "", 1, 1s).at(0).starts_with("HMSG")) continue;
    EXPECT_TRUE(program.running());
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
}

TEST_F(run_test, without_an_eye_on_events_writes_what_the_server_refuses_and_not_a_line_for_each) {
    auto options = without_jetstream();
    options.config =
        "authorization { users = [ { user: s, password: p, permissions: { publish: { deny: [\"secret.>\"] },\n"
        "subscribe: { deny: [\"_MOTE.>\", \"mote.cancel.>\"] } } }, { user: all, password: p } ] }\n";
    nats_server server(options);
    const process program({MOTE_TEST_RUN_PROGRAM},
                          environment({{"NATS_URL", "nats://s:p@127.0.0.1:" + std::to_string(server.port())}}));
    raw_client_options everything;
    everything.user = "all";
    everything.password = "p";
    raw_client client(server.port(), everything);
    const deadline limit(20s);
    while (!limit.passed() && client.request("echo", {}, "ready?", 1, 1s).at(0).starts_with("HMSG")) continue;
    constexpr std::size_t times = 100;
    for (std::size_t i = 0; i < times; ++i) {
        client.publish("echo", "x", {}, "secret." + std::to_string(i));
        client.publish("echo", "x", "BROKEN\r\n\r\n", "fine");  // what none of its endpoints hears of
    }
    client.publish("slow", "0", "NATS/1.0\r\nMote-Cancel-Token: t\r\n\r\n", "fine");
    EXPECT_TRUE(server.wait_for_log("Subject \"mote.cancel.*\"", 60s));
    client.request("echo", {}, "all read?", 1, 30s);
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << program.err();
    const auto err = program.err();
    EXPECT_NE(err.find("echo: Permissions Violation for Publish to \"secret."), std::string::npos) << err;
    EXPECT_NE(err.find("Run: "), std::string::npos) << err;
    EXPECT_EQ(err.find("Subscription"), std::string::npos) << "nobody misses that one: " << err;
    EXPECT_LT(lines(err), times) << err;
}

TEST_F(run_test, serves_its_other_endpoints_when_a_work_queue_cannot_be_opened) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url(), "work"}, environment());
    expect_serving(server);
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << program.err();
    EXPECT_NE(program.err().find("process: cannot open the work queue: "), std::string::npos) << program.err();
}

TEST_F(run_test, says_that_it_could_not_drain_with_1) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment({{"DRAIN_MS", "50"}}));
    expect_serving(server);
    raw_client client(server.port());
    client.publish("slow", "3600000", {}, "nobody");
    ASSERT_TRUE(program.wait_for_output("slow began"));
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 1);
    EXPECT_NE(program.err().find("requests were still in flight"), std::string::npos) << program.err();
    EXPECT_EQ(lines(program.err()), 1U) << program.err();
    EXPECT_NE(program.out().find("run returned"), std::string::npos);
}

TEST_F(run_test, is_outlived_by_a_handler_on_another_thread_without_harm) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment({{"DRAIN_MS", "50"}}));
    expect_serving(server);
    raw_client client(server.port());
    client.publish("computes", "500", {}, "nobody");
    ASSERT_TRUE(program.wait_for_output("compute began"));
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 1) << program.err();
    EXPECT_EQ(lines(program.err()), 1U) << program.err();
}

TEST_F(run_test, says_that_no_server_could_be_reached_with_3) {
    const auto url = "nats://127.0.0.1:" + std::to_string(free_port());
    const process program({MOTE_TEST_RUN_PROGRAM, url}, environment());
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3);
    EXPECT_TRUE(program.err().starts_with("Run: ")) << program.err();
    EXPECT_NE(program.err().find("127.0.0.1:"), std::string::npos) << program.err();
    EXPECT_EQ(lines(program.err()), 1U) << program.err();
}

TEST_F(run_test, says_that_the_server_refused_the_credentials_with_4) {
    auto options = without_jetstream();
    options.user = "u";
    options.password = "right";
    nats_server server(options);
    const process program({MOTE_TEST_RUN_PROGRAM}, environment({{"NATS_URL", server.url()}}));
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 4);
    EXPECT_EQ(lines(program.err()), 1U) << program.err();
}

TEST_F(run_test, says_what_is_wrong_with_its_environment_with_1) {
    const process program({MOTE_TEST_RUN_PROGRAM}, environment({{"NATS_CONTEXT", "no-such-context"}}));
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 1);
    EXPECT_NE(program.err().find("no-such-context"), std::string::npos) << program.err();
}

TEST_F(run_test, can_be_interrupted_while_it_waits_for_a_server) {
    nats_server server(without_jetstream());
    tcp_proxy mute(server.port());
    mute.stall();
    const process program({MOTE_TEST_RUN_PROGRAM, "nats://127.0.0.1:" + std::to_string(mute.port()), "wait"},
                          environment());
    ASSERT_TRUE(mute.wait_until([](const auto& connections) { return !connections.empty(); }));
    program.kill(SIGINT);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_EQ(ended->signal, 0) << "it did not end by itself";
    EXPECT_EQ(program.out(), "run returned\n");
}

/// Answers the start of a service only when that has done the slow request that came meanwhile.
void slow_to_confirm(scripted_link& link, int) {
    link.greet();
    const auto subscribed = link.read_until("PING\r\n");
    const auto line = subscribed.substr(subscribed.find("SUB slow "));
    const auto end = line.find("\r\n");
    const auto sid = line.substr(line.rfind(' ', end) + 1, end - line.rfind(' ', end) - 1);
    link.send("MSG slow " + sid + " _R 4\r\n1500\r\n");
    link.read_until("slow done\r\n");
    link.send("PONG\r\n");
    for (auto more = link.read_some(); !more.empty(); more = link.read_some())
        for (auto at = more.find("PING\r\n"); at != std::string::npos; at = more.find("PING\r\n", at + 1))
            link.send("PONG\r\n");
}

TEST_F(run_test, answers_what_came_before_its_start_was_confirmed_and_a_signal_then_ends_it_well) {
    scripted_server server(slow_to_confirm);
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    ASSERT_TRUE(program.wait_for_output("slow began"));
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << program.err();
    EXPECT_EQ(ended->signal, 0) << "it did not end by itself";
}

TEST_F(run_test, ends_by_itself_when_the_connection_is_closed_for_good) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url(), "once"}, environment());
    expect_serving(server);
    server.kill();
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_NE(ended->code, 0);
    EXPECT_NE(program.err().find("the connection is closed"), std::string::npos) << program.err();
    EXPECT_NE(program.out().find("done"), std::string::npos);
}

TEST_F(run_test, goes_on_over_a_restart_of_the_server) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    expect_serving(server);
    server.kill();
    server.restart();
    expect_serving(server);
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
}

TEST_F(run_test, ends_soon_when_the_server_is_away_and_says_so) {
    nats_server server(without_jetstream());
    const process program({MOTE_TEST_RUN_PROGRAM, server.url()}, environment());
    expect_serving(server);
    server.kill();
    program.kill(SIGTERM);
    const auto ended = program.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3);
    EXPECT_EQ(lines(program.err()), 1U) << program.err();
    EXPECT_NE(program.out().find("done"), std::string::npos);
}

}  // namespace
}  // namespace mote::test
