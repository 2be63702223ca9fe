// What faas-cli asks about functions: login, version, deploy, list, describe, ready, invoke, remove.

#include <tests/faas_cli/requests.hpp>
#include <tests/support/sanitized.hpp>

namespace mote::test {
namespace {

using faas_cli_functions = faas_cli_requests;

constexpr const char* full =
    R"({"service":"env","image":"functions/alpine","envProcess":"env","envVars":{"colour":"blue"},)"
    R"("labels":{"team":"a"},"annotations":{"topic":"x"},"constraints":["node.platform.os == linux"],)"
    R"("limits":{"memory":"64Mi"},"readOnlyRootFilesystem":true})";

TEST_F(faas_cli_functions, login_is_200_with_the_right_password_alone) {
    const auto right = system("GET", "/system/functions");
    EXPECT_EQ(right.status, 200);
    EXPECT_EQ(right.body, "[]");
    const auto wrong = with_password("guess", "GET", "/system/functions");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_TRUE(wrong.header("WWW-Authenticate"));
    EXPECT_EQ(without_login("GET", "/system/functions").status, 401);
    EXPECT_EQ(without_login("POST", "/system/functions", full).status, 401);
    EXPECT_EQ(system("GET", "/system/functions").body, "[]") << "nothing was deployed";
}

TEST_F(faas_cli_functions, version_names_provider_and_release) {
    const auto info = json("/system/info");
    EXPECT_EQ(text_at(info.at("provider"), "provider"), "mote");
    EXPECT_FALSE(text_at(info.at("provider").at("version"), "release").empty());
    EXPECT_FALSE(text_at(info.at("version"), "release").empty());
    const auto commit = text_at(info.at("version"), "sha");
    EXPECT_EQ(commit.size(), MOTE_TEST_KNOWS_COMMIT ? 40U : 0U) << commit;
    EXPECT_EQ(commit.find_first_not_of("0123456789abcdef"), std::string::npos) << commit;
}

TEST_F(faas_cli_functions, deploy_keeps_what_its_flags_say_and_runs_it) {
    deploy_new(full);
    if (!sanitized) {  // in 64 MiB what starts its processes has no room then
        const auto told = invoke("env.openfaas-fn");
        EXPECT_EQ(told.status, 200) << told.body;
        EXPECT_TRUE(has(told.body, "colour=blue\n"));
    }
    const auto shown = json("/system/function/env?namespace=openfaas-fn&usage=1");
    EXPECT_EQ(text_at(shown, "image"), "functions/alpine");
    EXPECT_EQ(text_at(shown, "envProcess"), "env");
    EXPECT_EQ(text_at(shown.at("labels"), "team"), "a");
    EXPECT_EQ(text_at(shown.at("annotations"), "topic"), "x");
    EXPECT_EQ(text_at(shown.at("limits"), "memory"), "64Mi");
    EXPECT_EQ(text_at(shown.at("envVars"), "colour"), "blue");
    EXPECT_EQ(boost::json::serialize(shown.at("constraints")), R"(["node.platform.os == linux"])");
    EXPECT_EQ(shown.at("readOnlyRootFilesystem"), true);
}

TEST_F(faas_cli_functions, deploy_once_more_updates) {
    deploy_new(R"({"service":"say","image":"functions/alpine","envProcess":"echo old","labels":{},"annotations":{}})");
    EXPECT_EQ(invoke("say.openfaas-fn").body, "old\n");
    const auto updated =
        system("PUT", "/system/functions",
               R"({"service":"say","image":"functions/alpine","envProcess":"echo new","labels":{},"annotations":{}})");
    EXPECT_TRUE(accepted(updated)) << updated.body;
    EXPECT_TRUE(eventually_holds([&] { return invoke("say.openfaas-fn").body == "new\n"; }));
    EXPECT_EQ(json("/system/functions?namespace=").as_array().size(), 1U);
}

TEST_F(faas_cli_functions, deploy_of_an_unknown_image_or_secret_is_refused_by_name) {
    const auto image =
        system("POST", "/system/functions", R"({"service":"x","image":"nobody/pushed-this:1","envProcess":"env"})");
    EXPECT_EQ(image.status, 400);
    EXPECT_TRUE(has(image.body, "nobody/pushed-this:1"));
    const auto secret = system("POST", "/system/functions",
                               R"({"service":"x","image":"functions/alpine","envProcess":"env","secrets":["absent"]})");
    EXPECT_EQ(secret.status, 400);
    EXPECT_TRUE(has(secret.body, "absent"));
    EXPECT_EQ(system("GET", "/system/functions").body, "[]");
}

TEST_F(faas_cli_functions, list_and_describe_count_calls_and_ready_sees_a_replica) {
    EXPECT_EQ(without_login("GET", "/healthz").status, 200);
    deploy_new(R"({"service":"cat","image":"functions/alpine","envProcess":"cat","labels":{},"annotations":{}})");
    EXPECT_EQ(invoke("cat.openfaas-fn", "a").body, "a");
    EXPECT_EQ(invoke("cat.openfaas-fn", "b").body, "b");
    EXPECT_TRUE(eventually_holds([&] {
        const auto ready = json("/system/function/cat?namespace=openfaas-fn").as_object();
        return ready.contains("availableReplicas") && ready.at("availableReplicas").to_number<int>() > 0;
    })) << system("GET", "/system/function/cat").body;
    EXPECT_TRUE(eventually_holds([&] {
        const auto all = json("/system/functions?namespace=openfaas-fn").as_array();
        return all.size() == 1 && text_at(all[0], "name") == "cat" && all[0].as_object().contains("invocationCount") &&
               all[0].at("invocationCount").to_number<double>() == 2;
    })) << system("GET", "/system/functions?namespace=openfaas-fn").body;
}

TEST_F(faas_cli_functions, invoke_sends_query_and_headers_and_sees_the_status) {
    deploy_new(R"({"service":"env","image":"functions/alpine","envProcess":"env","labels":{},"annotations":{}})");
    const auto told = invoke("env.openfaas-fn?a=b+c&d=1", "", {{"X-Thing", "7"}});
    EXPECT_EQ(told.status, 200) << told.body;
    EXPECT_TRUE(has(told.body, "Http_Query=a=b+c&d=1\n"));
    EXPECT_TRUE(has(told.body, "Http_X_Thing=7\n"));
    deploy_new(R"({"service":"failing","image":"functions/alpine","envProcess":"false"})");
    EXPECT_EQ(invoke("failing.openfaas-fn", "x").status, 500);
    EXPECT_EQ(invoke("nobody.openfaas-fn", "x").status, 404);
}

TEST_F(faas_cli_functions, invoke_async_is_202_and_done_later) {
    deploy_new(R"({"service":"cat","image":"functions/alpine","envProcess":"cat","labels":{},"annotations":{}})");
    const auto queued = without_login("POST", "/async-function/cat.openfaas-fn", "later");
    EXPECT_EQ(queued.status, 202) << queued.body;
    const std::string id(queued.header("X-Call-Id").value_or(""));
    ASSERT_FALSE(id.empty());
    EXPECT_TRUE(eventually_holds([&] {
        const auto shown = mote({"call", id}).out;
        return has(shown, "state        done\n") && has(shown, "later");
    })) << mote({"call", id}).out;
}

TEST_F(faas_cli_functions, remove_ends_it_and_is_404_the_second_time) {
    deploy_new(R"({"service":"cat","image":"functions/alpine","envProcess":"cat","labels":{},"annotations":{}})");
    EXPECT_EQ(invoke("cat.openfaas-fn", "a").status, 200);
    const std::string body = R"({"functionName":"cat","namespace":"openfaas-fn"})";
    EXPECT_TRUE(accepted(system("DELETE", "/system/functions", body)));
    EXPECT_TRUE(eventually_holds([&] { return invoke("cat.openfaas-fn", "a").status == 404; }));
    EXPECT_EQ(system("GET", "/system/functions").body, "[]");
    EXPECT_EQ(system("GET", "/system/function/cat?namespace=openfaas-fn").status, 404);
    EXPECT_EQ(system("DELETE", "/system/functions", body).status, 404);
}

TEST_F(faas_cli_functions, deploy_that_replaces_removes_first_and_creates_at_once) {
    const std::string removal = R"({"functionName":"say"})";
    EXPECT_EQ(system("DELETE", "/system/functions", removal).status, 404) << "which it passes over";
    for (const std::string word : {"one", "two", "three"}) {
        system("DELETE", "/system/functions", removal);
        const auto created =
            system("POST", "/system/functions",
                   R"({"service":"say","image":"functions/alpine","envProcess":"echo )" + word + R"(","labels":{}})");
        EXPECT_TRUE(accepted(created)) << created.body;
        EXPECT_TRUE(eventually_holds([&] { return invoke("say.openfaas-fn").body == word + "\n"; }))
            << invoke("say.openfaas-fn").body;
    }
    EXPECT_EQ(json("/system/functions").as_array().size(), 1U);
}

TEST_F(faas_cli_functions, invoke_by_a_method_tells_the_function) {
    deploy_new(R"({"service":"env","image":"functions/alpine","envProcess":"env","labels":{},"annotations":{}})");
    for (const std::string method : {"GET", "PUT", "PATCH", "DELETE"}) {
        const auto told = invoke_by(method, "env.openfaas-fn", method == "GET" ? "" : "x");
        EXPECT_EQ(told.status, 200) << method << ": " << told.body;
        EXPECT_TRUE(has(told.body, "Http_Method=" + method + "\n"));
    }
}

}  // namespace
}  // namespace mote::test
