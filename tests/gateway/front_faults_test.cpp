// What a gateway does when NATS, a node or a disk lets it down, and when there are two of it.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/own_memory.hpp>

#include <tests/support/processes.hpp>

#include <mote/functions/async_queue.hpp>
#include <mote/nats/nuid.hpp>

#include <array>
#include <map>

namespace mote::test {
namespace {

class front_faults : public live_test {};

TEST_F(front_faults, a_full_queue_is_a_clear_503_and_keeps_what_it_has) {
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        functions::async_queue_options small;
        small.max_bytes = 64 * 1024;
        co_await functions::async_queue::open(js, small);  // one that is there stays as it is
        const auto here = co_await front_world::start(server);
        co_await here->deploy("cat", "cat");
        co_await here->pause("cat");
        http::response answer;
        answer.status = 202;
        int kept = 0;
        while (answer.status == 202 && kept < 100) {
            const auto id = sent_with("X-Call-Id", "call-" + std::to_string(kept));
            answer = co_await here->ask("POST", "/async-function/cat", std::string(10'000, 'x'), id);
            if (answer.status == 202) ++kept;
        }
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_TRUE(answer.header("Retry-After"));
        EXPECT_GT(kept, 2);
        const auto refused = co_await here->ask("GET", "/async-function/call-" + std::to_string(kept));
        EXPECT_EQ(refused.status, 404) << refused.body;
        co_await here->ask("PUT", "/system/function/cat/resume");
        for (int i = 0; i < kept; ++i) co_await here->comes_to("call-" + std::to_string(i), "done", 3000);
        co_await here->stop();
    });
}

/// Beside the one of a world.
struct second_gateway {
    explicit second_gateway(nats::connection opened)
        : connection(std::move(opened)),
          front(connection, gateway::front_options()),
          server(connection.executor(), {}, [this](http::exchange& asked) { return front.handle(asked); }) {}

    static asio::awaitable<std::shared_ptr<second_gateway>> start(nats_server& server) {
        auto opened = co_await connect_to(server);
        auto made = std::make_shared<second_gateway>(std::move(opened));
        co_await made->front.start();
        co_return made;
    }
    asio::awaitable<void> stop() {
        co_await front.stop();
        co_await server.stop(5s);
        connection.close();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()); }

    nats::connection connection;
    gateway::front front;
    http::server server;
};

TEST_F(front_faults, two_gateways_are_one) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const auto other = co_await second_gateway::start(server);
        for (int i = 0; i < 10; ++i) {
            const auto name = "f" + std::to_string(i);
            co_await here->deploy(name, "cat");
            http::request call("POST", other->url() + "/function/" + name);
            call.body = name;
            const auto answer = co_await here->client.send(call);
            EXPECT_EQ(answer.status, 200) << name << ": " << answer.body;
            EXPECT_EQ(answer.body, name);
        }
        co_await other->stop();
        co_await here->stop();
    });
}

/// What a gateway says of a queued call, once that is `wanted`.
asio::awaitable<boost::json::value> state_at(front_world* here, std::string at, std::string id, std::string wanted) {
    boost::json::value told;
    for (int tries = 0; tries < 2000; ++tries) {
        const auto answer = co_await here->client.send(http::request("GET", at + "/async-function/" + id));
        boost::json::error_code failed;
        told = boost::json::parse(answer.body, failed);
        if (answer.status == 200 && !failed && told.at("state") == boost::json::string_view(wanted)) break;
        co_await pause_for(10ms);
    }
    co_return told;
}

asio::awaitable<void> queue_at(front_world* here, std::string at, std::string function, std::string id) {
    http::request call("POST", at + "/async-function/" + function);
    call.headers.emplace_back("X-Call-Id", id);
    call.body = "echo done";
    const auto accepted = co_await here->client.send(call);
    EXPECT_EQ(accepted.status, 202) << accepted.body;
}

TEST_F(front_faults, a_call_that_one_gateway_queued_is_the_other_ones_too) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const auto other = co_await second_gateway::start(server);
        co_await here->deploy("shell", "sh");
        co_await here->deploy("sleep", "sleep 71870.25", R"(,"envVars":{"exec_timeout":"1h"})");
        co_await queue_at(here.get(), here->url(), "shell", "first");
        const auto told = co_await state_at(here.get(), other->url(), "first", "done");
        EXPECT_EQ(told.at("state"), "done") << told;
        const auto result =
            co_await here->client.send(http::request("GET", other->url() + "/async-function/first/result"));
        EXPECT_EQ(result.status, 200);
        EXPECT_EQ(result.body, "done\n");
        const auto lines = co_await here->client.send(http::request("GET", other->url() + "/system/logs?name=shell"));
        EXPECT_TRUE(contains(lines.body, "Forking fprocess.")) << lines.body;

        co_await queue_at(here.get(), here->url(), "sleep", "second");
        co_await state_at(here.get(), other->url(), "second", "running");
        const auto ended = co_await here->client.send(http::request("DELETE", other->url() + "/async-function/second"));
        EXPECT_EQ(ended.status, 202) << ended.body;
        const auto seen = co_await state_at(here.get(), here->url(), "second", "cancelled");
        EXPECT_EQ(seen.at("state"), "cancelled") << seen;
        const bool gone = co_await eventually([] { return processes_with("71870.25") == 0; });
        EXPECT_TRUE(gone);
        co_await other->stop();
        co_await here->stop();
    });
}

