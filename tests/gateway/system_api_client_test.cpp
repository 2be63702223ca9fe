// The management API as OpenFaaS's command asks it, byte by byte, and without a NATS server behind it.

#include <tests/gateway/system_api_fixture.hpp>

namespace mote::test {
namespace {

/// One request as a Go program sends it: the empty token of one who has not logged in, and the body in chunks.
std::string go_request(const std::string& method, const std::string& target, const std::string& body = {}) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: faas-cli/dev\r\n";
    text += "Authorization: Bearer \r\nAccept-Encoding: identity\r\nConnection: close\r\n";
    if (body.empty()) return text + "\r\n";
    std::ostringstream size;
    size << std::hex << body.size();
    return text + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + size.str() + "\r\n" + body +
           "\r\n0\r\n\r\n";
}

asio::awaitable<std::string> say(api_front& web, std::string method, std::string target, std::string body = {}) {
    auto peer = co_await raw_conversation::begin(web.server.port(), go_request(method, target, body));
    auto all = co_await peer.read_all();
    co_return all;
}

int status_in(const std::string& answer) {
    constexpr std::size_t place = std::string_view("HTTP/1.1 ").size();
    return answer.size() > place + 3 ? std::stoi(answer.substr(place, 3)) : 0;
}

std::string body_in(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

class system_api_client : public system_api_test {};

TEST_F(system_api_client, goes_through_the_life_of_a_function_as_the_command_line_does) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::string body =
            R"({"service":"env","image":"ghcr.example/functions/http-echo:latest","envProcess":"env","labels":{},"annotations":{}})";
        struct step {
            std::string method;
            std::string target;
            std::string body;
            int status;
        };
        const std::vector<step> steps{
            {"GET", "/system/functions", "", 200},    // login
            {"GET", "/system/info", "", 200},         // version
            {"PUT", "/system/functions", body, 404},  // deploy
            {"POST", "/system/functions", body, 202},
            {"PUT", "/system/functions", body, 202},           // deploy once more
            {"GET", "/system/functions?namespace=", "", 200},  // list
            {"GET", "/system/functions?namespace=openfaas-fn", "", 200},
            {"GET", "/system/function/env?namespace=openfaas-fn&usage=1", "", 200},  // describe
            {"GET", "/system/function/env?usage=1", "", 200},
            {"GET", "/system/logs?follow=false&name=env&namespace=openfaas-fn&since=2020-01-01T00%3A00%3A00Z&tail=-1",
             "", 200},
            {"POST", "/system/scale-function/env", R"({"serviceName":"env","replicas":0,"namespace":"openfaas-fn"})",
             202},
            {"POST", "/system/secrets", R"({"name":"k","namespace":"openfaas-fn","value":"v","rawValue":"dg=="})", 201},
            {"POST", "/system/secrets", R"({"name":"k","value":"v"})", 409},
            {"PUT", "/system/secrets", R"({"name":"k","value":"w"})", 200},
            {"GET", "/system/secrets?namespace=openfaas-fn", "", 200},
            {"DELETE", "/system/secrets", R"({"name":"k","namespace":"openfaas-fn"})", 202},
            {"GET", "/system/namespaces", "", 200},
            {"POST", "/system/namespace/", R"({"name":"dev","labels":{"a":"b"},"annotations":{"openfaas":"1"}})", 201},
            {"PUT", "/system/namespace/dev", R"({"name":"dev"})", 202},
            {"GET", "/system/namespace/dev", "", 200},
            {"DELETE", "/system/namespace/dev", R"({"name":"dev"})", 202},
            {"DELETE", "/system/functions", R"({"functionName":"env","namespace":"openfaas-fn"})", 202},
            {"GET", "/system/function/env?namespace=openfaas-fn", "", 404},
            {"DELETE", "/system/functions", R"({"functionName":"env"})", 404},
        };
        for (const auto& one : steps) {
            const auto answer = co_await say(web, one.method, one.target, one.body);
            EXPECT_EQ(status_in(answer), one.status) << one.method << " " << one.target << "\n" << answer;
        }
    });
}

