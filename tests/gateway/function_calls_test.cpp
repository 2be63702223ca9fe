// Functions asked by HTTP, over a real NATS server and real processes.

#include <tests/gateway/front_world.hpp>
#include <tests/support/processes.hpp>

#include <mote/functions/bundle_store.hpp>
#include <mote/micro/service.hpp>

#include <array>
#include <fstream>
#include <random>

namespace mote::test {
namespace {

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 6> methods{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
constexpr std::array<const char*, 8> unknown_paths{"/function/nothing",      "/function/",
                                                   "/function/.openfaas-fn", "/function/Upper",
                                                   "/function/a.b.c",        "/function/..%2fsystem/functions",
                                                   "/function/a%00b",        "/function/nothing.other-space"};
constexpr std::array<std::size_t, 7> sizes{0UL, 1UL, 65'536UL, 983'040UL, 983'041UL, 1'048'577UL, 20'000'000UL};
constexpr std::array<const char*, 3> words{"one-", "two-", "three"};
constexpr std::array<const char*, 6> durations{"30s", "1m30s", "1h", "1h0m0.5s", "20000ms", "9000000000ns"};
constexpr std::array<const char*, 6> no_durations{"0s", "-1s", "1 s", "5", "1d", "1e999s"};
constexpr std::array<const char*, 2> modes{"classic", "streaming"};
constexpr const char* trace_of = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

using function_calls_test = front_test;

std::string random_bytes(std::size_t size) {
    std::mt19937 chance(7);
    std::string bytes(size, '\0');
    for (auto& each : bytes) each = static_cast<char>(chance());
    return bytes;
}

TEST_F(function_calls_test, a_function_gets_what_http_says_and_answers_it) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        http::header_list headers{{"X-Thing", "7"},          {"X-Call-Id", "mine"},     {"Connection", "X-Private"},
                                  {"traceparent", trace_of}, {"tracestate", "a=1,b=2"}, {"X-Private", "1"}};
        const auto answer = co_await here.ask("PUT", "/function/env/a/b%20c?x=1&y=2", "body", headers);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const std::array<std::string, 8> lines{"Http_Method=PUT\n",
                                               "Http_Path=/a/b c\n",
                                               "Http_Query=x=1&y=2\n",
                                               "Http_X_Thing=7\n",
                                               "Http_X_Call_Id=mine\n",
                                               "Http_X_Forwarded_For=127.0.0.1\n",
                                               std::string("Http_Traceparent=") + trace_of + "\n",
                                               "Http_Tracestate=a=1,b=2\n"};
        for (const auto& line : lines) EXPECT_TRUE(contains(answer.body, line)) << line << "is not in\n" << answer.body;
        EXPECT_FALSE(contains(answer.body, "Private")) << answer.body;
        EXPECT_EQ(answer.header("X-Call-Id"), "mine");
        EXPECT_EQ(answer.header("X-Start-Time").value_or("").size(), 19U) << "nanoseconds";
        EXPECT_TRUE(answer.header("X-Duration-Seconds"));
        EXPECT_TRUE(answer.header("X-Served-By").value_or("").starts_with("mote/"));
    });
}

TEST_F(function_calls_test, a_client_that_does_not_say_what_it_is_comes_as_the_gateway) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        auto silent = co_await raw_conversation::begin(
            here.server.port(), "GET /function/env HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const auto by_default = co_await silent.read_all();
        EXPECT_TRUE(contains(by_default, "Http_User_Agent=mote-gateway/")) << by_default;
        const auto own = co_await here.ask("GET", "/function/env", {}, sent_with("User-Agent", "mine"));
        EXPECT_TRUE(contains(own.body, "Http_User_Agent=mine\n")) << own.body;
    });
}

TEST_F(function_calls_test, a_call_that_waited_has_the_trace_of_its_caller) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        http::header_list headers{{"traceparent", trace_of}, {"tracestate", "a=1,b=2"}, {"X-Call-Id", "traced"}};
        const auto accepted = co_await here.ask("POST", "/async-function/env", "x", headers);
        EXPECT_EQ(accepted.status, 202) << accepted.body;
        http::response answer;
        for (int i = 0; i < 2000 && answer.status != 200; ++i) {
            answer = co_await here.ask("GET", "/async-function/traced/result");
            co_await pause_for(10ms);
        }
        EXPECT_TRUE(contains(answer.body, std::string("Http_Traceparent=") + trace_of + "\n")) << answer.body;
        EXPECT_TRUE(contains(answer.body, "Http_Tracestate=a=1,b=2\n")) << answer.body;
    });
}

