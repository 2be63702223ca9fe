// How many replicas are wanted, over HTTP: by request, by alert, and none while it is paused.

#include <tests/gateway/system_api_fixture.hpp>

namespace mote::test {
namespace {

using gateway::audit_action;

/// Asks for so many replicas; returns how many are wanted then.
asio::awaitable<std::uint64_t> replicas_of(api_front& web, std::string name) {
    const auto shown = co_await web.get_json("/system/function/" + name);
    const auto* const replicas = shown.as_object().if_contains("replicas");
    co_return replicas == nullptr ? 0 : replicas->to_number<std::uint64_t>();
}

asio::awaitable<std::uint64_t> scaled(api_front& web, std::string name, std::string replicas) {
    const auto body = R"({"serviceName":")" + name + R"(","replicas":)" + replicas + "}";
    const auto answer = co_await web.ask("POST", "/system/scale-function/" + name, body);
    EXPECT_EQ(answer.status, 202) << answer.body;
    const auto now = co_await replicas_of(web, name);
    co_return now;
}

class system_api_scale : public system_api_test {};

TEST_F(system_api_scale, wants_as_many_replicas_as_asked_within_what_the_labels_allow) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f", R"(,"labels":{"com.openfaas.scale.min":"2","com.openfaas.scale.max":"6"})");
        const std::vector<std::pair<std::string, std::uint64_t>> all{
            {"3", 3}, {"6", 6}, {"7", 6}, {"18446744073709551615", 6}, {"1", 2}, {"0", 0}, {"4.0", 4}};
        for (const auto& [asked, wanted] : all) {
            const auto now = co_await scaled(web, "f", asked);
            EXPECT_EQ(now, wanted) << asked;
        }
    });
}

TEST_F(system_api_scale, makes_a_number_that_load_asked_for_one_that_stays) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const auto name = functions::function_name::parse("f");
        const std::function<void(functions::description&)> raise = [](functions::description& what) {
            what.replicas = 5;
            what.raised_by = "some-node";
        };
        co_await web.stores.functions.change(name, raise);
        auto kept = co_await web.stores.functions.get(name);
        EXPECT_EQ(kept->what.raised_by, "some-node") << "it is kept";
        co_await scaled(web, "f", "4");
        kept = co_await web.stores.functions.get(name);
        EXPECT_EQ(kept->what.replicas, 4U);
        EXPECT_FALSE(kept->what.raised_by);
    });
}

TEST_F(system_api_scale, has_no_bound_of_five_or_fifteen) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f", R"(,"labels":{"com.openfaas.scale.max":"200"})");
        const auto now = co_await scaled(web, "f", "150");
        EXPECT_EQ(now, 150U);
    });
}

TEST_F(system_api_scale, takes_the_namespace_from_body_query_or_name) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/", R"({"name":"dev"})");
        co_await web.deploy("f", R"(,"namespace":"dev")");
        const std::vector<std::pair<std::string, std::string>> all{
            {"/system/scale-function/f", R"({"serviceName":"f","replicas":2,"namespace":"dev"})"},
            {"/system/scale-function/f?namespace=dev", R"({"serviceName":"f","replicas":3})"},
            {"/system/scale-function/f.dev", R"({"serviceName":"f","replicas":4})"},
            {"/system/scale-function/f.dev", R"({"serviceName":"f.dev","replicas":5})"},
            {"/system/scale-function/f.dev", R"({"replicas":6})"},
        };
        std::uint64_t wanted = 2;
        for (const auto& [path, body] : all) {
            const auto answer = co_await web.ask("POST", path, body);
            EXPECT_EQ(answer.status, 202) << path << answer.body;
            const auto now = co_await replicas_of(web, "f.dev");
            EXPECT_EQ(now, wanted++) << path;
        }
        const auto elsewhere =
            co_await web.ask("POST", "/system/scale-function/f", R"({"serviceName":"f","replicas":2})");
        EXPECT_EQ(elsewhere.status, 404);
    });
}

TEST_F(system_api_scale, names_the_field_that_is_wrong) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::vector<std::pair<std::string, std::string>> all{
            {"", "the body is empty"},
            {"nonsense", ""},
            {"{}", "replicas: "},
            {R"({"replicas":null})", "replicas: "},
            {R"({"replicas":"3"})", "replicas: "},
            {R"({"replicas":-1})", "replicas: "},
            {R"({"replicas":1.5})", "replicas: "},
            {R"({"replicas":1e30})", "replicas: "},
            {R"({"replicas":1,"serviceName":7})", "serviceName: "},
            {R"({"replicas":1,"serviceName":"other"})", "serviceName: "},
            {R"({"replicas":1,"namespace":[]})", "namespace: "},
            {R"({"replicas":1,"namespace":"A"})", "namespace: "},
        };
        for (const auto& [body, field] : all) {
            const auto answer = co_await web.ask("POST", "/system/scale-function/f", body);
            EXPECT_EQ(answer.status, 400) << body;
            EXPECT_TRUE(answer.body.starts_with(field)) << body << ": " << answer.body;
        }
        const auto missing = co_await web.ask("POST", "/system/scale-function/g", R"({"replicas":1})");
        EXPECT_EQ(missing.status, 404);
        const auto bad = co_await web.ask("POST", "/system/scale-function/G", R"({"replicas":1})");
        EXPECT_EQ(bad.status, 400);
        EXPECT_EQ(web.audit.back().action, audit_action::function_scale);
        EXPECT_EQ(web.audit.back().status, 400);
    });
}

