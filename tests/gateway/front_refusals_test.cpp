// What a gateway answers before anybody is asked: preflights, and what its listener or the gateway itself refuses.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>
#include <tests/gateway/prometheus_reader.hpp>

#include <algorithm>

namespace mote::test {
namespace {

using front_refusals = front_test;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 3> names_of_functions{"/async-function/cat.openfaas-fn", "/async-function/cat/path",
                                                        "/async-function/cat/"};

/// The lines of an access log about that path; each has to be JSON.
std::vector<boost::json::object> lines_about(const std::string& log, std::string_view path) {
    std::vector<boost::json::object> found;
    std::string_view rest = log;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size() - 1);
        boost::json::error_code failed;
        const auto line = boost::json::parse(boost::json::string_view(rest.data(), end), failed);
        EXPECT_FALSE(failed) << rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (failed) continue;
        const auto* const its = line.as_object().if_contains("path");
        if (its == nullptr ? path.empty() : its->as_string() == path) found.push_back(line.as_object());
    }
    return found;
}

/// The only line about that path.
boost::json::object line_about(const std::string& log, std::string_view path) {
    const auto all = lines_about(log, path);
    EXPECT_EQ(all.size(), 1U) << path << " in\n" << log;
    return all.empty() ? boost::json::object() : all.front();
}

std::size_t body_size_in(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? 0 : answer.size() - end - 4;
}

TEST_F(front_refusals, a_preflight_says_what_a_page_may_send_and_is_written_down) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.cors.origins = {"https://example.org"};
    opts.access_log = accesses.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto from = sent_with("Origin", "https://example.org", "Access-Control-Request-Method", "PUT",
                                        "Access-Control-Request-Headers", "content-type");
            const auto answer = co_await here.ask("OPTIONS", "/function/cat?secret=1", {}, from);
            EXPECT_EQ(answer.status, 204);
            EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://example.org");
            EXPECT_EQ(answer.header("Access-Control-Allow-Methods"), "GET, HEAD, POST, PUT, PATCH, DELETE");
            EXPECT_EQ(answer.header("Access-Control-Allow-Headers"), "Authorization, Content-Type, X-Call-Id");
            EXPECT_EQ(answer.header("Access-Control-Max-Age"), "600");
            EXPECT_FALSE(answer.header("Access-Control-Expose-Headers")) << "is for the answer that follows";
            EXPECT_EQ(answer.header("X-Call-Id").value_or("").size(), 36U);
            const auto other = sent_with("Origin", "https://other.org", "Access-Control-Request-Method", "PUT");
            const auto refused = co_await here.ask("OPTIONS", "/system/functions", {}, other);
            EXPECT_EQ(refused.status, 204);
            EXPECT_FALSE(refused.header("Access-Control-Allow-Origin"));
            EXPECT_FALSE(refused.header("Access-Control-Allow-Methods"));
        },
        opts);
    const auto line = line_about(*accesses.text, "/function/cat");
    EXPECT_EQ(line.at("method"), "OPTIONS");
    EXPECT_EQ(line.at("status"), 204);
    EXPECT_EQ(line.at("function"), "cat.openfaas-fn");
    EXPECT_EQ(line_about(*accesses.text, "/system/functions").at("status"), 204);
    EXPECT_FALSE(contains(*accesses.text, "secret")) << *accesses.text;
}

TEST_F(front_refusals, of_a_method_name_those_that_a_queued_call_takes) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const auto put = co_await here.ask("PUT", "/async-function/some-call", "x");
        EXPECT_EQ(put.status, 405);
        EXPECT_EQ(put.header("Allow"), "GET, HEAD, POST, DELETE");
        const auto options = co_await here.ask("OPTIONS", "/async-function/some-call");
        EXPECT_EQ(options.status, 405);
        EXPECT_EQ(options.header("Allow"), "GET, HEAD, POST, DELETE");
        const auto of_result = co_await here.ask("DELETE", "/async-function/some-call/result");
        EXPECT_EQ(of_result.status, 405);
        EXPECT_EQ(of_result.header("Allow"), "GET, HEAD, POST");
        EXPECT_TRUE(of_result.header("X-Call-Id"));
        // What can only be the name of a function is no call that is not there.
        for (const std::string path : names_of_functions) {
            const auto read = co_await here.ask("GET", path);
            EXPECT_EQ(read.status, 405) << path << ": " << read.body;
            EXPECT_EQ(read.header("Allow"), "POST") << path;
        }
        const auto put_function = co_await here.ask("PUT", "/async-function/cat.openfaas-fn", "x");
        EXPECT_EQ(put_function.status, 405);
        EXPECT_EQ(put_function.header("Allow"), "POST");
        const auto neither = co_await here.ask("GET", "/async-function/a_b/c");
        EXPECT_EQ(neither.status, 404);
    });
}

TEST_F(front_refusals, and_looks_at_a_queued_call_are_about_no_function_of_its_id) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto queued = co_await here.ask("POST", "/async-function/cat", "x");
            EXPECT_EQ(queued.status, 404);
            const auto looked = co_await here.ask("GET", "/async-function/some-call");
            EXPECT_EQ(looked.status, 404);
            const auto cancelled = co_await here.ask("DELETE", "/async-function/other-call");
            EXPECT_EQ(cancelled.status, 404);
        },
        opts);
    EXPECT_EQ(line_about(*accesses.text, "/async-function/cat").at("function"), "cat.openfaas-fn");
    EXPECT_FALSE(line_about(*accesses.text, "/async-function/some-call").contains("function")) << *accesses.text;
    EXPECT_FALSE(line_about(*accesses.text, "/async-function/other-call").contains("function")) << *accesses.text;
}