struct change {
    const char* method;
    const char* path;
    const char* body;
};
constexpr std::array<change, 4> changes{{
    {"POST", "/system/functions", R"({"service":"one","image":"functions/alpine","envProcess":"cat"})"},
    {"PUT", "/system/functions", R"({"service":"one","image":"functions/alpine","envProcess":"tac"})"},
    {"POST", "/system/scale-function/one", R"({"serviceName":"one","replicas":2})"},
    {"DELETE", "/system/functions", R"({"functionName":"one"})"},
}};

/// At the gateway of this address.
asio::awaitable<void> change_often(front_world* here, std::string at, const change* what, std::map<int, int>* seen,
                                   int* running) {
    for (int i = 0; i < 20; ++i) {
        http::request asked(what->method, at + what->path);
        asked.body = what->body;
        asked.timeout = 30s;
        const auto answer = co_await here->client.send(asked);
        ++(*seen)[answer.status];
    }
    --*running;
}

/// All changes at once at each of these gateways, until all are answered.
asio::awaitable<void> change_at_once(front_world* here, std::vector<std::string> gateways) {
    std::map<int, int> seen;
    int running = static_cast<int>(changes.size() * gateways.size());
    for (const auto& at : gateways)
        for (const auto& each : changes)
            asio::co_spawn(here->connection.executor(), change_often(here, at, &each, &seen, &running),
                           [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    const bool over = co_await eventually([&] { return running == 0; });
    EXPECT_TRUE(over);
    for (const auto& [status, count] : seen)
        EXPECT_TRUE(status == 202 || status == 200 || status == 400 || status == 404 || status == 409)
            << status << ": " << count;
    EXPECT_GT(seen[202], 0);
}

/// That it can be removed at one gateway, and be made and called at another.
asio::awaitable<void> expect_usable(front_world* here, std::string one, std::string other) {
    http::request removal("DELETE", one + changes[3].path);
    removal.body = changes[3].body;
    co_await here->client.send(removal);
    const auto gone = co_await here->client.send(http::request("GET", other + "/system/function/one"));
    EXPECT_EQ(gone.status, 404);
    http::request creation("POST", other + changes[0].path);
    creation.body = changes[0].body;
    const auto deployed = co_await here->client.send(creation);
    EXPECT_EQ(deployed.status, 202) << deployed.body;
    http::request call("POST", one + "/function/one");
    call.body = "works";
    const auto answer = co_await here->client.send(call);
    EXPECT_EQ(answer.body, "works");
}

TEST_F(front_faults, deploying_scaling_and_deleting_one_function_at_once_leaves_it_there_or_not) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const std::vector<std::string> gateways{here->url()};
        co_await change_at_once(here.get(), gateways);
        co_await expect_usable(here.get(), here->url(), here->url());
        co_await here->stop();
    });
}

/// What a gateway says a function is: its status, and what it runs.
asio::awaitable<std::string> what_is_said(front_world* here, std::string at) {
    const auto answer = co_await here->client.send(http::request("GET", at + "/system/function/one"));
    auto text = std::to_string(answer.status);
    if (answer.status == 200) {
        const auto told = boost::json::parse(answer.body);
        text += ' ' + boost::json::serialize(told.at("envProcess")) + boost::json::serialize(told.at("mote"));
    }
    co_return text;
}

TEST_F(front_faults, two_gateways_where_one_function_is_changed_at_once_agree) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const auto other = co_await second_gateway::start(server);
        const std::vector<std::string> gateways{here->url(), other->url()};
        co_await change_at_once(here.get(), gateways);
        std::string one = "one";
        std::string two = "two";
        for (int tries = 0; tries < 500 && one != two; ++tries) {
            one = co_await what_is_said(here.get(), here->url());
            two = co_await what_is_said(here.get(), other->url());
            co_await pause_for(10ms);
        }
        EXPECT_EQ(one, two);
        co_await expect_usable(here.get(), here->url(), other->url());
        co_await expect_usable(here.get(), other->url(), here->url());
        co_await other->stop();
        co_await here->stop();
    });
}

TEST_F(front_faults, an_answer_without_end_waits_for_its_client_and_ends_with_it) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const auto marker = "endless" + nats::next_nuid();
        co_await here->deploy("cat", "cat");
        co_await here->deploy("endless", "yes " + marker, R"(,"envVars":{"mode":"streaming"})");
        auto peer =
            co_await raw_conversation::begin(here->server.port(), "GET /function/endless HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto begun = co_await peer.read_until(marker);
        EXPECT_TRUE(contains(begun, "HTTP/1.1 200 OK")) << begun.substr(0, 300);
        const auto before = bytes_in_memory();
        const auto until = std::chrono::steady_clock::now() + 2s;
        while (std::chrono::steady_clock::now() < until) {
            const auto answer = co_await here->ask("POST", "/function/cat", "still here");
            EXPECT_EQ(answer.body, "still here");
        }
        // A function like this writes gigabytes in that time.
        EXPECT_LT(bytes_in_memory(), before + std::size_t{128} * 1024 * 1024 + kept_though_freed);
        EXPECT_GT(processes_with(marker), 0U);
        peer.close();
        const bool ended = co_await eventually([&] { return processes_with(marker) == 0; });
        EXPECT_TRUE(ended);
        co_await here->stop();
    });
}

TEST_F(front_faults, ends_while_a_body_is_on_its_way) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        co_await here->deploy("cat", "cat", R"(,"envVars":{"mode":"streaming"})");
        const std::string head =
            "POST /function/cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n";
        auto peer = co_await raw_conversation::begin(here->server.port(), head);
        const auto so_far = co_await peer.read_until("begun");
        EXPECT_TRUE(contains(so_far, "begun")) << so_far;
        co_await here->front.stop();  // throws nothing, so that all else is stopped, too
        peer.close();
        co_await here->stop();
    });
}

}  // namespace
}  // namespace mote::test
