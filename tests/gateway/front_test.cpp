// What a gateway has besides the calls: who may ask, what it counts and writes down, and asynchronous calls.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>
#include <tests/support/processes.hpp>

#include <mote/gateway/credentials.hpp>
#include <mote/micro.hpp>
#include <mote/process/control_group.hpp>

#include <array>

namespace mote::test {
namespace {

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 3> large_paths{"/async-function/cat", "/function/own", "/service/Echo/echo"};
constexpr std::array<const char*, 4> metric_lines{
    "gateway_function_invocation_total{function_name=\"cat.openfaas-fn\",code=\"200\"} 3\n",
    "gateway_function_invocation_started{function_name=\"cat.openfaas-fn\"} 3\n",
    "gateway_service_count{function_name=\"cat.openfaas-fn\"} 1\n",
    "http_requests_total{code=\"202\",method=\"POST\"} 1\n"};

using live_front = front_test;

TEST_F(live_front, asks_for_credentials_where_they_are_needed) {
    const temp_dir directory;
    const auto place = directory.path() / "credentials";
    gateway::make_credentials(place);
    const auto known = gateway::read_credentials(place);
    gateway::front_options opts;
    opts.credentials = place;
    with_front(
        [known](front_world& here) -> asio::awaitable<void> {
            const auto refused = co_await here.ask("GET", "/system/functions");
            EXPECT_EQ(refused.status, 401);
            EXPECT_EQ(refused.header("WWW-Authenticate"), "Basic realm=\"Restricted\"");
            const auto known_by = sent_with("Authorization", basic_login(known.user, known.password));
            const auto let_in = co_await here.ask("GET", "/system/functions", {}, known_by);
            EXPECT_EQ(let_in.status, 200);
            EXPECT_EQ(let_in.body, "[]");
            const auto deployed =
                co_await here.ask("POST", "/system/functions",
                                  R"({"service":"env","image":"functions/alpine","envProcess":"env"})", known_by);
            EXPECT_EQ(deployed.status, 202) << deployed.body;
            const auto open =
                co_await here.ask("POST", "/function/env", "x", sent_with("Authorization", "Bearer for-the-function"));
            EXPECT_EQ(open.status, 200);
            EXPECT_TRUE(contains(open.body, "Bearer for-the-function")) << "is the function's own";
        },
        opts);
    opts.protect_functions = true;
    with_front(
        [known](front_world& here) -> asio::awaitable<void> {
            const auto known_by = sent_with("authorization", basic_login(known.user, known.password));
            const auto deployed =
                co_await here.ask("POST", "/system/functions",
                                  R"({"service":"env","image":"functions/alpine","envProcess":"env"})", known_by);
            EXPECT_EQ(deployed.status, 202) << deployed.body;
            const auto refused = co_await here.ask("POST", "/function/env", "x");
            EXPECT_EQ(refused.status, 401);
            const auto let_in = co_await here.ask("POST", "/function/env", "x", known_by);
            EXPECT_EQ(let_in.status, 200);
            EXPECT_FALSE(contains(let_in.body, "Authorization")) << "the function does not get the gateway's password";
            const auto healthy = co_await here.ask("GET", "/healthz");
            EXPECT_EQ(healthy.status, 200);
        },
        opts);
}

TEST_F(live_front, counts_and_writes_down_what_it_answered) {
    const kept_log accesses;
    const kept_log changes;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    opts.audit_log = changes.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("cat", "cat");
            for (int i = 0; i < 3; ++i) co_await here.ask("POST", "/function/cat?secret=1", "abc");
            http::request asked("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics");
            const auto metrics = co_await here.client.send(asked);
            EXPECT_EQ(metrics.status, 200);
            for (const std::string line : metric_lines)
                EXPECT_TRUE(contains(metrics.body, line)) << line << " is not in\n" << metrics.body;
            const std::string used = "{function_name=\"cat.openfaas-fn\",namespace=\"openfaas-fn\"} ";
            const bool is_measured = mote::process::control_group_kind() != "rlimits";
            bool told = false;  // with what the node says next of itself
            for (int i = 0; i < 1000 && is_measured && !told; ++i) {
                const auto later = co_await here.client.send(asked);
                told = contains(later.body, "pod_memory_working_set_bytes" + used) &&
                       contains(later.body, "pod_cpu_usage_seconds_total" + used);
                co_await pause_for(10ms);
            }
            EXPECT_EQ(told, is_measured);
            asked.url = "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/healthz";
            const auto healthy = co_await here.client.send(asked);
            EXPECT_EQ(healthy.status, 200);
            const auto list = co_await here.json("/system/functions");
            EXPECT_EQ(list.at(0).at("invocationCount").to_number<int>(), 3);
        },
        opts);
    EXPECT_TRUE(contains(*accesses.text, R"("path":"/function/cat","status":200,"bytes_in":3,"bytes_out":3)"))
        << *accesses.text;
    EXPECT_TRUE(contains(*accesses.text, R"("function":"cat.openfaas-fn")")) << *accesses.text;
    EXPECT_FALSE(contains(*accesses.text, "secret")) << *accesses.text;
    EXPECT_TRUE(contains(*changes.text, R"("audit":"function.deploy","object":"cat.openfaas-fn")")) << *changes.text;
}

