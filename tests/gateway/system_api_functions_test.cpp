// What is deployed, over HTTP.

#include <tests/gateway/system_api_fixture.hpp>

#include <array>
#include <fstream>
#include <tests/support/temp_dir.hpp>

namespace mote::test {
namespace {

using gateway::audit_action;

class system_api_functions : public system_api_test {};

TEST_F(system_api_functions, shows_a_function_right_after_its_deployment_in_both_ways) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const auto none = co_await web.ask("GET", "/system/functions");
        EXPECT_EQ(none.status, 200);
        EXPECT_EQ(none.body, "[]");
        for (int i = 0; i < 20; ++i) {
            const auto name = "f" + std::to_string(i);
            co_await web.deploy(name);
            const auto listed = co_await web.get_json("/system/functions");
            EXPECT_EQ(listed.as_array().size(), static_cast<std::size_t>(i) + 1);
            const auto shown = co_await web.get_json("/system/function/" + name);
            EXPECT_EQ(shown.at("name"), boost::json::value(name));
        }
        for (int i = 0; i < 20; ++i) {
            const auto gone =
                co_await web.ask("DELETE", "/system/functions", R"({"functionName":"f)" + std::to_string(i) + "\"}");
            EXPECT_EQ(gone.status, 202) << gone.body;
            const auto listed = co_await web.get_json("/system/functions");
            EXPECT_EQ(listed.as_array().size(), static_cast<std::size_t>(19 - i));
        }
    });
}

TEST_F(system_api_functions, has_no_more_fields_than_were_sent_but_labels_and_annotations) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const auto answer = co_await web.ask(
            "POST", "/system/functions",
            R"({"service":"env","image":"functions/http-echo","envProcess":"","envVars":{},"secrets":[],
                                 "labels":null,"annotations":null,"limits":null,"requests":{},"constraints":null,
                                 "readOnlyRootFilesystem":false,"registryAuth":"x","network":"y"})");
        EXPECT_EQ(answer.status, 202) << answer.body;
        const auto listed = co_await web.get_json("/system/functions");
        EXPECT_EQ(listed.as_array().size(), 1U);
        const auto& shown = listed.at(0).as_object();
        std::vector<std::string> names;
        for (const auto& member : shown) names.emplace_back(member.key());
        EXPECT_EQ(names, (std::vector<std::string>{"name", "image", "namespace", "labels", "annotations", "replicas",
                                                   "createdAt"}));
        EXPECT_EQ(boost::json::serialize(shown.at("labels")), R"({"faas_function":"env"})");
        EXPECT_EQ(boost::json::serialize(shown.at("annotations")), "{}");
        EXPECT_EQ(boost::json::serialize(shown.at("replicas")), "1");
    });
}

TEST_F(system_api_functions, gives_back_what_was_sent_as_it_was_sent) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/secrets", R"({"name":"key","value":"v"})");
        const auto answer = co_await web.ask(
            "POST", "/system/functions",
            R"({"service":"full","image":"r.example/functions/alpine:3.1","envProcess":"cat -n","envVars":{"A":"1","B":"ü"},
                "constraints":["node=one"],"secrets":["key"],
                "labels":{"com.openfaas.scale.min":"2","com.openfaas.scale.max":"5","team":"a"},
                "annotations":{"schema":"{\n \"a\": 1\n}"},"limits":{"memory":"5Mi","cpu":"100m","nvidia.com/gpu":"1"},
                "requests":{"memory":"1.5Mi"},"readOnlyRootFilesystem":true})");
        EXPECT_EQ(answer.status, 202) << answer.body;
        const auto shown = co_await web.get_json("/system/function/full");
        const auto part = [&](const char* name) { return boost::json::serialize(shown.at(name)); };
        EXPECT_EQ(part("image"), R"("r.example/functions/alpine:3.1")");
        EXPECT_EQ(part("namespace"), R"("openfaas-fn")");
        EXPECT_EQ(part("envProcess"), R"("cat -n")");
        EXPECT_EQ(part("envVars"), R"({"A":"1","B":"ü"})");
        EXPECT_EQ(part("constraints"), R"(["node=one"])");
        EXPECT_EQ(part("secrets"), R"(["key"])");
        EXPECT_EQ(shown.at("labels").as_object().size(), 4U);
        EXPECT_EQ(shown.at("labels").at("faas_function"), boost::json::value("full"));
        EXPECT_EQ(shown.at("annotations").at("schema"), boost::json::value("{\n \"a\": 1\n}"));
        EXPECT_EQ(part("limits"), R"({"memory":"5Mi","cpu":"100m","nvidia.com/gpu":"1"})");
        EXPECT_EQ(part("requests"), R"({"memory":"1.5Mi"})");
        EXPECT_EQ(part("readOnlyRootFilesystem"), "true");
        EXPECT_EQ(part("replicas"), "2");
        EXPECT_FALSE(shown.as_object().contains("usage"));
    });
}