TEST_F(function_calls_test, every_method_and_namespace_reaches_it) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        for (const std::string method : methods) {
            const auto answer = co_await here.ask(method, "/function/env.openfaas-fn");
            EXPECT_EQ(answer.status, 200) << method;
            EXPECT_TRUE(contains(answer.body, "Http_Method=" + method + "\n")) << answer.body;
            EXPECT_EQ(answer.header("X-Call-Id").value_or("").size(), 36U);
        }
        const auto head = co_await here.ask("HEAD", "/function/env");
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.body, "");
    });
}

TEST_F(function_calls_test, what_is_not_there_is_404) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        for (const std::string path : unknown_paths) {
            const auto answer = co_await here.ask("POST", path, "x");
            EXPECT_EQ(answer.status, 404) << path;
            EXPECT_TRUE(answer.header("X-Call-Id")) << path;
            EXPECT_TRUE(answer.header("X-Served-By")) << path;
        }
        const auto asked = co_await here.ask("GET", "/function/nothing", {}, sent_with("X-Timeout", "soon"));
        EXPECT_EQ(asked.status, 400);
        EXPECT_TRUE(contains(asked.body, "X-Timeout")) << asked.body;
    });
}

TEST_F(function_calls_test, what_is_not_there_is_404_for_a_body_of_any_size) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const std::string body(2'000'000, 'x');
        const auto large = co_await here.ask("POST", "/function/nothing", body);
        EXPECT_EQ(large.status, 404);
        EXPECT_EQ(large.body, "there is no function nothing.openfaas-fn\n");
        EXPECT_TRUE(large.header("X-Call-Id"));
        const std::string head =
            "POST /function/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        auto chunked = co_await raw_conversation::begin(here.server.port(),
                                                        head + "100001\r\n" + body.substr(0, 0x100001) + "\r\n");
        const auto answer = co_await chunked.read_until("openfaas-fn\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << answer;
        EXPECT_TRUE(contains(answer, "there is no function nothing.openfaas-fn")) << answer;
        auto small = co_await raw_conversation::begin(here.server.port(), head + "1\r\nx\r\n0\r\n\r\n");
        const auto none = co_await small.read_all();
        EXPECT_TRUE(none.starts_with("HTTP/1.1 404 ")) << none;
    });
}

TEST_F(function_calls_test, bodies_of_any_size_and_content_come_back_as_they_went) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"envVars":{"mode":"streaming"})");
        for (const std::size_t size : sizes) {
            const auto body = random_bytes(size);
            const auto answer = co_await here.ask("POST", "/function/cat", body);
            EXPECT_EQ(answer.status, 200) << size;
            EXPECT_TRUE(answer.body == body) << size << " became " << answer.body.size();
        }
    });
}

TEST_F(function_calls_test, the_classic_mode_takes_a_large_body_too) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("count", "wc -c");
        const auto answer = co_await here.ask("POST", "/function/count", std::string(3'000'000, 'x'));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "3000000\n");
    });
}

TEST_F(function_calls_test, both_directions_flow_at_once) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"envVars":{"mode":"streaming"})");
        auto peer = co_await raw_conversation::begin(
            here.server.port(),
            "POST /function/cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        for (const std::string word : words) {
            co_await peer.send(std::to_string(word.size()) + "\r\n" + word + "\r\n");
            const auto so_far = co_await peer.read_until(word);
            EXPECT_TRUE(contains(so_far, word)) << so_far;
        }
        co_await peer.send("0\r\n\r\n");
        const auto all = co_await peer.read_all();
        EXPECT_TRUE(all.ends_with("0\r\n\r\n")) << all;
    });
}

TEST_F(function_calls_test, pieces_of_an_answer_are_sent_as_they_come) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("events", "sh", R"(,"envVars":{"mode":"streaming","content_type":"text/event-stream"})");
        const std::string script = "echo data: first; sleep 30; echo data: last\n";
        auto peer = co_await raw_conversation::begin(
            here.server.port(), "POST /function/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                                    std::to_string(script.size()) + "\r\n\r\n" + script);
        const auto began = std::chrono::steady_clock::now();
        const auto all = co_await peer.read_until("data: first");
        EXPECT_TRUE(contains(all, "Content-Type: text/event-stream")) << all;
        EXPECT_TRUE(contains(all, "data: first\n")) << all;
        EXPECT_LT(std::chrono::steady_clock::now() - began, 25s) << "not when it ended";
        peer.close();
    });
}