TEST_F(system_api_scale, pauses_and_resumes_without_losing_the_wanted_number) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        co_await scaled(web, "f", "3");
        const auto paused = co_await web.ask("PUT", "/system/function/f/pause");
        EXPECT_EQ(paused.status, 202);
        const auto shown = co_await web.get_json("/system/function/f");
        EXPECT_EQ(shown.at("mote").at("paused"), true);
        EXPECT_EQ(shown.at("replicas"), 3);
        const auto now = co_await scaled(web, "f", "4");  // for when it goes on
        EXPECT_EQ(now, 4U);
        const auto updated =
            co_await web.ask("PUT", "/system/functions", R"({"service":"f","image":"functions/http-echo"})");
        EXPECT_EQ(updated.status, 202);
        const auto still = co_await web.get_json("/system/function/f");
        EXPECT_EQ(still.at("mote").at("paused"), true);
        const auto resumed = co_await web.ask("POST", "/system/function/f.openfaas-fn/resume");
        EXPECT_EQ(resumed.status, 202);
        const auto after = co_await web.get_json("/system/function/f");
        EXPECT_FALSE(after.at("mote").as_object().contains("paused"));
        EXPECT_EQ(after.at("replicas"), 4);
        const auto missing = co_await web.ask("PUT", "/system/function/none/pause");
        EXPECT_EQ(missing.status, 404);
        EXPECT_EQ(web.audit.back().object, "none.openfaas-fn");
    });
}

std::string alert(std::string status, std::string function) {
    return R"({"receiver":"scale-up","status":")" + status + R"(","alerts":[{"status":")" + status +
           R"(","labels":{"alertname":"APIHighInvocationRate","function_name":")" + function + R"("}}]})";
}

TEST_F(system_api_scale, adds_replicas_while_an_alert_fires_and_goes_to_the_least_when_it_is_resolved) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f", R"(,"labels":{"com.openfaas.scale.min":"2","com.openfaas.scale.max":"25"})");
        std::vector<std::uint64_t> seen;
        for (int i = 0; i < 9; ++i) {
            const auto answer = co_await web.ask("POST", "/system/alert", alert("firing", "f.openfaas-fn"));
            EXPECT_EQ(answer.status, 200) << answer.body;
            EXPECT_EQ(answer.body, "");
            const auto now = co_await replicas_of(web, "f");
            seen.push_back(now);
        }
        EXPECT_EQ(seen, (std::vector<std::uint64_t>{5, 8, 11, 14, 17, 20, 23, 25, 25}));
        const auto answer = co_await web.ask("POST", "/system/alert", alert("resolved", "f"));
        EXPECT_EQ(answer.status, 200);
        const auto now = co_await replicas_of(web, "f");
        EXPECT_EQ(now, 2U);
        EXPECT_EQ(web.audit.back().action, audit_action::function_scale);
        EXPECT_EQ(web.audit.back().object, "f.openfaas-fn") << "as of all other changes";
    });
}

TEST_F(system_api_scale, leaves_a_function_alone_that_is_not_to_follow_alerts) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("off", R"(,"labels":{"com.openfaas.scale.factor":"0"})");
        co_await web.deploy("same", R"(,"labels":{"com.openfaas.scale.min":"3","com.openfaas.scale.max":"3"})");
        co_await web.deploy("paused");
        co_await web.ask("PUT", "/system/function/paused/pause");
        co_await web.deploy("asleep");
        co_await scaled(web, "asleep", "0");
        for (const std::string name : {"off", "same", "paused"}) {
            const auto before = co_await replicas_of(web, name);
            const auto answer = co_await web.ask("POST", "/system/alert", alert("firing", name));
            EXPECT_EQ(answer.status, 200);
            const auto after = co_await replicas_of(web, name);
            EXPECT_EQ(after, before) << name;
        }
        co_await web.ask("POST", "/system/alert", alert("resolved", "asleep"));
        const auto after = co_await replicas_of(web, "asleep");
        EXPECT_EQ(after, 0U);
    });
}

TEST_F(system_api_scale, follows_the_alerts_that_it_can_and_says_which_it_cannot) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::string both = R"({"status":"firing","alerts":[{"labels":{"function_name":"none"}},{"labels":{}},
            {"labels":{"function_name":"f","more":"x"}},{"status":"firing","labels":{"function_name":"B"}}]})";
        const auto answer = co_await web.ask("POST", "/system/alert", both);
        EXPECT_EQ(answer.status, 500);
        EXPECT_TRUE(contains(answer.body, "[0] function not found: none.openfaas-fn\n")) << answer.body;
        EXPECT_TRUE(contains(answer.body, "[1] labels.function_name is missing\n")) << answer.body;
        EXPECT_FALSE(contains(answer.body, "[2]")) << answer.body;
        EXPECT_TRUE(contains(answer.body, "[3] \"B\": ")) << answer.body;
        const auto now = co_await replicas_of(web, "f");
        EXPECT_EQ(now, 3U);  // one, and a tenth of twenty
        for (const std::string body : {"", "x", "[]", "{}", R"({"alerts":null})", R"({"alerts":[{}]})",
                                       R"({"alerts":[7]})", R"({"alerts":[{"labels":{"function_name":7}}]})"}) {
            const auto wrong = co_await web.ask("POST", "/system/alert", body);
            EXPECT_EQ(wrong.status, 400) << body;
        }
        const auto none = co_await web.ask("POST", "/system/alert", R"({"alerts":[]})");
        EXPECT_EQ(none.status, 200);
    });
}

}  // namespace
}  // namespace mote::test