TEST_F(live_front, tells_whoever_watches_over_it_that_it_is_well_and_writes_that_down) {
    const kept_log accesses;
    for (const bool across : {false, true}) {  // with CORS it goes another way
        gateway::front_options opts;
        opts.access_log = accesses.sink();
        if (across) opts.cors.origins = {"*"};
        with_front(
            [](front_world& here) -> asio::awaitable<void> {
                const auto got = co_await here.ask("GET", "/healthz");
                EXPECT_EQ(got.status, 200);
                EXPECT_EQ(got.body, "ok\n");
                const auto head = co_await here.ask("HEAD", "/healthz");
                EXPECT_EQ(head.status, 200);
                EXPECT_EQ(head.body, "");
                const auto posted = co_await here.ask("POST", "/healthz", "x");
                EXPECT_EQ(posted.status, 404);
                const auto other = co_await here.ask("GET", "/healthz/more");
                EXPECT_EQ(other.status, 404);
            },
            opts);
        for (const std::string method : {"GET", "HEAD"})
            EXPECT_TRUE(contains(*accesses.text, "\"method\":\"" + method + R"(","path":"/healthz","status":200,)"))
                << *accesses.text;
        accesses.text->clear();
    }
}

TEST_F(live_front, writes_no_secret_down_wherever_it_was_sent) {
    const temp_dir directory;
    const auto place = directory.path() / "credentials";
    gateway::make_credentials(place);
    const auto known = gateway::read_credentials(place);
    const kept_log accesses;
    const kept_log changes;
    const auto notes = std::make_shared<std::string>();
    gateway::front_options opts;
    opts.credentials = place;
    opts.access_log = accesses.sink();
    opts.audit_log = changes.sink();
    opts.on_note = [notes](std::string_view text) { notes->append(text).append("\n"); };
    const auto right = basic_login(known.user, known.password);
    with_front(
        [right](front_world& here) -> asio::awaitable<void> {
            const auto by_right =
                sent_with("Authorization", right, "X-Api-Key", "hidden-header", "Cookie", "hidden-cookie");
            const auto by_wrong = sent_with("Authorization", basic_login("admin", "hidden-guess"));
            const auto by_token = sent_with("Authorization", "Bearer hidden-token");
            const auto made = co_await here.ask("POST", "/system/secrets?x=hidden-query",
                                                R"({"name":"key","value":"hidden-value"})", by_right);
            EXPECT_EQ(made.status, 201) << made.body;
            const auto guessed = co_await here.ask("POST", "/system/secrets", "{}", by_wrong);
            EXPECT_EQ(guessed.status, 401);
            const auto other = co_await here.ask("GET", "/system/functions", {}, by_token);
            EXPECT_EQ(other.status, 401);
            const auto wrong = co_await here.ask("POST", "/system/functions", R"({"service":"hidden-value)", by_right);
            EXPECT_EQ(wrong.status, 400);
            const auto unknown = co_await here.ask("POST", "/function/none?x=hidden-query", "hidden-body", by_right);
            EXPECT_EQ(unknown.status, 404);
        },
        opts);
    EXPECT_TRUE(contains(*accesses.text, R"("path":"/system/secrets")")) << *accesses.text;
    EXPECT_TRUE(contains(*changes.text, R"("audit":"secret.create","object":"key.openfaas-fn")")) << *changes.text;
    for (const std::string& secret : {std::string("hidden"), known.password, right.substr(right.find(' ') + 1),
                                      basic_login("admin", "hidden-guess").substr(6)}) {
        EXPECT_FALSE(contains(*accesses.text, secret)) << *accesses.text;
        EXPECT_FALSE(contains(*changes.text, secret)) << *changes.text;
        EXPECT_FALSE(contains(*notes, secret)) << *notes;
    }
}

TEST_F(live_front, leaves_its_first_page_to_a_service_that_asks_for_it) {
    gateway::front_options opts;
    opts.services.refresh = 50ms;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto own = co_await here.ask("GET", "/");
            EXPECT_EQ(own.status, 200);
            EXPECT_TRUE(contains(own.body, "/services")) << own.body;
            micro::service_config config;
            config.name = "Home";
            config.version = "1.0.0";
            micro::service home(config);
            micro::endpoint_options routed;
            routed.metadata["http.route"] = "GET /";
            home.endpoint("page", [](micro::request& asked) { asked.respond("at home"); }, routed);
            co_await home.start(here.node_connection);
            http::response seen;
            for (int i = 0; i < 2000 && seen.body != "at home"; ++i) {
                seen = co_await here.ask("GET", "/");
                co_await pause_for(10ms);
            }
            EXPECT_EQ(seen.body, "at home");
            const auto healthy = co_await here.ask("GET", "/healthz");
            EXPECT_EQ(healthy.status, 200);
            co_await home.stop(5s);
            for (int i = 0; i < 2000 && seen.body != own.body; ++i) {  // a 503 until it is seen to be gone
                seen = co_await here.ask("GET", "/");
                co_await pause_for(10ms);
            }
            EXPECT_EQ(seen.status, 200);
            EXPECT_EQ(seen.body, own.body);
        },
        opts);
}