TEST_F(function_calls_test, a_client_that_goes_ends_the_work) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        for (const std::string mode : modes) {
            const auto mark = mode == "classic" ? "71830.25" : "71830.50";
            co_await here.deploy("sleep-" + mode, std::string("sleep ") + mark,
                                 R"(,"envVars":{"exec_timeout":"1h","mode":")" + mode + "\"}");
            auto peer = co_await raw_conversation::begin(
                here.server.port(), "GET /function/sleep-" + mode + " HTTP/1.1\r\nHost: x\r\n\r\n");
            const bool runs = co_await eventually([&] { return processes_with(mark) != 0; });
            EXPECT_TRUE(runs) << mode;
            peer.close();
            const bool ended = co_await eventually([&] { return processes_with(mark) == 0; });
            EXPECT_TRUE(ended) << mode;
        }
    });
}

TEST_F(function_calls_test, a_client_that_goes_does_not_end_another_call_of_the_same_id) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"envVars":{"mode":"streaming"})");
        const std::string head =
            "POST /function/cat HTTP/1.1\r\nHost: x\r\nX-Call-Id: same\r\nTransfer-Encoding: chunked\r\n\r\n";
        auto stays = co_await raw_conversation::begin(here.server.port(), head + "4\r\nhere\r\n");
        auto goes = co_await raw_conversation::begin(here.server.port(), head + "4\r\nthis\r\n");
        co_await stays.read_until("here");
        co_await goes.read_until("this");
        goes.close();
        co_await eventually([&] { return here.server.in_flight() == 1; });
        co_await here.connection.flush();
        co_await here.node_connection.flush();
        co_await stays.send("6\r\nstill-\r\n");
        const auto all = co_await stays.read_until("still-");
        EXPECT_TRUE(contains(all, "still-")) << all;
        co_await stays.send("0\r\n\r\n");
        co_await stays.read_until("0\r\n\r\n");
        stays.close();
    });
}

TEST_F(function_calls_test, a_time_out_is_504_and_ends_the_work) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("sleep", "sleep 71831.25", R"(,"envVars":{"exec_timeout":"1h"})");
        const auto answer = co_await here.ask("GET", "/function/sleep", {}, sent_with("X-Timeout", "300ms"));
        EXPECT_EQ(answer.status, 504) << answer.body;
        const bool ended = co_await eventually([] { return processes_with("71831.25") == 0; });
        EXPECT_TRUE(ended);
    });
}

TEST_F(function_calls_test, a_time_out_is_any_duration_of_go) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        for (const char* const text : durations) {
            const auto answer = co_await here.ask("POST", "/function/cat", "x", sent_with("X-Timeout", text));
            EXPECT_EQ(answer.status, 200) << text << ": " << answer.body;
        }
        for (const char* const text : no_durations) {
            const auto answer = co_await here.ask("POST", "/function/cat", "x", sent_with("X-Timeout", text));
            EXPECT_EQ(answer.status, 400) << text << ": " << answer.body;
        }
    });
}

TEST_F(function_calls_test, the_time_out_of_the_gateway_counts_where_the_client_asks_for_more) {
    gateway::front_options opts;
    opts.services.timeout = 300ms;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("sleep", "sleep 71832.25", R"(,"envVars":{"exec_timeout":"1h"})");
            const auto answer = co_await here.ask("GET", "/function/sleep", {}, sent_with("X-Timeout", "1m"));
            EXPECT_EQ(answer.status, 504) << answer.body;
        },
        opts);
}

TEST_F(function_calls_test, a_body_that_breaks_off_ends_the_work) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"envVars":{"mode":"streaming"})");
        auto peer = co_await raw_conversation::begin(
            here.server.port(),
            "POST /function/cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nwrong\r\n");
        const auto all = co_await peer.read_all();
        EXPECT_FALSE(all.ends_with("0\r\n\r\n")) << "not whole: " << all;
        const bool over = co_await eventually([&] { return here.server.in_flight() == 0; });
        EXPECT_TRUE(over);
    });
}

