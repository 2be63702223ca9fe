// A gateway that is called 500 times a second while the NATS server is killed and comes back.

#include <tests/gateway/steady_load.hpp>

namespace mote::test {
namespace {

constexpr auto time_out = 10s;

gateway::front_options with_time_out() {
    gateway::front_options opts;
    opts.services.timeout = time_out;
    return opts;
}

/// A run of which the answer is lost with the server is given up and tried again sooner than usual.
asio::awaitable<void> deploy_echo(front_world* here) {
    const std::string body = R"({"service":"echo","image":"functions/http-echo","envVars":{"exec_timeout":"5s"},)"
                             R"("annotations":{"com.openfaas.retry.min_wait":"250ms"}})";
    const auto deployed = co_await here->ask("POST", "/system/functions", body);
    EXPECT_EQ(deployed.status, 202) << deployed.body;
    const auto first = co_await here->ask("POST", "/function/echo", "first");
    EXPECT_EQ(first.status, 200) << first.body;
}

asio::awaitable<void> wait_for_right_answer(front_world* here) {
    http::response last;
    for (int i = 0; i < 1000 && last.status != 200; ++i) {
        last = co_await here->ask("POST", "/function/echo", "last");
        co_await pause_for(10ms);
    }
    EXPECT_EQ(last.body, "last");
}

/// On a machine that is slow the time may stretch in which so many are sent, and not without end.
void expect_full_rate(const steady_load& load, std::chrono::milliseconds time) {
    EXPECT_GE(load.elapsed(), time);
    EXPECT_LT(load.elapsed(), time * 5 + 30s);
    EXPECT_GE(load.sent(), steady_load::rate * static_cast<std::size_t>(time / 1ms) / 1000);
    EXPECT_GE(load.sent(), load.scheduled());
}

asio::awaitable<void> expect_all_answered(steady_load* load) {
    const bool all = co_await eventually([load] { return load->seen().running == 0; });
    EXPECT_TRUE(all) << load->seen().running << " hang";
    EXPECT_EQ(load->seen().wrong, std::vector<std::string>());
    EXPECT_LT(load->seen().longest, time_out + 30s);
}

/// The server is there for a second, away for one, and there again; after that the load has rested.
asio::awaitable<void> kill_and_restart(nats_server* server, steady_load* load) {
    co_await load->send_for(1s);
    expect_full_rate(*load, 1s);
    server->kill();
    co_await load->send_for(1s);
    expect_full_rate(*load, 2s);
    server->restart();
    co_await load->send_for(1s);
    expect_full_rate(*load, 3s);
    co_await expect_all_answered(load);
    EXPECT_EQ(load->seen().answered(), load->sent());
}

class front_load : public live_test {};

TEST_F(front_load, of_calls_while_the_server_is_killed_has_no_wrong_answer_and_no_hang) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server, with_time_out());
        co_await deploy_echo(here.get());
        steady_load load(
            *here,
            [url = here->url()](const std::string& text) {
                http::request asked("POST", url + "/function/echo");
                asked.body = text;
                asked.timeout = 60s;
                return asked;
            },
            [](const std::string& text, const http::response& answer) {
                return answer.status == 200 && answer.body == text;
            });
        co_await kill_and_restart(&server, &load);
        // What is asked while the server is away waits for it, so most are answered all the same.
        EXPECT_GT(load.seen().good.size(), 100U);
        EXPECT_GT(load.seen().good.size() * 4, load.sent());

        co_await wait_for_right_answer(here.get());
        load.start_anew();
        co_await load.send_for(1s);
        expect_full_rate(load, 1s);
        co_await expect_all_answered(&load);
        EXPECT_GT(load.seen().good.size() * 2, load.sent()) << "it is as it was";
        const auto list = co_await here->json("/system/functions");
        EXPECT_EQ(list.as_array().size(), 1U);
        here->failures.clear();
        co_await here->stop();
    });
}

/// The answers of the calls that were accepted: each its own.
asio::awaitable<void> expect_run(front_world* here, std::set<std::string> accepted) {
    const auto limit = std::chrono::steady_clock::now() + 80s;
    for (const auto& text : accepted) {
        http::response result;
        do {
            result = co_await here->ask("GET", "/async-function/call-" + text + "/result");
            if (result.status == 200) break;
            co_await pause_for(10ms);
        } while (std::chrono::steady_clock::now() < limit);
        EXPECT_EQ(result.status, 200) << text << ": " << result.body;
        EXPECT_EQ(result.body, text);
    }
}

TEST_F(front_load, of_queued_calls_while_the_server_is_killed_loses_none_that_was_accepted) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server, with_time_out());
        co_await deploy_echo(here.get());
        steady_load load(
            *here,
            [url = here->url()](const std::string& text) {
                http::request asked("POST", url + "/async-function/echo");
                asked.headers.emplace_back("X-Call-Id", "call-" + text);
                asked.body = text;
                asked.timeout = 60s;
                return asked;
            },
            [](const std::string&, const http::response& answer) { return answer.status == 202; });
        co_await kill_and_restart(&server, &load);
        EXPECT_GT(load.seen().good.size(), 100U);
        co_await wait_for_right_answer(here.get());
        co_await expect_run(here.get(), load.seen().good);
        here->failures.clear();
        co_await here->stop();
    });
}

}  // namespace
}  // namespace mote::test
