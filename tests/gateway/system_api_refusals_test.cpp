// Deployments and deletions that are refused, over HTTP, and what the answer says of them.

#include <tests/gateway/system_api_fixture.hpp>

namespace mote::test {
namespace {

class system_api_refusals : public system_api_test {};

struct wrong_body {
    std::string body;
    std::string field;  // that the answer begins with
};

TEST_F(system_api_refusals, refuses_what_can_never_start_and_deploys_nothing) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::string alpine = R"({"service":"f","image":"functions/alpine")";
        const std::string missing = "envProcess: is missing: functions/alpine";
        std::vector<wrong_body> all{
            {alpine + "}", missing},
            {alpine + R"(,"envProcess":" "})", missing},
            {alpine + R"(,"envVars":{"fprocess":"","mode":"http"}})", missing},
            {alpine + R"(,"envProcess":"cat","envVars":{"mode":"nonsense"}})", "envVars: mode=\"nonsense\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"mode":"afterburn"}})", "envVars: mode=\"afterburn\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"exec_timeout":"soon"}})", "envVars: exec_timeout=\"soon\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"exec_timeout":"-1"}})", "envVars: exec_timeout=\"-1\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"write_timeout":"0"}})",
             "envVars: write_timeout=\"0\": expected more than zero"},
            {alpine + R"(,"envProcess":"cat","envVars":{"upstream_url":"http://example.org"}})",
             "envVars: upstream_url=\"http://example.org\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"max_inflight":"many"}})", "envVars: max_inflight=\"many\": "},
            {alpine + R"(,"envProcess":"cat","envVars":{"jwt_auth":"true"}})", "envVars: jwt_auth=\"true\": "},
            {alpine + R"(,"envProcess":"cat","annotations":{"mote.network":"None"}})",
             "annotations: mote.network=\"None\": expected none or shared"},
            {alpine + R"(,"envProcess":"cat","annotations":{"mote.network":"none "}})",
             "annotations: mote.network=\"none \": expected none or shared"},
            {alpine + R"(,"envProcess":"cat","annotations":{"mote.network":"off"}})",
             "annotations: mote.network=\"off\": expected none or shared"},
        };
        all.push_back({alpine + R"(,"envProcess":"cat","envVars":{"LONG":")" + std::string(131'072 - 5, 'x') + R"("}})",
                       "envVars: LONG: more than the 128 KiB that a process can be given"});
        all.push_back(
            {alpine + R"(,"envProcess":")" + std::string(131'072, 'x') + R"("})", "envProcess: more than the 128 KiB"});
        for (const auto& wrong : all) {
            const auto answer = co_await web.ask("POST", "/system/functions", wrong.body);
            EXPECT_EQ(answer.status, 400) << wrong.body;
            EXPECT_TRUE(answer.body.starts_with(wrong.field)) << wrong.body << ": " << answer.body;
        }
        const auto listed = co_await web.ask("GET", "/system/functions");
        EXPECT_EQ(listed.body, "[]");

        const std::vector<std::string> good{
            R"("envProcess":"cat")",
            R"("envVars":{"fprocess":"cat"})",
            R"("envVars":{"function_process":"cat"})",
            R"("envVars":{"mode":"static"})",
            R"("envProcess":"cat","annotations":{"mote.network":"shared"},"limits":{"memory":"1e9","cpu":".5"})",
            R"("envProcess":"cat","envVars":{"LONG":")" + std::string(131'071 - 5, 'x') + R"("})",
            R"("envProcess":"cat","envVars":{"mode":"serializing","exec_timeout":"1m30s"})"};
        for (const auto& more : good) {
            co_await web.ask("DELETE", "/system/functions", R"({"functionName":"f"})");
            const auto deployed = co_await web.ask("POST", "/system/functions", alpine + "," + more + "}");
            EXPECT_EQ(deployed.status, 202) << more << ": " << deployed.body;
        }
        for (const auto& wrong : all) {
            const auto answer = co_await web.ask("PUT", "/system/functions", wrong.body);
            EXPECT_EQ(answer.status, 400) << wrong.body;
        }
        const auto kept = co_await web.get_json("/system/function/f");
        EXPECT_EQ(kept.at("mote").at("generation"), 1);
        EXPECT_EQ(kept.at("envVars").at("mode"), boost::json::value("serializing"));
    });
}

