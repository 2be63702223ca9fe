// What faas-cli asks about logs, secrets and namespaces.

#include <tests/faas_cli/requests.hpp>

#include <sstream>
#include <vector>

namespace mote::test {
namespace {

using faas_cli_store = faas_cli_requests;

constexpr const char* cat =
    R"({"service":"cat","image":"functions/alpine","envProcess":"cat","labels":{},"annotations":{}})";

TEST_F(faas_cli_store, logs_end_by_themselves_and_are_json_lines) {
    deploy_new(cat);
    EXPECT_EQ(invoke("cat.openfaas-fn", "four").body, "four");
    const auto logs = [&](const std::string& tail) {
        return system("GET",
                      "/system/logs?follow=false&name=cat&namespace=openfaas-fn"
                      "&since=2020-01-01T00%3A00%3A00Z&tail=" +
                          tail);
    };
    EXPECT_TRUE(eventually_holds([&] { return !!has(logs("-1").body, "Wrote 4 Bytes"); })) << logs("-1").body;
    const auto all = logs("-1");
    EXPECT_EQ(all.status, 200);
    EXPECT_EQ(all.header("Content-Type"), "application/x-ndjson");
    std::vector<std::string> lines;
    std::istringstream text(all.body);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    ASSERT_GE(lines.size(), 2U) << all.body;
    for (const auto& line : lines) {
        const auto one = boost::json::parse(line);
        EXPECT_EQ(text_at(one, "name"), "cat");
        EXPECT_EQ(text_at(one, "namespace"), "openfaas-fn");
        EXPECT_FALSE(text_at(one, "instance").empty());
        EXPECT_EQ(text_at(one, "timestamp").substr(0, 2), "20");
    }
    EXPECT_EQ(logs("1").body, lines.back() + "\n");
    EXPECT_EQ(system("GET", "/system/logs?follow=false&name=cat&since=2100-01-01T00%3A00%3A00Z").body, "");
    EXPECT_EQ(without_login("GET", "/system/logs?name=cat&follow=false").status, 401);
}

TEST_F(faas_cli_store, logs_that_follow_have_what_was_there_and_what_comes) {
    deploy_new(cat);
    EXPECT_EQ(invoke("cat.openfaas-fn", "four").body, "four");
    boost::asio::ip::tcp::iostream lines;
    follow(lines, "/system/logs?name=cat&namespace=openfaas-fn&follow=true&since=&tail=-1");
    const auto comes = [&](const std::string& wanted) {
        std::string all;
        for (std::string line; std::getline(lines, line);) {
            all += line + "\n";
            if (line.find(wanted) != std::string::npos) return std::string();
        }
        return "only:\n" + all;
    };
    EXPECT_EQ(comes("HTTP/1.1 200"), "");
    EXPECT_EQ(comes("Wrote 4 Bytes"), "");
    EXPECT_EQ(invoke("cat.openfaas-fn", "seven77").body, "seven77");
    EXPECT_EQ(comes("Wrote 7 Bytes"), "");
}

TEST_F(faas_cli_store, secrets_are_created_replaced_listed_and_removed_without_their_values) {
    const std::string path = "/system/secrets";
    const auto created =
        system("POST", path, R"({"name":"key","namespace":"openfaas-fn","value":"hidden","rawValue":"aGlkZGVu"})");
    EXPECT_TRUE(accepted(created)) << created.body;
    EXPECT_EQ(system("POST", path, R"({"name":"key","namespace":"openfaas-fn","value":"other"})").status, 409);
    EXPECT_TRUE(accepted(system("PUT", path, R"({"name":"key","namespace":"openfaas-fn","value":"other"})")));
    const auto listed = system("GET", path + "?namespace=openfaas-fn");
    EXPECT_EQ(listed.body, R"([{"name":"key","namespace":"openfaas-fn"}])");
    EXPECT_TRUE(accepted(system("DELETE", path, R"({"name":"key","namespace":"openfaas-fn"})")));
    EXPECT_EQ(system("GET", path + "?namespace=openfaas-fn").body, "[]");
    EXPECT_EQ(system("DELETE", path, R"({"name":"key","namespace":"openfaas-fn"})").status, 404);
}

TEST_F(faas_cli_store, a_secret_is_a_file_of_the_function_that_names_it) {
    if (run({"bwrap", "--ro-bind", "/", "/", "true"}).exit_code != 0) GTEST_SKIP() << "no sandbox on this machine";
    EXPECT_TRUE(
        accepted(system("POST", "/system/secrets", R"({"name":"key","namespace":"openfaas-fn","value":"the first"})")));
    const std::string reader = R"({"service":"reader","image":"functions/alpine",)"
                               R"("envProcess":"cat /var/openfaas/secrets/key","secrets":["key"]})";
    deploy_new(reader);
    EXPECT_EQ(invoke("reader.openfaas-fn").body, "the first");
    EXPECT_TRUE(
        accepted(system("PUT", "/system/secrets", R"({"name":"key","namespace":"openfaas-fn","value":"the second"})")));
    EXPECT_TRUE(accepted(system("PUT", "/system/functions", reader)));
    EXPECT_TRUE(eventually_holds([&] { return invoke("reader.openfaas-fn").body == "the second"; }));
}

TEST_F(faas_cli_store, namespaces_are_created_updated_removed_and_hold_functions) {
    EXPECT_EQ(system("GET", "/system/namespaces").body, R"(["openfaas-fn"])");
    const auto created =
        system("POST", "/system/namespace/", R"({"name":"dev","labels":{"a":"b"},"annotations":{"openfaas":"1"}})");
    EXPECT_TRUE(accepted(created)) << created.body;
    EXPECT_EQ(json("/system/namespaces").as_array().size(), 2U);
    const auto shown = json("/system/namespace/dev");
    EXPECT_EQ(text_at(shown, "name"), "dev");
    EXPECT_EQ(text_at(shown.at("labels"), "a"), "b");
    EXPECT_TRUE(accepted(system("PUT", "/system/namespace/dev", R"({"name":"dev","labels":{"a":"c"}})")));
    EXPECT_EQ(text_at(json("/system/namespace/dev").at("labels"), "a"), "c");

    deploy_new(R"({"service":"up","namespace":"dev","image":"functions/alpine","envProcess":"tr a-z A-Z"})");
    EXPECT_EQ(invoke("up.dev", "abc").body, "ABC");
    EXPECT_EQ(json("/system/functions?namespace=dev").as_array().size(), 1U);
    EXPECT_EQ(json("/system/functions?namespace=openfaas-fn").as_array().size(), 0U);
    EXPECT_TRUE(accepted(system("DELETE", "/system/functions", R"({"functionName":"up","namespace":"dev"})")));

    EXPECT_TRUE(
        eventually_holds([&] { return accepted(system("DELETE", "/system/namespace/dev", R"({"name":"dev"})")); }));
    EXPECT_EQ(system("GET", "/system/namespaces").body, R"(["openfaas-fn"])");
    EXPECT_EQ(system("GET", "/system/namespace/dev").status, 404);
}

}  // namespace
}  // namespace mote::test