TEST_F(system_api_client, says_which_program_this_is) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        auto stores = co_await api_stores::open(js);
        gateway::system_options opts;
        opts.version = "1.2.3";
        opts.commit = "abcdef";
        api_front web(js, stores, opts);
        co_await web.ready();
        const auto info = co_await web.get_json("/system/info");
        const auto part = [&](const char* name) { return boost::json::serialize(info.at(name)); };
        EXPECT_EQ(part("provider"),
                  R"({"provider":"mote","version":{"sha":"abcdef","release":"1.2.3"},"orchestration":"nats"})");
        EXPECT_EQ(part("version"), R"({"sha":"abcdef","release":"1.2.3"})");
        EXPECT_FALSE(info.at("arch").as_string().empty());
        co_await web.deploy("f");
        const bool known = co_await eventually([&] { return web.table.all().size() == 1; });
        EXPECT_TRUE(known);
        const auto telemetry = co_await web.get_json("/system/telemetry");
        EXPECT_EQ(telemetry.at("functions"), 1);
        EXPECT_EQ(telemetry.at("replicas"), 1);
        EXPECT_EQ(telemetry.at("nodes"), 0);
        co_await web.stop();
    });
}

TEST_F(system_api_client, says_what_may_be_asked_where_and_leaves_other_paths_alone) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::vector<std::pair<std::string, std::string>> all{
            {"/system/functions", "GET, HEAD, POST, PUT, DELETE"},
            {"/system/function/f", "GET, HEAD"},
            {"/system/function/f/pause", "PUT, POST"},
            {"/system/scale-function/f", "POST"},
            {"/system/alert", "POST"},
            {"/system/secrets", "GET, HEAD, POST, PUT, DELETE"},
            {"/system/logs", "GET, HEAD"},
            {"/system/namespaces", "GET, HEAD, POST"},
            {"/system/namespace/", "POST"},
            {"/system/namespace/dev", "GET, HEAD, POST, PUT, DELETE"},
            {"/system/info", "GET, HEAD"},
            {"/system/telemetry", "GET, HEAD"},
        };
        for (const auto& [path, allowed] : all) {
            const auto answer = co_await web.ask("PATCH", path, "{}");
            EXPECT_EQ(answer.status, 405) << path;
            EXPECT_EQ(answer.header("Allow"), allowed) << path;
        }
        for (const std::string path :
             {"/", "/system", "/system/", "/system/nothing", "/system/function/", "/system/function/a/b",
              "/system/functions/a", "/systems/functions", "/function/f", "/system//functions",
              "/system/scale-function/", "/SYSTEM/functions"}) {
            const auto answer = co_await web.ask("GET", path);
            EXPECT_EQ(answer.status, 404) << path;
            EXPECT_EQ(answer.body, "not ours") << path;
        }
        const auto slash = co_await web.ask("GET", "/system/functions/");
        EXPECT_EQ(slash.body, "[]");
        const auto head = co_await say(web, "HEAD", "/system/functions");
        EXPECT_EQ(status_in(head), 200);
        EXPECT_EQ(body_in(head), "");
        EXPECT_EQ(web.audit.size(), 0U);
    });
}

TEST_F(system_api_client, shows_what_another_gateway_has_deployed) {
    with_api([](api_front& one) -> asio::awaitable<void> {
        const jetstream::context js(one.connection);
        api_front other(js, one.stores);
        co_await other.ready();
        co_await one.deploy("f");
        const auto shown = co_await other.ask("GET", "/system/function/f");
        EXPECT_EQ(shown.status, 200);
        const bool known = co_await eventually([&] { return other.table.all().size() == 1; });
        EXPECT_TRUE(known);
        const auto gone = co_await other.ask("DELETE", "/system/functions", R"({"functionName":"f"})");
        EXPECT_EQ(gone.status, 202);
        const auto missing = co_await one.ask("GET", "/system/function/f");
        EXPECT_EQ(missing.status, 404);
        co_await other.stop();
    });
}