TEST_F(system_api_functions, says_what_the_nodes_say_and_usage_only_when_asked) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("echo");
        functions::function_state state;
        state.key = "openfaas-fn.echo";
        state.ready = 3;
        state.calls = 7;
        state.millicores = 12.5;
        state.memory = 4096;
        state.limits = "rlimits";
        state.sandbox = "bubblewrap";
        co_await web.tell(state);
        const auto shown = co_await web.get_json("/system/function/echo?usage=1");
        EXPECT_EQ(shown.at("availableReplicas"), 3);
        EXPECT_EQ(shown.at("invocationCount"), 7);
        EXPECT_EQ(shown.at("usage").at("cpu"), 12.5);
        EXPECT_EQ(shown.at("usage").at("totalMemoryBytes").to_number<double>(), 4096.0);
        EXPECT_EQ(shown.at("mote").at("limits"), boost::json::value("rlimits"));
        EXPECT_EQ(shown.at("mote").at("sandbox"), boost::json::value("bubblewrap"));
        const auto also = co_await web.get_json("/system/function/echo?usage=true");
        EXPECT_TRUE(also.as_object().contains("usage"));
        const auto listed = co_await web.get_json("/system/functions");
        EXPECT_EQ(listed.at(0).at("availableReplicas"), 3);
        EXPECT_EQ(listed.at(0).at("invocationCount"), 7);
        EXPECT_FALSE(listed.at(0).as_object().contains("usage"));
        EXPECT_FALSE(listed.at(0).as_object().contains("mote")) << "it has no trouble";
        web.answered = 9;  // by a node that is gone, or in another mode
        const auto more = co_await web.get_json("/system/functions");
        EXPECT_EQ(more.at(0).at("invocationCount"), 9);
        web.answered = 5;  // some were queued, or asked for at another gateway
        const auto fewer = co_await web.get_json("/system/function/echo");
        EXPECT_EQ(fewer.at("invocationCount"), 7);
    });
}

TEST_F(system_api_functions, lists_those_that_have_trouble_with_it) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("broken");
        co_await web.deploy("picky", R"(,"constraints":["disk == ssd"])");
        co_await web.deploy("well");
        functions::node_state node;
        node.id = "node1";
        node.labels.emplace();
        functions::function_state state;
        state.key = "openfaas-fn.broken";
        state.trouble = "its process exited with code 1";
        node.functions.push_back(state);
        const auto text = functions::write_node_state(node);
        co_await web.stores.nodes.put("node1", text);
        const auto broken = functions::function_name::parse("broken");
        const bool seen = co_await eventually([&] { return !web.nodes.of(broken).trouble.empty(); });
        EXPECT_TRUE(seen);
        const auto listed = co_await web.get_json("/system/functions");
        EXPECT_EQ(listed.as_array().size(), 3U);
        EXPECT_EQ(listed.at(0).at("mote").at("trouble"), boost::json::value("its process exited with code 1"));
        EXPECT_TRUE(contains(boost::json::serialize(listed.at(1).at("mote").at("trouble")), "disk == ssd")) << listed;
        EXPECT_FALSE(listed.at(2).as_object().contains("mote")) << listed;
        co_await web.ask("PUT", "/system/function/well/pause");
        const auto paused = co_await web.get_json("/system/functions");
        EXPECT_EQ(paused.at(2).at("mote").at("paused"), true) << paused;
        for (const auto& each : listed.as_array()) {
            const std::string name(each.at("name").as_string());
            const auto shown = co_await web.get_json("/system/function/" + name);
            EXPECT_TRUE(!each.as_object().contains("mote") || each.at("mote") == shown.at("mote")) << name;
        }
    });
}