TEST_F(system_api_refusals, names_the_field_that_is_wrong_in_a_deployment) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::string good = R"("service":"f","image":"functions/alpine")";
        const std::vector<wrong_body> all{
            {"", "the body is empty"},
            {"{", ""},
            {"[]", ""},
            {"null", ""},
            {"{}", "service: "},
            {R"({"service":null,"image":"functions/alpine"})", "service: "},
            {R"({"service":7,"image":"functions/alpine"})", "service: "},
            {R"({"service":"","image":"functions/alpine"})", "service: "},
            {R"({"service":"Upper","image":"functions/alpine"})", "service: "},
            {R"({"service":"a.b","image":"functions/alpine"})", "service: "},
            {R"({"service":"../../x","image":"functions/alpine"})", "service: "},
            {R"({"service":"a/b","image":"functions/alpine"})", "service: "},
            {R"({"service":"ä","image":"functions/alpine"})", "service: "},
            {R"({"service":")" + std::string(64, 'a') + R"(","image":"functions/alpine"})", "service: "},
            {R"({"service":"f"})", "image: "},
            {R"({"service":"f","image":""})", "image: "},
            {R"({"service":"f","image":["functions/alpine"]})", "image: "},
            {"{" + good + R"(,"namespace":"a b"})", "namespace: "},
            {"{" + good + R"(,"namespace":{}})", "namespace: "},
            {"{" + good + R"(,"envProcess":1})", "envProcess: "},
            {"{" + good + R"(,"envProcess":"a\u0000b"})", "envProcess: "},
            {"{" + good + R"(,"envVars":[]})", "envVars: "},
            {"{" + good + R"(,"envVars":{"A":1}})", "envVars.A: "},
            {"{" + good + R"(,"envVars":{"A=B":"1"}})", "envVars: "},
            {"{" + good + R"(,"envVars":{"":"1"}})", "envVars: "},
            {"{" + good + R"(,"envVars":{"A":"\u0000"}})", "envVars: "},
            {"{" + good + R"(,"constraints":"a"})", "constraints: "},
            {"{" + good + R"(,"constraints":["a==b","gpu"]})", "constraints: \"gpu\": expected NAME==VALUE"},
            {"{" + good + R"(,"secrets":"a"})", "secrets: "},
            {"{" + good + R"(,"secrets":[null]})", "secrets[0]: "},
            {"{" + good + R"(,"secrets":["../x"]})", "secrets: "},
            {"{" + good + R"(,"labels":{"a":null}})", "labels.a: "},
            {"{" + good + R"(,"labels":{"com.openfaas.scale.min":"-1"}})", "labels: label com.openfaas.scale.min"},
            {"{" + good + R"(,"labels":{"com.openfaas.scale.max":"1001"}})", "labels: label com.openfaas.scale.max"},
            {"{" + good + R"(,"labels":{"com.openfaas.scale.min":"5","com.openfaas.scale.max":"4"}})", "labels: "},
            {"{" + good + R"(,"labels":{"com.openfaas.scale.factor":"101"}})", "labels: "},
            {"{" + good + R"(,"annotations":"a"})", "annotations: "},
            {"{" + good + R"(,"annotations":{"com.openfaas.retry.attempts":"many"}})",
             "annotations: annotation com.openfaas.retry.attempts \"many\""},
            {"{" + good + R"(,"annotations":{"com.openfaas.retry.codes":"200"}})", "annotations: "},
            {"{" + good + R"(,"annotations":{"com.openfaas.retry.min_wait":"-1s"}})", "annotations: "},
            {"{" + good + R"(,"annotations":{"com.openfaas.health.http.path":"x"}})", "annotations: "},
            {"{" + good + R"(,"annotations":{"com.openfaas.ready.http.path":""}})", "annotations: "},
            {"{" + good + R"(,"limits":{"memory":"5 apples"}})", "limits.memory: "},
            {"{" + good + R"(,"limits":{"memory":5}})", "limits.memory: "},
            {"{" + good + R"(,"limits":{"memory":"0"}})", "limits.memory: \"0\": less than 1Mi"},
            {"{" + good + R"(,"limits":{"cpu":"0"}})", "limits.cpu: \"0\": expected more than zero"},
            {"{" + good + R"(,"requests":{"cpu":"-1"}})", "requests.cpu: "},
            {"{" + good + R"(,"readOnlyRootFilesystem":"yes"})", "readOnlyRootFilesystem: "},
            {"{" + good + ",\"envProcess\":\"\xff\"}", ""},
            {"{" + good + R"(,"deep":)" + std::string(200, '[') + std::string(200, ']') + "}", ""},
            {"{" + good + R"(,"envProcess":")" + std::string(600'000, 'x') + "\"}", ""},
        };
        for (const auto& wrong : all) {
            const auto answer = co_await web.ask("POST", "/system/functions", wrong.body);
            EXPECT_EQ(answer.status, 400) << wrong.body.substr(0, 200);
            EXPECT_TRUE(answer.body.starts_with(wrong.field)) << wrong.body.substr(0, 200) << ": " << answer.body;
            EXPECT_GT(answer.body.size(), 5U) << wrong.body.substr(0, 200);
            EXPECT_LT(answer.body.size(), 400U) << wrong.body.substr(0, 200);
            EXPECT_FALSE(contains(answer.body, "mote.")) << answer.body;  // no words of our own categories
        }
        const auto huge = co_await web.ask("POST", "/system/functions", std::string(1'100'000, ' '));
        EXPECT_EQ(huge.status, 413);
        const auto listed = co_await web.ask("GET", "/system/functions");
        EXPECT_EQ(listed.body, "[]");
    });
}

