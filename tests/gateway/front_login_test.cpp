// What becomes of the login of a gateway: who gets it, and what is written down of who has none.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>

#include <mote/gateway/credentials.hpp>
#include <mote/micro.hpp>

#include <algorithm>
#include <array>

namespace mote::test {
namespace {

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 4> ways_to_ask{"/service/Seen/named", "/routed", "/service/Seen/event",
                                                 "/service/Seen/job"};
constexpr std::array<const char*, 3> audited{R"("audit":"function.deploy","how":"basic")",
                                             R"("audit":"function.scale","object":"cat")",
                                             R"("audit":"call.cancel","object":"some-call")"};

/// A front with a login.
class front_login : public front_test {
protected:
    front_login() {
        gateway::make_credentials(place());
        const auto known = gateway::read_credentials(place());
        login = basic_login(known.user, known.password);
        opts.credentials = place();
        opts.services.refresh = 50ms;
        opts.services.timeout = 30s;
    }
    std::filesystem::path place() const { return directory.path() / "credentials"; }

    temp_dir directory;
    std::string login;
    gateway::front_options opts;
};

/// The `Authorization` of each request that it gets.
struct seeing_service {
    explicit seeing_service(const micro::service_config& config) : service(config) {
        micro::endpoint_options exposed;
        exposed.metadata["http.expose"] = "true";
        micro::endpoint_options routed;
        routed.metadata["http.route"] = "POST /routed";
        micro::work_options work;
        work.metadata["http.expose"] = "true";
        service.endpoint(
            "named", [this](micro::request& asked) { see(asked.headers()), asked.respond("seen"); }, exposed);
        service.endpoint(
            "route", [this](micro::request& asked) { see(asked.headers()), asked.respond("seen"); }, routed);
        service.endpoint("event", [this](micro::event& told) { see(told.headers()); }, exposed);
        service.work("job", work, [this](micro::event& told) { see(told.headers()); });
    }
    void see(const nats::headers_view& headers) {
        std::string login = "none";
        for (const auto& [name, value] : headers)  // NATS tells upper from lower case, and a client may send either
            if (http::same_name(name, "Authorization")) login = value;
        seen.push_back(std::move(login));
        others.emplace_back(headers.get("X-Mine").value_or("none"));
    }

    micro::service service;
    std::vector<std::string> seen, others;
};

micro::service_config seen_config() {
    micro::service_config config;
    config.name = "Seen";
    config.version = "1.0.0";
    return config;
}

/// Asks in all ways, with that login.
asio::awaitable<void> ask_in_all_ways(front_world* here, seeing_service* service, std::string login) {
    co_await service->service.start(here->node_connection);
    for (const std::string path : ways_to_ask) {
        http::response answer;
        for (int i = 0; i < 2000 && answer.status / 100 != 2; ++i) {  // until the gateway has heard of the service
            const auto headers = sent_with("authorization", login, "X-Mine", "1");
            answer = co_await here->ask("POST", path, "x", headers);
            if (answer.status / 100 != 2) co_await pause_for(10ms);
        }
        EXPECT_EQ(answer.status / 100, 2) << path << ": " << answer.body;
    }
    const std::function<bool()> all_came = [service] { return service->seen.size() == ways_to_ask.size(); };
    const bool came = co_await eventually(all_came);
    EXPECT_TRUE(came);
    co_await service->service.stop(5s);
}

TEST_F(front_login, is_for_the_gateway_alone_and_no_service_gets_it) {
    opts.protect_functions = true;
    with_front(
        [login = login](front_world& here) -> asio::awaitable<void> {
            seeing_service service(seen_config());
            co_await ask_in_all_ways(&here, &service, login);
            EXPECT_EQ(service.seen, std::vector<std::string>(ways_to_ask.size(), "none"));
            EXPECT_EQ(service.others, std::vector<std::string>(ways_to_ask.size(), "1"));
        },
        opts);
}

TEST_F(front_login, leaves_a_service_what_the_gateway_does_not_ask_for) {
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            seeing_service service(seen_config());
            co_await ask_in_all_ways(&here, &service, "Bearer its-own");
            EXPECT_EQ(service.seen, std::vector<std::string>(ways_to_ask.size(), "Bearer its-own"));
        },
        opts);
}