TEST_F(function_calls_test, a_micro_service_is_a_function_too) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service_config config;
        config.name = "teapot";
        config.version = "1.0.0";
        micro::service service(config);
        const auto on = [&service](const std::string& name, auto handler) {
            micro::endpoint_options opts;
            opts.subject = "fn.openfaas-fn." + name;
            service.endpoint(name, handler, opts);
        };
        on("plain", [](micro::request& asked) { asked.respond("got " + std::string(asked.data())); });
        on("moved", [](micro::request& asked) {
            nats::headers headers{{"Http-Status", "302"}, {"Location", "/elsewhere"}};
            asked.respond("", headers);
        });
        on("refuses", [](micro::request&) { throw micro::service_error(422, "no such tea"); });
        on("counts", []() -> micro::reply_stream<int> {
            for (int i = 1; i <= 3; ++i) co_yield i;
        });
        co_await service.start(here.node_connection);
        const auto plain = co_await here.ask("POST", "/function/plain", "tea", sent_with("Content-Type", "text/tea"));
        EXPECT_EQ(plain.status, 200);
        EXPECT_EQ(plain.body, "got tea");
        EXPECT_EQ(plain.header("Content-Type"), "text/tea");
        const auto moved = co_await here.ask("POST", "/function/moved");
        EXPECT_EQ(moved.status, 302);
        EXPECT_EQ(moved.header("Location"), "/elsewhere");
        const auto refused = co_await here.ask("POST", "/function/refuses");
        EXPECT_EQ(refused.status, 422);
        EXPECT_TRUE(contains(refused.body, "no such tea")) << refused.body;
        const auto counts = co_await here.ask("POST", "/function/counts");
        EXPECT_EQ(counts.status, 200);
        EXPECT_EQ(counts.body, "1\n2\n3\n");
        EXPECT_EQ(counts.header("Content-Type"), "application/x-ndjson");
        http::response large;
        for (int i = 0; i < 3000 && large.status != 413; ++i) {  // services are looked for now and then
            large = co_await here.ask("POST", "/function/plain", std::string(1'100'000, 'x'));
            co_await pause_for(20ms);
        }
        EXPECT_EQ(large.status, 413);
        EXPECT_TRUE(contains(large.body, "1048576")) << large.body;
        co_await service.stop();
    });
}

TEST_F(function_calls_test, a_body_that_a_function_of_its_own_could_not_get_is_413_whoever_says_that_it_is_one) {
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server, gateway::front_options(), false);
        const temp_dir bundle;
        std::ofstream(bundle.path() / "function.env") << "mode=micro\nfprocess=" MOTE_TEST_NODE_PROGRAM " micro\n";
        const auto bundles = co_await functions::bundle_store::open(js);
        const auto image = functions::image_name::parse("own");
        co_await bundles.push(image, bundle.path());
        const std::string body = R"({"service":"own","image":"own"})";
        const auto deployed = co_await here->ask("POST", "/system/functions", body);
        EXPECT_EQ(deployed.status, 202) << deployed.body;
        const auto small = co_await here->ask("POST", "/function/own", "small");
        EXPECT_TRUE(contains(small.body, "body=small\n")) << small.status << small.body;
        http::response large;
        for (int i = 0; i < 3000 && large.status != 413; ++i) {
            large = co_await here->ask("POST", "/function/own", std::string(2'000'000, 'x'));
            co_await pause_for(20ms);
        }
        EXPECT_EQ(large.status, 413) << "once the node has said what it is";
        co_await here->stop();
    });
}

TEST_F(function_calls_test, a_function_that_exists_but_has_no_node_is_503) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        const auto served = co_await here.ask("POST", "/function/cat", "x");
        EXPECT_EQ(served.status, 200);
        co_await here.node.stop(5s);
        const auto answer = co_await here.ask("POST", "/function/cat", "x");
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_TRUE(answer.header("Retry-After"));
        EXPECT_EQ(answer.header("X-OpenFaaS-Internal"), "proxy");
    });
}

TEST_F(function_calls_test, a_function_that_no_node_may_run_is_503_that_says_why) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("picky", "cat", R"(,"constraints":["node.platform.os==linux","disk == ssd"])");
        const auto answer = co_await here.ask("POST", "/function/picky", "x");
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_TRUE(contains(answer.body, "no node meets its constraints: node.platform.os==linux, disk == ssd"))
            << answer.body;
        EXPECT_TRUE(answer.header("Retry-After"));
        const auto shown = co_await here.json("/system/function/picky");
        EXPECT_TRUE(contains(std::string(shown.at("mote").at("trouble").as_string()), "disk == ssd")) << shown;
    });
}

}  // namespace
}  // namespace mote::test