TEST_F(system_api_functions, takes_a_name_with_its_namespace_and_a_namespace_in_query_or_body) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/", R"({"name":"dev"})");
        co_await web.deploy("a", R"(,"namespace":"dev")");
        const auto by_query = co_await web.ask("POST", "/system/functions?namespace=dev",
                                               R"({"service":"b","image":"functions/http-echo"})");
        EXPECT_EQ(by_query.status, 202) << by_query.body;
        co_await web.deploy("c");
        const auto dev = co_await web.get_json("/system/functions?namespace=dev");
        EXPECT_EQ(dev.as_array().size(), 2U);
        EXPECT_EQ(dev.at(0).at("namespace"), boost::json::value("dev"));
        const auto usual = co_await web.get_json("/system/functions");
        EXPECT_EQ(usual.as_array().size(), 1U);
        for (const std::string path :
             {"/system/function/a.dev", "/system/function/a?namespace=dev", "/system/function/a.dev?namespace=dev"}) {
            const auto shown = co_await web.ask("GET", path);
            EXPECT_EQ(shown.status, 200) << path;
        }
        for (const std::string path : {"/system/function/a", "/system/function/c.dev"}) {
            const auto missing = co_await web.ask("GET", path);
            EXPECT_EQ(missing.status, 404) << path;
        }
        const auto in_query = co_await web.ask("DELETE", "/system/functions?namespace=dev", R"({"functionName":"a"})");
        EXPECT_EQ(in_query.status, 202);
        const auto in_name = co_await web.ask("DELETE", "/system/functions", R"({"functionName":"b.dev"})");
        EXPECT_EQ(in_name.status, 202);
        const auto empty = co_await web.ask("GET", "/system/functions?namespace=dev");
        EXPECT_EQ(empty.body, "[]");
        const auto unknown = co_await web.ask("GET", "/system/functions?namespace=nowhere");
        EXPECT_EQ(unknown.status, 400);
        EXPECT_EQ(unknown.body, "namespace: there is no nowhere\n");
    });
}

TEST_F(system_api_functions, updates_what_is_there_and_keeps_age_and_replicas) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::string body = R"({"service":"u","image":"functions/http-echo")";
        const auto early = co_await web.ask("PUT", "/system/functions", body + "}");
        EXPECT_EQ(early.status, 404);
        co_await web.deploy("u");
        const auto again = co_await web.ask("POST", "/system/functions", body + "}");
        EXPECT_EQ(again.status, 409);
        EXPECT_TRUE(contains(again.body, "u.openfaas-fn")) << again.body;
        co_await web.ask("POST", "/system/scale-function/u", R"({"serviceName":"u","replicas":4})");
        const auto before = co_await web.get_json("/system/function/u");
        EXPECT_EQ(before.at("mote").at("generation"), 1);

        const auto updated = co_await web.ask("PUT", "/system/functions", body + R"(,"envProcess":"env"})");
        EXPECT_EQ(updated.status, 202) << updated.body;
        const auto after = co_await web.get_json("/system/function/u");
        EXPECT_EQ(after.at("createdAt"), before.at("createdAt"));
        EXPECT_EQ(after.at("envProcess"), boost::json::value("env"));
        EXPECT_EQ(after.at("mote").at("generation"), 2);
        EXPECT_EQ(after.at("replicas"), 4);

        co_await web.ask("PUT", "/system/functions", body + R"(,"labels":{"com.openfaas.scale.max":"3"}})");
        const auto fewer = co_await web.get_json("/system/function/u");
        EXPECT_EQ(fewer.at("replicas"), 3);
        co_await web.ask("PUT", "/system/functions", body + R"(,"labels":{"com.openfaas.scale.min":"6"}})");
        const auto more = co_await web.get_json("/system/function/u");
        EXPECT_EQ(more.at("replicas"), 6);
        EXPECT_FALSE(more.as_object().contains("envProcess"));
        co_await web.ask("POST", "/system/scale-function/u", R"({"serviceName":"u","replicas":0})");
        co_await web.ask("PUT", "/system/functions", body + "}");
        const auto asleep = co_await web.get_json("/system/function/u");
        EXPECT_FALSE(asleep.as_object().contains("replicas"));
    });
}