/// A field of a body, with a good value of its kind.
struct body_field {
    std::string name;
    std::string good;
    // What the status is; 0: as with all fields.
    int absent = 0;            // where it is missing or null
    int with_huge_text = 400;  // where it is a text that is nearly as long as a body may be
};

constexpr int needed = 400;  // of `absent`

/// A request whose body is an object, or has it inside.
struct checked_request {
    std::string method;
    std::string path;
    int good = 202;        // status with all fields
    std::string before{};  // of the body, the object
    std::string after{};
    std::string where{};  // what a refusal says before the name of a field
};

/// One object with all fields but that of this name, which has another value, or is not there.
std::string object_with(const std::vector<body_field>& fields, const std::string& changed, const std::string& value) {
    std::string object;
    for (const auto& each : fields) {
        const auto& said = each.name == changed ? value : each.good;
        if (!said.empty()) object += (object.empty() ? "{" : ",") + ('"' + each.name + "\":" + said);
    }
    return (object.empty() ? "{" : object) + "}";
}

/// The answer where one field has this value.
asio::awaitable<http::response> ask_with(api_front* web, checked_request request, std::vector<body_field> fields,
                                         std::string changed, std::string value) {
    const auto body = request.before + object_with(fields, changed, value) + request.after;
    auto answer = co_await web->ask(request.method, request.path, body);
    co_return answer;
}

