// Answers that a function breaks off, and those that a client does not wait for.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>

#include <mote/micro.hpp>

#include <array>

namespace mote::test {
namespace {

constexpr const char* broken_script = "echo first; sleep 71860.25\n";
// With the body at once a call goes without a coroutine of its own, piece by piece it has one.
constexpr std::array<bool, 2> piece_by_piece{false, true};

std::string call_of(const std::string& name, bool in_pieces) {
    const std::string body = broken_script;
    const auto head = "POST /function/" + name + " HTTP/1.1\r\nHost: x\r\n";
    if (!in_pieces) return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return head + "Transfer-Encoding: chunked\r\n\r\n1b\r\n" + body + "\r\n0\r\n\r\n";
}

asio::awaitable<std::string> scraped(front_world* here) {
    http::request asked("GET", "http://127.0.0.1:" + std::to_string(here->operations.port()) + "/metrics");
    const auto answer = co_await here->client.send(asked);
    co_return answer.body;
}

std::string total(const std::string& name, int code) {
    return "gateway_function_invocation_total{function_name=\"" + name + ".openfaas-fn\",code=\"" +
           std::to_string(code) + "\"} ";
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

micro::reply_stream<int> one_and_a_failure() {
    co_yield 1;
    throw micro::service_error(409, "no more of it");
}

micro::reply_stream<int> one_and_a_wait() {
    co_yield 1;
    co_await pause_for(1h);
}

micro::reply_stream<int> one_and_the_end() { co_yield 1; }

micro::endpoint_options broken_route(std::string path) {
    micro::endpoint_options opts;
    opts.metadata["http.route"] = "POST " + std::move(path);
    return opts;
}

micro::service_config broken_service() {
    micro::service_config config;
    config.name = "Broken";
    config.version = "1.0.0";
    return config;
}

// By both of their names, with an error at their end and with none in time.
constexpr std::array<const char*, 4> broken_streams{"/service/Broken/fails", "/broken/fails", "/service/Broken/waits",
                                                    "/broken/waits"};

std::string post_of(const std::string& path, const std::string& timeout) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Timeout: " + timeout +
           "\r\nContent-Length: 0\r\n\r\n";
}

/// Services are looked for now and then.
asio::awaitable<http::response> answer_of_route(front_world* here, std::string path) {
    http::response answer;
    for (int i = 0; i < 6000; ++i) {
        answer = co_await here->ask("POST", path);
        if (answer.status != 404) break;
        co_await pause_for(10ms);
    }
    co_return answer;
}

using front_broken = front_test;

TEST_F(front_broken, answers_of_a_function_count_as_its_failure_and_what_was_sent_stays) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("broken", "sh", R"(,"envVars":{"mode":"streaming","exec_timeout":"5s"})");
            for (const bool in_pieces : piece_by_piece) {
                auto peer = co_await raw_conversation::begin(here.server.port(), call_of("broken", in_pieces));
                const auto all = co_await peer.read_all();
                EXPECT_TRUE(all.starts_with("HTTP/1.1 200 ")) << all;
                EXPECT_TRUE(contains(all, "first\n")) << all;
                EXPECT_FALSE(contains(all, "\r\n0\r\n")) << "half of it is not the whole: " << all;
            }
            EXPECT_EQ(here.failures.size(), 2U);
            here.failures.clear();
            const auto counts = co_await scraped(&here);
            EXPECT_TRUE(contains(counts, total("broken", 502) + "2\n")) << counts;
            EXPECT_FALSE(contains(counts, total("broken", 499))) << counts;
            EXPECT_FALSE(contains(counts, total("broken", 200))) << counts;
        },
        opts);
    EXPECT_EQ(count_of(*accesses.text, R"("path":"/function/broken","status":502,)"), 2U) << *accesses.text;
}

TEST_F(front_broken, off_by_its_client_an_answer_is_no_failure_of_the_function) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("left", "sh", R"(,"envVars":{"mode":"streaming","exec_timeout":"1h"})");
        for (const bool in_pieces : piece_by_piece) {
            auto peer = co_await raw_conversation::begin(here.server.port(), call_of("left", in_pieces));
            const auto begun = co_await peer.read_until("first\n");
            EXPECT_TRUE(contains(begun, "first\n")) << begun;
            peer.close();
            const bool over = co_await eventually([&] { return here.server.in_flight() == 0; });
            EXPECT_TRUE(over);
        }
        here.failures.clear();
        const auto counts = co_await scraped(&here);
        EXPECT_TRUE(contains(counts, total("left", 499) + "2\n")) << counts;
        EXPECT_FALSE(contains(counts, total("left", 502))) << counts;
    });
}

TEST_F(front_broken, streams_of_a_service_are_logged_as_its_failure_and_what_was_sent_stays) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            micro::service service(broken_service());
            service.endpoint("fails", one_and_a_failure, broken_route("/broken/fails"));
            service.endpoint("waits", one_and_a_wait, broken_route("/broken/waits"));
            service.endpoint("left", one_and_a_wait, broken_route("/broken/left"));
            service.endpoint("ends", one_and_the_end, broken_route("/broken/ends"));
            co_await service.start(here.node_connection);
            const auto whole = co_await answer_of_route(&here, "/broken/ends");
            EXPECT_EQ(whole.body, "1\n");
            for (const std::string path : broken_streams) {
                const std::string timeout = path.ends_with("waits") ? "5s" : "1m";
                auto peer = co_await raw_conversation::begin(here.server.port(), post_of(path, timeout));
                const auto all = co_await peer.read_all();
                EXPECT_TRUE(all.starts_with("HTTP/1.1 200 ")) << path << ": " << all;
                EXPECT_TRUE(contains(all, "1\n")) << path << ": " << all;
                EXPECT_FALSE(contains(all, "\r\n0\r\n")) << path << ": half of it is not the whole: " << all;
            }
            EXPECT_EQ(here.failures.size(), broken_streams.size());
            auto left = co_await raw_conversation::begin(here.server.port(), post_of("/broken/left", "1h"));
            const auto begun = co_await left.read_until("1\n");
            EXPECT_TRUE(contains(begun, "1\n")) << begun;
            left.close();
            const bool over = co_await eventually([&] { return here.server.in_flight() == 0; });
            EXPECT_TRUE(over);
            here.failures.clear();
            co_await service.stop();
        },
        opts);
    for (const std::string path : broken_streams)
        EXPECT_EQ(count_of(*accesses.text, R"("path":")" + path + R"(","status":502,)"), 1U) << *accesses.text;
    EXPECT_EQ(count_of(*accesses.text, R"("path":"/broken/left","status":200,)"), 1U) << *accesses.text;
    EXPECT_EQ(count_of(*accesses.text, R"("path":"/broken/ends","status":200,)"), 1U) << *accesses.text;
}

}  // namespace
}  // namespace mote::test