/// The whole answer to what is sent on a connection of its own.
asio::awaitable<std::string> answer_to_bytes(front_world* here, std::string bytes) {
    auto peer = co_await raw_conversation::begin(here->server.port(), std::move(bytes));
    auto all = co_await peer.read_all();
    co_return all;
}

TEST_F(front_refusals, of_the_listener_are_written_down_and_counted) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    const auto sizes = std::make_shared<std::vector<std::size_t>>();
    with_front(
        [sizes](front_world& here) -> asio::awaitable<void> {
            const std::string head = "X-Call-Id: mine\r\nUser-Agent: a\"\\\x9b\xc2\x9b\r\n";
            const auto hostless =
                co_await answer_to_bytes(&here, "GET /function/cat?secret=1 HTTP/1.1\r\n" + head + "\r\n");
            EXPECT_TRUE(hostless.starts_with("HTTP/1.1 400 ")) << hostless;
            const auto coded =
                co_await answer_to_bytes(&here, "PUT /coded HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n");
            EXPECT_TRUE(coded.starts_with("HTTP/1.1 501 ")) << coded;
            const auto large = co_await answer_to_bytes(
                &here, "GET /large HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(9000, 'x') + "\r\n\r\n");
            EXPECT_TRUE(large.starts_with("HTTP/1.1 431 ")) << large;
            const auto odd = co_await answer_to_bytes(&here, "\x1b[2J\x07 /a\x9b HTTP/1.1\r\n\r\n");
            EXPECT_TRUE(odd.starts_with("HTTP/1.1 400 ")) << odd;
            for (const auto& each : {&hostless, &coded, &large, &odd}) sizes->push_back(body_size_in(*each));
            http::request asked("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics");
            const auto answer = co_await here.client.send(asked);
            const auto read = read_prometheus(answer.body);
            EXPECT_EQ(read.error, "");
            EXPECT_EQ(read.samples.at(R"(mote_gateway_requests_refused_total{code="400"})"), 2);
            EXPECT_EQ(read.samples.at(R"(mote_gateway_requests_refused_total{code="501"})"), 1);
            EXPECT_EQ(read.samples.at(R"(mote_gateway_requests_refused_total{code="431"})"), 1);
        },
        opts);
    const auto hostless = line_about(*accesses.text, "/function/cat");
    EXPECT_EQ(hostless.at("peer"), "127.0.0.1");
    EXPECT_EQ(hostless.at("method"), "GET");
    EXPECT_EQ(hostless.at("status"), 400);
    EXPECT_EQ(hostless.at("reason"), "no Host");
    EXPECT_EQ(hostless.at("function"), "cat.openfaas-fn");
    EXPECT_EQ(hostless.at("call_id"), "mine");
    EXPECT_EQ(hostless.at("bytes_out"), sizes->at(0));
    const auto coded = line_about(*accesses.text, "/coded");
    EXPECT_EQ(coded.at("status"), 501);
    EXPECT_EQ(coded.at("method"), "PUT");
    EXPECT_EQ(coded.at("reason"), "only the transfer coding chunked is known");
    EXPECT_EQ(coded.at("bytes_out"), sizes->at(1));
    EXPECT_EQ(line_about(*accesses.text, "/large").at("status"), 431);
    EXPECT_EQ(line_about(*accesses.text, "/large").at("bytes_out"), sizes->at(2));
    const auto odd = line_about(*accesses.text, "");
    EXPECT_EQ(odd.at("status"), 400);
    EXPECT_EQ(odd.at("reason"), "the method is not a token");
    EXPECT_FALSE(odd.contains("method")) << "it is none";
    EXPECT_FALSE(contains(*accesses.text, "secret")) << *accesses.text;
    const auto unsafe =
        std::ranges::count_if(*accesses.text, [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; });
    EXPECT_EQ(unsafe, 0) << *accesses.text;
    EXPECT_FALSE(contains(*accesses.text, "\xc2\x9b")) << "a terminal obeys it: " << *accesses.text;
}

TEST_F(front_refusals, of_the_gateway_itself_are_as_long_in_the_log_as_they_were) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    const auto sizes = std::make_shared<std::vector<std::size_t>>();
    with_front(
        [sizes](front_world& here) -> asio::awaitable<void> {
            const auto nothing = co_await answer_to_bytes(
                &here, "POST //system/functions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            EXPECT_TRUE(nothing.starts_with("HTTP/1.1 404 ")) << nothing;
            EXPECT_TRUE(nothing.ends_with("\r\n\r\n404 Not Found: nothing is here\n")) << nothing;
            const auto large = co_await answer_to_bytes(
                &here, "POST /system/functions HTTP/1.1\r\nHost: x\r\nContent-Length: 70000000\r\n\r\n");
            EXPECT_TRUE(large.starts_with("HTTP/1.1 413 ")) << large;
            for (const auto& each : {&nothing, &large}) sizes->push_back(body_size_in(*each));
        },
        opts);
    EXPECT_GT(sizes->at(0), 0U);
    EXPECT_EQ(line_about(*accesses.text, "//system/functions").at("bytes_out"), sizes->at(0));
    EXPECT_EQ(line_about(*accesses.text, "//system/functions").at("status"), 404);
    EXPECT_GT(sizes->at(1), 0U);
    EXPECT_EQ(line_about(*accesses.text, "/system/functions").at("bytes_out"), sizes->at(1));
    EXPECT_EQ(line_about(*accesses.text, "/system/functions").at("status"), 413);
}

}  // namespace
}  // namespace mote::test