/// Sends a body with each field missing, null, of every other kind, and huge in turn: nothing but what is optional may be
/// missing or null, and a refusal names the field.
asio::awaitable<void> expect_fields_checked(api_front* web, checked_request request, std::vector<body_field> fields) {
    const auto whole = co_await ask_with(web, request, fields, "", "");
    EXPECT_EQ(whole.status, request.good) << request.path << ": " << whole.body;
    const std::vector<std::string> kinds{"7", "-1.5e300", "\"text\"", "[7]", "{\"a\":7}", "true"};
    for (const auto& field : fields) {
        const auto named = request.where + field.name;
        const auto said = request.method + ' ' + request.path + ' ' + named + ": ";
        const std::vector<std::string> absent{"", "null"};
        for (const auto& value : absent) {
            const auto answer = co_await ask_with(web, request, fields, field.name, value);
            EXPECT_EQ(answer.status, field.absent == 0 ? request.good : field.absent) << said << value << answer.body;
            if (field.absent == needed) {
                EXPECT_TRUE(answer.body.starts_with(named + ": ")) << said << value << answer.body;
            }
        }
        for (const auto& value : kinds) {
            if (value.front() == field.good.front()) continue;
            const auto answer = co_await ask_with(web, request, fields, field.name, value);
            EXPECT_EQ(answer.status, 400) << said << value << answer.body;
            EXPECT_TRUE(answer.body.starts_with(named)) << said << value << answer.body;
        }
        const std::vector<std::string> huge{'"' + std::string(750'000, 'x') + '"',
                                            std::string(300'000, '[') + std::string(300'000, ']'),
                                            std::string(600'000, '9')};
        const int with_text = field.with_huge_text == 0 ? request.good : field.with_huge_text;
        for (const auto& value : huge) {
            const auto answer = co_await ask_with(web, request, fields, field.name, value);
            EXPECT_EQ(answer.status, value.front() == '"' ? with_text : 400)
                << said << value.substr(0, 10) << answer.body.substr(0, 400);
            EXPECT_LT(answer.body.size(), 400U) << said << value.substr(0, 10);
        }
    }
}

TEST_F(system_api_refusals, no_field_may_be_of_another_kind_or_huge_and_only_some_missing_or_null) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::vector<body_field> deployment{
            {"service", R"("f")", needed},
            {"image", R"("functions/alpine")", needed},
            {"namespace", R"("openfaas-fn")"},
            {"envProcess", R"("cat")"},
            {"envVars", R"({"fprocess":"cat"})"},
            {"constraints", R"(["a==b"])"},
            {"secrets", "[]"},
            {"labels", R"({"a":"b"})"},
            {"annotations", R"({"a":"b"})"},
            {"limits", R"({"memory":"1Gi"})"},
            {"requests", R"({"cpu":"100m"})"},
            {"readOnlyRootFilesystem", "true"},
        };
        const checked_request update{"PUT", "/system/functions"};
        co_await expect_fields_checked(&web, update, deployment);
        const auto kept = co_await web.get_json("/system/functions");
        EXPECT_EQ(kept.as_array().size(), 1U);
        co_await web.ask("POST", "/system/namespace/", R"({"name":"dev"})");
        const std::vector<body_field> space{
            {"name", R"("dev")"}, {"labels", R"({"a":"b"})"}, {"annotations", R"({"a":"b"})"}};
        const checked_request namespace_update{"PUT", "/system/namespace/dev"};
        co_await expect_fields_checked(&web, namespace_update, space);
    });
}

TEST_F(system_api_refusals, no_field_of_a_scaling_or_a_deletion_may_be_of_another_kind_or_huge) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::vector<body_field> scaling{
            {"serviceName", R"("f")"}, {"namespace", R"("openfaas-fn")"}, {"replicas", "7", needed}};
        const checked_request scale{"POST", "/system/scale-function/f"};
        co_await expect_fields_checked(&web, scale, scaling);
        const auto kept = co_await web.get_json("/system/function/f");
        EXPECT_EQ(kept.at("replicas"), 7);
        const std::vector<body_field> deletion{{"functionName", R"("none")", needed},
                                               {"namespace", R"("openfaas-fn")"}};
        const checked_request removal{"DELETE", "/system/functions", 404};  // so that each is about the same
        co_await expect_fields_checked(&web, removal, deletion);
    });
}