TEST_F(front_login, is_missed_in_the_audit_log_by_who_tries_a_change_without) {
    const kept_log changes;
    opts.audit_log = changes.sink();
    opts.protect_functions = true;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto wrong = sent_with("Authorization", basic_login("admin", "hidden-guess"));
            const auto deployed = co_await here.ask("POST", "/system/functions", R"({"service":"hidden"})", wrong);
            EXPECT_EQ(deployed.status, 401);
            const auto scaled = co_await here.ask("POST", "/system/scale-function/cat", R"({"replicas":3})");
            EXPECT_EQ(scaled.status, 401);
            const auto cancelled = co_await here.ask("DELETE", "/async-function/some-call");
            EXPECT_EQ(cancelled.status, 401);
            const auto only_read = co_await here.ask("GET", "/system/functions");
            EXPECT_EQ(only_read.status, 401);
            const auto called = co_await here.ask("POST", "/function/cat", "x");
            EXPECT_EQ(called.status, 401);
        },
        opts);
    for (const std::string line : audited)
        EXPECT_TRUE(contains(*changes.text, line)) << line << " not in " << *changes.text;
    EXPECT_EQ(std::ranges::count(*changes.text, '\n'), 3) << "of what changes nothing there is none: " << *changes.text;
    EXPECT_TRUE(contains(*changes.text, R"("status":401,"result":"refused")")) << *changes.text;
    EXPECT_FALSE(contains(*changes.text, "hidden")) << *changes.text;
}

constexpr std::array<const char*, 7> audited_alerts{
    R"("audit":"function.scale","peer":"127.0.0.1","status":401,"result":"refused")",
    R"("audit":"function.scale","who":"admin","how":"basic","peer":"127.0.0.1","status":400,"result":"failed")",
    R"("audit":"function.scale","object":"cat.openfaas-fn","who":"admin","how":"basic","peer":"127.0.0.1","status":200,)",
    R"("audit":"function.scale","object":"Not A Name","who":"admin","how":"basic","peer":"127.0.0.1","status":400,)",
    R"("audit":"function.pause","object":"cat","peer":"127.0.0.1","status":401,)",
    R"("audit":"function.pause","object":"cat.openfaas-fn","who":"admin","how":"basic","peer":"127.0.0.1","status":202,)",
    R"("audit":"function.resume","object":"cat.openfaas-fn","who":"admin","how":"basic","peer":"127.0.0.1","status":202,)"};

std::string alert_about(const std::string& function) {
    return R"({"status":"firing","alerts":[{"labels":{"function_name":")" + function + R"("}}]})";
}

TEST_F(front_login, is_in_the_audit_log_with_alerts_and_with_what_pauses_and_resumes) {
    const kept_log changes;
    opts.audit_log = changes.sink();
    with_front(
        [login = login](front_world& here) -> asio::awaitable<void> {
            const auto known_by = sent_with("Authorization", login);
            const auto deployed =
                co_await here.ask("POST", "/system/functions",
                                  R"({"service":"cat","image":"functions/alpine","envProcess":"cat"})", known_by);
            EXPECT_EQ(deployed.status, 202) << deployed.body;
            const auto refused = co_await here.ask("POST", "/system/alert", alert_about("cat"));
            EXPECT_EQ(refused.status, 401);
            const auto wrong = co_await here.ask("POST", "/system/alert", "{", known_by);
            EXPECT_EQ(wrong.status, 400);
            const auto taken = co_await here.ask("POST", "/system/alert", alert_about("cat"), known_by);
            EXPECT_EQ(taken.status, 200) << taken.body;
            const auto unnamed = co_await here.ask("POST", "/system/alert", alert_about("Not A Name"), known_by);
            EXPECT_EQ(unnamed.status, 500) << unnamed.body;
            const auto not_paused = co_await here.ask("PUT", "/system/function/cat/pause");
            EXPECT_EQ(not_paused.status, 401);
            const auto paused = co_await here.ask("PUT", "/system/function/cat/pause", {}, known_by);
            EXPECT_EQ(paused.status, 202) << paused.body;
            const auto resumed = co_await here.ask("POST", "/system/function/cat/resume", {}, known_by);
            EXPECT_EQ(resumed.status, 202) << resumed.body;
        },
        opts);
    for (const std::string line : audited_alerts)
        EXPECT_TRUE(contains(*changes.text, line)) << line << " not in " << *changes.text;
    EXPECT_EQ(std::ranges::count(*changes.text, '\n'), 8) << "each once: " << *changes.text;
}

/// The id that the client said, or a new one, and when it began: also where no function was asked.
void expect_call_head(const http::response& answer, int status, const std::string& id = {}) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("X-Call-Id").value_or("").size(), id.empty() ? 36U : id.size());
    if (!id.empty()) {
        EXPECT_EQ(answer.header("X-Call-Id"), id);
    }
    EXPECT_FALSE(answer.header("X-Start-Time").value_or("").empty());
    EXPECT_FALSE(answer.header("X-Duration-Seconds").value_or("").empty());
}

