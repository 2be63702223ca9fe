// What another implementation of OpenAPI has to say of our documents.

#include <mote/micro/openapi.hpp>

#include <tests/micro/described_services.hpp>
#include <tests/support/temp_dir.hpp>
#include <tests/support/validate_openapi.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace mote::test {
namespace {

std::vector<micro::service_info> usual_services() {
    auto listed = typed_sides(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"integer"})",
                              R"({"type":"array","items":{"$ref":"#/$defs/post"},"$defs":{"post":{"type":"object",)"
                              R"("properties":{"id":{"type":"integer"},"by":{"$ref":"#/$defs/user"},)"
                              R"("kids":{"items":{"$ref":"#/$defs/post"}}}},"user":{"type":["string","null"]}}})");
    auto streamed = listed;
    streamed["mote.reply"] = "stream";
    listed["http.route"] = "GET /posts/{count}";
    auto whole = typed_sides(R"({"properties":{"next":{"$ref":"#"}}})", "false");
    whole["http.route"] = "PUT /posts/{count}";
    auto posts =
        described_service("Posts", {described_endpoint("top", listed), described_endpoint("all", streamed),
                                    described_endpoint("whole", whole), described_endpoint("plain"),
                                    described_endpoint("event", {{"mote.kind", "event"}}),
                                    described_endpoint("work", {{"mote.kind", "work"}, {"mote.stream", "W"}}),
                                    described_endpoint("text", {{"mote.request.type", "text/plain; charset=utf-8"}})});
    posts.description = "All of them";
    return {posts, described_service("Users", {described_endpoint("get", listed)})};
}

/// What anybody may say of himself.
std::vector<micro::service_info> odd_services() {
    std::vector<micro::endpoint_info> endpoints;
    int number = 0;
    const auto add = [&](std::string schema, std::string route) {
        auto sides = typed_sides(schema, schema);
        sides["http.route"] = std::move(route);
        endpoints.push_back(described_endpoint("e/{}\" " + std::to_string(++number), sides));
    };
    add("{", "GET /{a}/b");
    add(R"({"type":5})", "GET /{c}/b");
    add(R"({"$ref":"#"})", "HEAD /{a}/b");
    add(R"({"$ref":"http://127.0.0.1:1/x"})", "GET {a}");
    add(R"({"$ref":"#/$defs/a b","$defs":{"a b":{"default":{"$ref":"nowhere"}}}})", "GET /");
    add(R"({"properties":{"$ref":true,"$id":{"type":"null"}},"x":{"$ref":"nowhere"}})", "GET //");
    add(R"({"format":"\u0000","pattern":"a","examples":[1],"unknown":[{}]})", "TRACE /service/a/b");
    return {described_service("a/b\xff{", std::move(endpoints), "no version"), described_service("", {}, ""),
            described_service("a b", {described_endpoint(""), described_endpoint("x")})};
}

run_result validated(const std::vector<std::string>& files) {
    return validate_openapi(MOTE_TEST_VALIDATE_OPENAPI, files);
}

TEST(openapi_validation, finds_nothing_in_what_we_make_of_any_services) {
    const temp_dir folder;
    std::vector<std::string> files;
    micro::openapi_options options;
    for (const auto& services : {std::vector<micro::service_info>(), usual_services(), odd_services()}) {
        files.push_back((folder.path() / (std::to_string(files.size()) + ".json")).string());
        std::ofstream(files.back()) << micro::openapi(services, options).text;
        options.servers = {"https://api.example.org/v1"};
    }
    const auto result = validated(files);
    if (result.exit_code == 77)
        return skip_or_fail(
            "needs python3 with the package openapi-spec-validator, or MOTE_TEST_PYTHON of a venv with it");
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(result.out, "3 documents are right\n");
}

TEST(openapi_validation, finds_what_is_wrong) {
    const temp_dir folder;
    const auto file = (folder.path() / "wrong.json").string();
    std::ofstream(file) << R"({"openapi":"3.1.0","info":{"title":"x"},"paths":{}})";
    const auto result = validated({file});
    if (result.exit_code == 77) return skip_or_fail("needs python3 with the package openapi-spec-validator");
    EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
    EXPECT_NE(result.out.find("'version' is a required property"), std::string::npos) << result.out << result.err;
}

}  // namespace
}  // namespace mote::test