TEST_F(system_api_functions, keeps_the_version_that_served_beside_the_newest_and_shows_the_newest) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const auto name = functions::function_name::parse("u");
        co_await web.deploy("u", R"(,"envProcess":"first")");
        auto kept = co_await web.stores.functions.get(name);
        EXPECT_FALSE(kept->what.previous);
        const std::string body = R"({"service":"u","image":"functions/http-echo","envProcess":")";
        const std::array<std::string, 2> versions{"second", "third"};
        for (const auto& version : versions) {
            const auto updated = co_await web.ask("PUT", "/system/functions", body + version + "\"}");
            EXPECT_EQ(updated.status, 202) << updated.body;
            co_await web.ask("POST", "/system/scale-function/u", R"({"serviceName":"u","replicas":4})");
            const auto shown = co_await web.get_json("/system/function/u");
            EXPECT_EQ(shown.at("envProcess").as_string(), version);
            EXPECT_FALSE(shown.as_object().contains("previous"));
            const auto all = co_await web.get_json("/system/functions");
            EXPECT_EQ(all.at(0).at("envProcess").as_string(), version);
            kept = co_await web.stores.functions.get(name);
            EXPECT_TRUE(kept->what.previous);
            if (!kept->what.previous) co_return;
            EXPECT_EQ(kept->what.previous->wanted.process, "first");
            EXPECT_EQ(kept->what.previous->generation, 1U);
        }
        EXPECT_EQ(kept->what.generation, 3U);
    });
}

TEST_F(system_api_functions, runs_a_bundle_by_the_digest_that_it_has_when_deployed) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const temp_dir files;
        std::ofstream(files.path() / "run.sh") << "cat\n";
        const auto image = functions::image_name::parse("team/app");
        const auto pushed = co_await web.stores.bundles.push(image, files.path());
        const auto answer = co_await web.ask("POST", "/system/functions",
                                             R"({"service":"app","image":"any.example:5000/team/app:1.0"})");
        EXPECT_EQ(answer.status, 202) << answer.body;
        const auto shown = co_await web.get_json("/system/function/app");
        EXPECT_EQ(shown.at("mote").at("digest"), boost::json::value(pushed.digest.text()));
        EXPECT_EQ(shown.at("image"), boost::json::value("any.example:5000/team/app:1.0"));

        std::ofstream(files.path() / "run.sh") << "tac\n";
        const auto changed = co_await web.stores.bundles.push(image, files.path());
        const auto updated =
            co_await web.ask("PUT", "/system/functions", R"({"service":"app","image":"team/app:1.0"})");
        EXPECT_EQ(updated.status, 202) << updated.body;
        EXPECT_EQ(web.audit.size(), 2U);
        if (web.audit.size() != 2) co_return;
        EXPECT_EQ(web.audit[0].digest, pushed.digest.text()) << "the push itself is not seen by a gateway";
        EXPECT_EQ(web.audit[1].digest, changed.digest.text());
    });
}

TEST_F(system_api_functions, refuses_an_image_that_is_no_bundle_and_says_how_to_push_one) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        for (const std::string method : {"POST", "PUT"}) {
            const auto unknown =
                co_await web.ask(method, "/system/functions", R"({"service":"f","image":"team/none:1"})");
            EXPECT_EQ(unknown.status, 400);
            EXPECT_TRUE(contains(unknown.body, "mote bundle push team/none:1")) << unknown.body;
            const auto wrong = co_await web.ask(method, "/system/functions", R"({"service":"f","image":"../none"})");
            EXPECT_EQ(wrong.status, 400);
            EXPECT_TRUE(wrong.body.starts_with("image: ")) << wrong.body;
            if (method == "POST") co_await web.deploy("f");
        }
        const temp_dir files;
        std::ofstream(files.path() / "run.sh") << "cat\n";
        const auto image = functions::image_name::parse("any.example:5000/team/app:1.0");
        co_await web.stores.bundles.push(image, files.path());
        const auto other = co_await web.ask("POST", "/system/functions", R"({"service":"g","image":"team/app:2"})");
        EXPECT_EQ(other.status, 400);
        EXPECT_EQ(
            other.body,
            "image: no bundle is \"team/app:2\"; of that path there is any.example:5000/team/app:1.0: say which\n");
        const auto only = co_await web.ask("POST", "/system/functions", R"({"service":"g","image":"team/app"})");
        EXPECT_EQ(only.status, 202) << "one bundle only is of that path";
    });
}