TEST_F(live_front, keeps_asynchronous_calls_and_what_became_of_them) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("upper", "tr a-z A-Z");
        const auto accepted =
            co_await here.ask("POST", "/async-function/upper/a?b=c", "hello", sent_with("X-Call-Id", "call-1"));
        EXPECT_EQ(accepted.status, 202) << accepted.body;
        EXPECT_EQ(accepted.body, "");
        EXPECT_EQ(accepted.header("X-Call-Id"), "call-1");
        http::response result;
        for (int i = 0; i < 2000 && result.status != 200; ++i) {
            result = co_await here.ask("GET", "/async-function/call-1/result");
            co_await pause_for(10ms);
        }
        EXPECT_EQ(result.status, 200);
        EXPECT_EQ(result.body, "HELLO");
        EXPECT_EQ(result.header("X-Call-Id"), "call-1") << "of the call, and not of the question";
        const auto state = co_await here.json("/async-function/call-1");
        EXPECT_EQ(state.at("state"), "done");
        EXPECT_EQ(state.at("status"), 200);
        EXPECT_EQ(state.at("body"), "HELLO");
        EXPECT_EQ(state.at("function"), "upper.openfaas-fn");
        http::request asked("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics");
        const std::string labels = "{queue_name=\"mote_async\",function_name=\"upper.openfaas-fn\"} ";
        http::response metrics;
        const auto done = "queue_worker_messages_processed_total" + labels + "1\n";
        for (int i = 0; i < 2000 && !contains(metrics.body, done); ++i) {
            metrics = co_await here.client.send(asked);
            co_await pause_for(10ms);
        }
        EXPECT_TRUE(contains(metrics.body, done)) << metrics.body;
        EXPECT_TRUE(contains(metrics.body, "queue_worker_pending_messages" + labels + "0\n")) << metrics.body;
        EXPECT_TRUE(contains(metrics.body, "queue_worker_messages_submitted_total" + labels + "1\n")) << metrics.body;
        const auto late = co_await here.ask("DELETE", "/async-function/call-1");
        EXPECT_EQ(late.status, 409) << late.body;
    });
}

TEST_F(live_front, refuses_asynchronous_calls_that_cannot_be) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        const auto unknown = co_await here.ask("POST", "/async-function/nothing", "x");
        EXPECT_EQ(unknown.status, 404);
        const auto wrong =
            co_await here.ask("POST", "/async-function/cat", "x", sent_with("X-Callback-Url", "ftp://a:b@c/"));
        EXPECT_EQ(wrong.status, 400) << wrong.body;
        EXPECT_FALSE(contains(wrong.body, "a:b")) << wrong.body;
        const auto id = co_await here.ask("POST", "/async-function/cat", "x", sent_with("X-Call-Id", "a b"));
        EXPECT_EQ(id.status, 400) << id.body;
        co_await here.deploy("env", "env");
        const auto kept = co_await here.ask("POST", "/async-function/cat", "x", sent_with("X-Call-Id", "taken"));
        EXPECT_EQ(kept.status, 202) << kept.body;
        const auto taken = co_await here.ask("POST", "/async-function/env", "x", sent_with("X-Call-Id", "taken"));
        EXPECT_EQ(taken.status, 409) << "it would never run";
        EXPECT_TRUE(contains(taken.body, "cat.openfaas-fn")) << taken.body;
        const auto large = co_await here.ask("POST", "/async-function/cat", std::string(2'000'000, 'x'));
        EXPECT_EQ(large.status, 413) << large.body;
        const auto soon = co_await here.ask("POST", "/async-function/cat", "x", sent_with("X-Timeout", "soon"));
        EXPECT_EQ(soon.status, 400) << soon.body;
        const auto nobody = co_await here.ask("GET", "/async-function/no-such-call");
        EXPECT_EQ(nobody.status, 404);
        const auto method = co_await here.ask("PUT", "/async-function/no-such-call");
        EXPECT_EQ(method.status, 405);
    });
}