TEST_F(front_login, that_is_missing_or_tried_too_often_is_said_with_the_id_of_the_call) {
    opts.protect_functions = true;
    opts.max_login_failures = 2;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            const auto mine = sent_with("X-Call-Id", "mine", "Authorization", basic_login("admin", "guess"));
            const auto refused = co_await here.ask("POST", "/function/cat", "x", mine);
            expect_call_head(refused, 401, "mine");
            const auto queued = co_await here.ask("POST", "/async-function/cat", "x");
            expect_call_head(queued, 401);
            const auto other = co_await here.ask("GET", "/system/functions");
            EXPECT_FALSE(other.header("X-Call-Id")) << "it is no call";
            http::response often = refused;
            for (int i = 0; i < 10 && often.status == 401; ++i)
                often = co_await here.ask("POST", "/function/cat", "x", mine);
            expect_call_head(often, 429, "mine");
        },
        opts);
}

/// A client that does not wait for the answer to its DELETE.
asio::awaitable<void> cancel_and_go(front_world* here, std::string id, std::string login) {
    auto peer = co_await raw_conversation::begin(
        here->server.port(),
        "DELETE /async-function/" + id + " HTTP/1.1\r\nHost: x\r\nAuthorization: " + login + "\r\n\r\n");
    peer.close();  // a reset would take from the gateway what it has not read yet
}

TEST_F(front_login, is_in_the_audit_log_with_each_try_to_cancel_a_call) {
    const kept_log changes;
    opts.audit_log = changes.sink();
    with_front(
        [login = login, text = changes.text](front_world& here) -> asio::awaitable<void> {
            const auto known_by = sent_with("Authorization", login);
            const auto unknown = co_await here.ask("DELETE", "/async-function/nobody", {}, known_by);
            EXPECT_EQ(unknown.status, 404);
            const std::function<bool()> gone = [text] { return contains(*text, R"("object":"gone")"); };
            co_await cancel_and_go(&here, "gone", login);
            const bool told = co_await eventually(gone);
            EXPECT_TRUE(told) << *text;
            const jetstream::context js(here.node_connection);
            co_await js.delete_stream("KV_mote_calls");
            const auto failed = co_await here.ask("DELETE", "/async-function/failed", {}, known_by);
            EXPECT_EQ(failed.status, 503) << failed.body;
        },
        opts);
    EXPECT_TRUE(contains(*changes.text, R"("audit":"call.cancel","object":"nobody","peer":"127.0.0.1","status":404,)"))
        << *changes.text;
    EXPECT_TRUE(contains(*changes.text, R"("audit":"call.cancel","object":"failed","peer":"127.0.0.1","status":503,)"))
        << *changes.text;
}

class front_without_jetstream : public live_test {};

TEST_F(front_without_jetstream, says_that_there_are_no_functions_with_the_id_of_the_call) {
    with_jetstream(
        [](nats_server&, jetstream::context js) -> asio::awaitable<void> {
            gateway::front web(js.connection(), gateway::front_options());
            co_await web.start();
            http::server server(js.connection().executor(), http::server_options(), web.handler());
            http::client_options options;
            options.proxy = "";
            options.retries = 0;
            http::client client(js.connection().executor(), options);
            http::request asked("POST", "http://127.0.0.1:" + std::to_string(server.port()) + "/function/cat");
            asked.headers = sent_with("X-Call-Id", "mine");
            const auto answer = co_await client.send(asked);
            expect_call_head(answer, 503, "mine");
            EXPECT_TRUE(answer.header("Retry-After"));
            co_await server.stop(5s);
            co_await web.stop();
        },
        core_only());
}

TEST_F(front_login, is_asked_for_on_a_call_whose_path_leads_elsewhere_when_it_is_resolved) {
    with_front(
        [login = login](front_world& here) -> asio::awaitable<void> {
            const auto body = R"({"service":"env","image":"functions/alpine","envProcess":"env"})";
            const auto known_by = sent_with("Authorization", login);
            const auto deployed = co_await here.ask("POST", "/system/functions", body, known_by);
            EXPECT_EQ(deployed.status, 202) << deployed.body;
            // Not by the client, which resolves paths itself.
            auto peer = co_await raw_conversation::begin(
                here.server.port(),
                "GET /function/env/../../system/functions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            const auto refused = co_await peer.read_all();
            EXPECT_TRUE(refused.starts_with("HTTP/1.1 401 ")) << refused;
            auto other = co_await raw_conversation::begin(
                here.server.port(), "GET /function/env/a/../b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            const auto taken = co_await other.read_all();
            EXPECT_TRUE(taken.starts_with("HTTP/1.1 200 ")) << taken;
        },
        opts);
}

}  // namespace
}  // namespace mote::test