asio::awaitable<void> expect_contradiction(api_front* web, std::string method, std::string path,
                                           std::string body = {}) {
    const auto answer = co_await web->ask(method, path, body);
    EXPECT_EQ(answer.status, 400) << method << " " << path << body;
    EXPECT_TRUE(contains(answer.body, "namespace: the request says both ")) << answer.body;
    EXPECT_TRUE(contains(answer.body, "openfaas-fn") && contains(answer.body, "other")) << answer.body;
}

TEST_F(system_api_functions, changes_and_shows_nothing_where_two_namespaces_are_said) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/other", "{}");
        co_await web.deploy("f");
        const std::string list = "/system/functions";
        co_await expect_contradiction(&web, "DELETE", list, R"({"functionName":"f.openfaas-fn","namespace":"other"})");
        co_await expect_contradiction(&web, "DELETE", list + "?namespace=other",
                                      R"({"functionName":"f","namespace":"openfaas-fn"})");
        co_await expect_contradiction(&web, "DELETE", list + "?namespace=other", R"({"functionName":"f.openfaas-fn"})");
        co_await expect_contradiction(&web, "PUT", list + "?namespace=other",
                                      R"({"service":"f","image":"functions/http-echo","namespace":"openfaas-fn"})");
        co_await expect_contradiction(&web, "GET", "/system/function/f.openfaas-fn?namespace=other");
        co_await expect_contradiction(&web, "GET", list + "?namespace=openfaas-fn&namespace=other");
        co_await expect_contradiction(&web, "PUT", "/system/function/f.openfaas-fn/pause?namespace=other");
        co_await expect_contradiction(&web, "POST", "/system/scale-function/f.openfaas-fn",
                                      R"({"replicas":0,"namespace":"other"})");
        co_await expect_contradiction(&web, "GET", "/system/logs?name=f.openfaas-fn&namespace=other&follow=false");
        co_await expect_contradiction(&web, "POST", "/system/secrets?namespace=other",
                                      R"({"name":"s","value":"v","namespace":"openfaas-fn"})");
        const auto kept = co_await web.get_json("/system/function/f.openfaas-fn?namespace=openfaas-fn");
        EXPECT_EQ(kept.at("replicas"), 1);
        const auto deleted = co_await web.ask("DELETE", list + "?namespace=openfaas-fn",
                                              R"({"functionName":"f.openfaas-fn","namespace":"openfaas-fn"})");
        EXPECT_EQ(deleted.status, 202) << deleted.body;
    });
}

TEST_F(system_api_functions, refuses_secrets_and_namespaces_that_are_not_there_by_their_names) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/secrets", R"({"name":"there","value":"v"})");
        const auto secrets =
            co_await web.ask("POST", "/system/functions",
                             R"({"service":"f","image":"functions/alpine","secrets":["one","there","two"]})");
        EXPECT_EQ(secrets.status, 400);
        EXPECT_EQ(secrets.body,
                  "secrets: not in namespace openfaas-fn: one, two; make them first: mote secret create NAME\n");
        const auto space = co_await web.ask("POST", "/system/functions",
                                            R"({"service":"f","image":"functions/alpine","namespace":"no"})");
        EXPECT_EQ(space.status, 400);
        EXPECT_EQ(space.body, "namespace: there is no no\n");
        const auto listed = co_await web.ask("GET", "/system/functions");
        EXPECT_EQ(listed.body, "[]");
    });
}

}  // namespace
}  // namespace mote::test