TEST_F(system_api_refusals, no_field_of_an_alert_may_be_of_another_kind_or_huge) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::vector<body_field> message{{"status", R"("firing")", 0, 0},
                                              {"alerts", R"([{"labels":{"function_name":"f"}}])", needed}};
        const checked_request all{"POST", "/system/alert", 200};
        co_await expect_fields_checked(&web, all, message);
        const std::vector<body_field> alert{{"status", R"("firing")", 0, 0},
                                            {"labels", R"({"function_name":"f"})", needed}};
        const checked_request one{"POST", "/system/alert", 200, R"({"alerts":[)", "]}", "alerts[0]."};
        co_await expect_fields_checked(&web, one, alert);
        // What no function is found for is told of each alert, behind those that were followed.
        const std::vector<body_field> labels{{"function_name", R"("f")", 500, 500}};
        const checked_request inner{"POST", "/system/alert",    200, R"({"alerts":[{"labels":)",
                                    "}]}",  "alerts[0].labels."};
        co_await expect_fields_checked(&web, inner, labels);
    });
}

TEST_F(system_api_refusals, no_field_of_a_secret_may_be_of_another_kind_or_huge) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/secrets", R"({"name":"s","value":"v"})");
        const std::vector<body_field> secret{{"name", R"("s")", needed},
                                             {"namespace", R"("openfaas-fn")"},
                                             {"value", R"("v")", 0, 0},  // not read where there is the other
                                             {"rawValue", R"("AAH/IAo=")", 0, 413}};
        const checked_request creation{"POST", "/system/secrets", 409};
        co_await expect_fields_checked(&web, creation, secret);
        const checked_request update{"PUT", "/system/secrets", 200};
        co_await expect_fields_checked(&web, update, secret);
        const std::vector<body_field> only_value{{"name", R"("s")", needed}, {"value", R"("v")", needed, 413}};
        co_await expect_fields_checked(&web, update, only_value);
        const std::vector<body_field> gone{{"name", R"("none")", needed}, {"namespace", R"("openfaas-fn")"}};
        const checked_request removal{"DELETE", "/system/secrets", 404};
        co_await expect_fields_checked(&web, removal, gone);
    });
}

TEST_F(system_api_refusals, names_the_field_that_is_wrong_in_a_deletion) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::vector<wrong_body> all{
            {"", "the body is empty"},
            {"{}", "functionName: "},
            {R"({"functionName":null})", "functionName: "},
            {R"({"functionName":""})", "functionName: "},
            {R"({"functionName":[]})", "functionName: "},
            {R"({"functionName":"a","namespace":1})", "namespace: "},
            {R"({"functionName":"a","namespace":"A"})", "namespace: "},
            {R"({"functionName":"A"})", "\"A\": "},
        };
        for (const auto& wrong : all) {
            const auto answer = co_await web.ask("DELETE", "/system/functions", wrong.body);
            EXPECT_EQ(answer.status, 400) << wrong.body;
            EXPECT_TRUE(answer.body.starts_with(wrong.field)) << wrong.body << ": " << answer.body;
        }
        const auto missing = co_await web.ask("DELETE", "/system/functions", R"({"functionName":"none"})");
        EXPECT_EQ(missing.status, 404);
        EXPECT_EQ(missing.body, "function not found: none.openfaas-fn\n");
        for (const std::string path : {"/system/function/%2e%2e", "/system/function/A", "/system/function/a..b",
                                       "/system/function/a?namespace=B", "/system/function/a?namespace=%zz"}) {
            const auto answer = co_await web.ask("GET", path);
            EXPECT_EQ(answer.status, 400) << path;
        }
    });
}

}  // namespace
}  // namespace mote::test