TEST_F(system_api_client, answers_503_at_once_while_the_nats_server_is_away_and_goes_on_when_it_is_back) {
    with_api([](api_front& web, nats_server& server) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const bool known = co_await eventually([&] { return web.table.all().size() == 1; });
        EXPECT_TRUE(known);
        server.kill();
        const bool lost =
            co_await eventually([&] { return web.connection.status() != nats::connection_status::connected; });
        EXPECT_TRUE(lost);
        const std::string body = R"({"service":"g","image":"functions/http-echo"})";
        const std::vector<std::pair<std::string, std::pair<std::string, std::string>>> all{
            {"POST", {"/system/functions", body}},
            {"PUT", {"/system/functions", body}},
            {"DELETE", {"/system/functions", R"({"functionName":"f"})"}},
            {"GET", {"/system/function/f", ""}},
            {"POST", {"/system/scale-function/f", R"({"replicas":2})"}},
            {"POST", {"/system/alert", R"({"alerts":[]})"}},
            {"GET", {"/system/secrets", ""}},
            {"POST", {"/system/secrets", R"({"name":"a","value":"v"})"}},
            {"GET", {"/system/logs?name=f", ""}},
            {"GET", {"/system/namespaces", ""}},
            {"GET", {"/system/functions?namespace=other", ""}},
        };
        for (const auto& [method, what] : all) {
            const auto answer = co_await web.ask(method, what.first, what.second);
            EXPECT_EQ(answer.status, 503) << method << what.first;
            EXPECT_TRUE(answer.header("Retry-After")) << what.first;
            EXPECT_EQ(answer.body, "the NATS server is away\n");
        }
        const auto listed = co_await web.get_json("/system/functions");  // what is in memory
        EXPECT_EQ(listed.as_array().size(), 1U);
        server.restart();
        co_await wait_reconnected(web.connection, 1);
        std::string last;
        for (int tries = 0; tries < 100 && last != "202"; ++tries) {  // JetStream is there a moment after the server
            const auto answer = co_await web.ask("POST", "/system/functions", body);
            last = std::to_string(answer.status);
            EXPECT_TRUE(answer.status == 202 || answer.status == 503) << answer.body;
        }
        EXPECT_EQ(last, "202");
        const auto both = co_await web.get_json("/system/functions");
        EXPECT_EQ(both.as_array().size(), 2U);
    });
}

class system_api_without_room : public live_test {
protected:
    static asio::awaitable<void> fill(nats_server&, jetstream::context js) {
        functions::log_limits small;
        small.max_bytes = 1'000'000;
        auto stores = co_await api_stores::open(js, small);
        api_front web(js, stores);
        co_await web.ready();
        co_await web.deploy("before");
        const std::string large(400'000, 'x');
        http::response refused;
        std::string name;
        for (int i = 0; i < 40 && refused.status == 0; ++i) {
            name = "f" + std::to_string(i);
            const auto answer =
                co_await web.ask("POST", "/system/functions",
                                 R"({"service":")" + name +
                                     R"(","image":"functions/http-echo","annotations":{"large":")" + large + "\"}}");
            if (answer.status != 202) refused = answer;
        }
        EXPECT_EQ(refused.status, 503) << refused.body;
        EXPECT_TRUE(contains(refused.body, "no room")) << refused.body;
        EXPECT_TRUE(refused.header("Retry-After"));
        const auto shown = co_await web.ask("GET", "/system/function/" + name);
        EXPECT_EQ(shown.status, 404);
        const auto still = co_await web.ask("GET", "/system/function/before");
        EXPECT_EQ(still.status, 200);
        co_await web.stop();
        EXPECT_EQ(web.failures, std::vector<std::string>());
    }
};

TEST_F(system_api_without_room, says_so_and_writes_nothing) {
    nats_server_options options;
    options.config =
        "accounts { A { jetstream { max_file: 8MB, max_mem: 8MB }, users [ { user: a, password: a } ] } }\n"
        "no_auth_user: a\n";
    with_jetstream(fill, options);
}

}  // namespace
}  // namespace mote::test
