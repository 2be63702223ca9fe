// What becomes of changes: what the audit is told, and many of them at once.

#include <tests/gateway/system_api_fixture.hpp>

#include <algorithm>
#include <fstream>
#include <tests/support/temp_dir.hpp>

namespace mote::test {
namespace {

using gateway::audit_action;

class system_api_changes : public system_api_test {};

TEST_F(system_api_changes, tells_the_audit_of_each_change_and_of_what_it_refused) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        web.by.who = "admin";
        web.by.how = gateway::scheme::basic;
        co_await web.deploy("f", R"(,"envVars":{"PASSWORD":"hush"})");
        co_await web.ask("PUT", "/system/functions", R"({"service":"f","image":"none"})");
        co_await web.ask("GET", "/system/functions");
        co_await web.ask("DELETE", "/system/functions", "{");
        co_await web.ask("DELETE", "/system/functions", R"({"functionName":"f"})");
        EXPECT_EQ(web.audit.size(), 4U);
        if (web.audit.size() != 4) co_return;
        EXPECT_EQ(web.audit[0].action, audit_action::function_deploy);
        EXPECT_EQ(web.audit[0].object, "f.openfaas-fn");
        EXPECT_EQ(web.audit[0].status, 202);
        EXPECT_EQ(web.audit[0].who, "admin");
        EXPECT_EQ(web.audit[0].how, "basic");
        EXPECT_EQ(web.audit[0].peer, "127.0.0.1");
        EXPECT_EQ(web.audit[1].action, audit_action::function_update);
        EXPECT_EQ(web.audit[1].status, 400);
        EXPECT_EQ(web.audit[1].object, "f.openfaas-fn");
        EXPECT_EQ(web.audit[2].action, audit_action::function_delete);
        EXPECT_EQ(web.audit[2].status, 400);
        EXPECT_EQ(web.audit[2].object, "");
        EXPECT_EQ(web.audit[3].status, 202);
        for (const auto& one : web.audit) EXPECT_FALSE(contains(one.object, "hush"));
    });
}

asio::awaitable<void> ask_many(api_front& web, std::string method, std::string path, std::string body, int times,
                               std::vector<int>* statuses) {
    for (int i = 0; i < times; ++i) {
        const auto answer = co_await web.ask(method, path, body);
        statuses->push_back(answer.status);
    }
}

TEST_F(system_api_changes, stays_whole_when_deployed_scaled_and_deleted_at_once) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        constexpr int times = 25;
        const std::string body = R"({"service":"f","image":"functions/http-echo"})";
        const auto executor = co_await asio::this_coro::executor;
        std::vector<int> statuses;
        const std::vector<std::pair<std::string, std::pair<std::string, std::string>>> askers{
            {"POST", {"/system/functions", body}},
            {"PUT", {"/system/functions", body}},
            {"POST", {"/system/scale-function/f", R"({"serviceName":"f","replicas":3})"}},
            {"PUT", {"/system/function/f/pause", ""}},
            {"DELETE", {"/system/functions", R"({"functionName":"f"})"}},
        };
        for (const auto& [method, what] : askers)
            asio::co_spawn(executor, ask_many(web, method, what.first, what.second, times, &statuses), asio::detached);
        const bool ended = co_await eventually([&] { return statuses.size() == times * 5; });
        EXPECT_TRUE(ended);
        for (const int status : statuses) EXPECT_TRUE(status == 202 || status == 404 || status == 409) << status;
        const auto last = co_await web.ask("PUT", "/system/functions", body);
        const auto shown = co_await web.ask("GET", "/system/function/f");
        EXPECT_EQ(shown.status, last.status == 202 ? 200 : 404);
        const auto listed = co_await web.get_json("/system/functions");
        EXPECT_EQ(listed.as_array().size(), last.status == 202 ? 1U : 0U);
    });
}

TEST_F(system_api_changes, loses_no_change_of_many_at_once) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        constexpr int askers = 5;
        constexpr int times = 10;
        co_await web.deploy("f");
        const auto executor = co_await asio::this_coro::executor;
        std::vector<int> statuses;
        for (int i = 0; i < askers; ++i)
            asio::co_spawn(executor,
                           ask_many(web, "PUT", "/system/functions", R"({"service":"f","image":"functions/http-echo"})",
                                    times, &statuses),
                           asio::detached);
        const bool ended = co_await eventually([&] { return statuses.size() == askers * times; });
        EXPECT_TRUE(ended);
        const auto done = std::count(statuses.begin(), statuses.end(), 202);
        const auto shown = co_await web.get_json("/system/function/f");
        EXPECT_EQ(shown.at("mote").at("generation"), 1 + done);
    });
}

TEST_F(system_api_changes, lists_a_thousand_from_memory) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        constexpr std::size_t count = 1000;
        for (std::size_t i = 0; i < count; ++i) {
            functions::description what;
            what.wanted.service = "f" + std::to_string(i);
            what.wanted.image = "functions/http-echo";
            co_await web.stores.functions.create(what);
        }
        const bool all = co_await eventually([&] { return web.table.all().size() == count; });
        EXPECT_TRUE(all);
        const auto sent = web.connection.stats().out_messages;
        const auto listed = co_await web.get_json("/system/functions");
        EXPECT_EQ(listed.as_array().size(), count);
        EXPECT_LT(web.connection.stats().out_messages - sent, 10U);
    });
}

}  // namespace
}  // namespace mote::test