/// What is answered to a body that is said to be large and never comes.
asio::awaitable<std::string> answer_to_promise(std::uint16_t port, std::string path) {
    auto peer = co_await raw_conversation::begin(
        port, "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 60000000\r\n\r\n");
    const auto all = co_await peer.read_all();
    co_return all;
}

TEST_F(live_front, refuses_a_body_that_no_message_can_hold_before_it_comes) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        co_await here.deploy("own", "cat", R"(,"envVars":{"mode":"micro"})");
        micro::service_config config;
        config.name = "Echo";
        config.version = "1.0.0";
        micro::service service(config);
        micro::endpoint_options exposed;
        exposed.metadata["http.expose"] = "true";
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); }, exposed);
        co_await service.start(here.connection);
        for (const std::string path : large_paths) {
            const auto answer = co_await answer_to_promise(here.server.port(), path);
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << path << ": " << answer;
        }
        co_await service.stop();
    });
}

TEST_F(live_front, cancels_an_asynchronous_call_that_runs_and_writes_that_down) {
    const kept_log changes;
    gateway::front_options opts;
    opts.audit_log = changes.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("sleep", "sleep 71840.25", R"(,"envVars":{"exec_timeout":"1h"})");
            const auto accepted =
                co_await here.ask("POST", "/async-function/sleep", "", sent_with("X-Call-Id", "long"));
            EXPECT_EQ(accepted.status, 202);
            co_await here.comes_to("long", "running");
            const auto cancelled = co_await here.ask("DELETE", "/async-function/long");
            EXPECT_EQ(cancelled.status, 202) << cancelled.body;
            const auto seen = co_await here.json("/async-function/long");
            EXPECT_EQ(seen.at("state"), "cancelled");
            const bool ended = co_await eventually([] { return processes_with("71840.25") == 0; });
            EXPECT_TRUE(ended);
        },
        opts);
    const auto at = changes.text->find(R"("audit":"call.cancel","object":"long")");
    ASSERT_NE(at, std::string::npos) << *changes.text;
    EXPECT_TRUE(contains(changes.text->substr(at), R"("status":202,"result":"ok")")) << *changes.text;
}

TEST_F(live_front, ends_an_asynchronous_call_that_takes_longer_than_its_caller_wants) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("sleep", "sleep 71841.25",
                             R"(,"envVars":{"exec_timeout":"1h"},"annotations":{"com.openfaas.retry.attempts":"1"})");
        const auto accepted = co_await here.ask("POST", "/async-function/sleep", "",
                                                sent_with("X-Call-Id", "short", "X-Timeout", "300ms"));
        EXPECT_EQ(accepted.status, 202);
        co_await here.comes_to("short", "dead");
        const bool ended = co_await eventually([] { return processes_with("71841.25") == 0; });
        EXPECT_TRUE(ended);
    });
}

TEST_F(live_front, describes_functions_and_services_in_one_document) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"annotations":{"description":"Gives back what it got."})");
        boost::json::value document;
        bool there = false;
        for (int i = 0; i < 200 && !there; ++i) {
            document = co_await here.json("/openapi.json");
            there = document.at("paths").as_object().contains("/function/cat.openfaas-fn");
        }
        EXPECT_TRUE(there);
        EXPECT_EQ(document.at("openapi"), "3.1.0");
        EXPECT_EQ(document.at("paths").at("/function/cat.openfaas-fn").at("post").at("summary"),
                  "Gives back what it got.");
    });
}

TEST_F(live_front, lets_pages_of_other_origins_ask_when_it_is_told_to) {
    gateway::front_options opts;
    opts.cors.origins = {"https://example.org"};
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto from = sent_with("Origin", "https://example.org", "Access-Control-Request-Method", "POST");
            const auto preflight = co_await here.ask("OPTIONS", "/function/cat", {}, from);
            EXPECT_EQ(preflight.status, 204);
            EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "https://example.org");
            co_await here.deploy("cat", "cat");
            const auto answer = co_await here.ask("POST", "/function/cat", "x", from);
            EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://example.org");
            const auto refused = co_await here.ask("POST", "/function/nothing", "x", from);
            EXPECT_EQ(refused.status, 404);
            EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), "https://example.org") << "errors, too";
            const auto services = co_await here.ask("GET", "/service/no/thing", {}, from);
            EXPECT_EQ(services.header("Access-Control-Allow-Origin"), "https://example.org") << "thrown ones, too";
        },
        opts);
}

}  // namespace
}  // namespace mote::test
