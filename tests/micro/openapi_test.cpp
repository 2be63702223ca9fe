// The OpenAPI document of services: paths, bodies, answers, and what becomes of names that are not.

#include <mote/micro/openapi.hpp>

#include <tests/micro/described_services.hpp>

#include <mote/micro/http_route.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace mote::micro {
namespace {

namespace json = boost::json;
using test::at;
using test::described_endpoint;
using test::described_service;
using test::typed_sides;

/// Parsed strictly, as whoever reads it does.
json::value document_of(const std::vector<service_info>& services, const openapi_options& options = {},
                        std::vector<std::string> warnings = {}) {
    const auto made = openapi(services, options);
    EXPECT_EQ(made.warnings, warnings);
    return json::parse(made.text);
}

std::vector<std::string> keys_of(const json::value& object) {
    std::vector<std::string> keys;
    for (const auto& each : object.as_object()) keys.emplace_back(each.key());
    return keys;
}

const std::string post_new = "/paths/~1service~1Orders~1new/post";

TEST(openapi, of_nothing_is_a_document_without_paths) {
    const auto document = document_of({});
    EXPECT_EQ(at(document, "/openapi"), "3.1.0");
    EXPECT_EQ(at(document, "/info"), json::parse(R"({"title":"NATS services","version":"1"})"));
    EXPECT_EQ(at(document, "/paths"), json::object());
    EXPECT_FALSE(document.as_object().contains("servers"));
}

TEST(openapi, has_the_name_version_and_description_of_the_only_service) {
    auto service = described_service("Orders", {});
    service.description = "Sells";
    const auto document = document_of({service});
    EXPECT_EQ(at(document, "/info"), json::parse(R"({"title":"Orders","version":"1.2.3","description":"Sells"})"));
    EXPECT_EQ(at(document, "/tags"),
              json::parse(R"([{"name":"Orders","x-nats-version":"1.2.3","description":"Sells"}])"));
}

TEST(openapi, says_what_the_options_say) {
    openapi_options options;
    options.title = "Shop";
    options.version = "7";
    options.description = "All of it";
    options.servers = {"https://a.example", "https://b.example"};
    const auto document = document_of({described_service("Orders", {}), described_service("Billing", {})}, options);
    EXPECT_EQ(at(document, "/info"), json::parse(R"({"title":"Shop","version":"7","description":"All of it"})"));
    EXPECT_EQ(at(document, "/servers"), json::parse(R"([{"url":"https://a.example"},{"url":"https://b.example"}])"));
    EXPECT_EQ(at(document, "/tags/0/name"), "Billing") << "by name";
}

TEST(openapi, leaves_out_a_route_to_what_the_gateway_answers_itself_and_says_so) {
    auto shadowed = described_endpoint("new");
    shadowed.metadata["http.route"] = "GET /healthz";
    auto other = described_endpoint("old");
    other.metadata["http.route"] = "POST /healthz";
    openapi_options options;
    options.taken = [](std::string_view method, std::string_view path) {
        return method == "GET" && path == "/healthz";
    };
    const auto document = document_of({described_service("Orders", {shadowed, other})}, options,
                                      {"Orders.new: its http.route GET /healthz: the gateway answers that itself"});
    EXPECT_EQ(keys_of(at(document, "/paths")),
              (std::vector<std::string>{"/service/Orders/new", "/service/Orders/old", "/healthz"}));
    EXPECT_EQ(keys_of(at(document, "/paths/~1healthz")), std::vector<std::string>{"post"});
}

TEST(openapi, has_an_untyped_endpoint_take_and_give_any_bytes) {
    const auto document = document_of({described_service("Orders", {described_endpoint("new")})});
    const auto operation = at(document, post_new);
    EXPECT_EQ(at(operation, "/operationId"), "Orders.new");
    EXPECT_EQ(at(operation, "/tags"), json::array({"Orders"}));
    EXPECT_EQ(at(operation, "/x-nats-subject"), "orders.new");
    EXPECT_EQ(at(operation, "/requestBody"), json::parse(R"({"content":{"application/octet-stream":{}}})"));
    EXPECT_EQ(at(operation, "/responses/200/content"), json::parse(R"({"application/octet-stream":{}})"));
    EXPECT_EQ(keys_of(at(operation, "/responses")), (std::vector<std::string>{"200", "503", "504", "default"}));
}

TEST(openapi, has_the_types_and_schemas_of_a_typed_endpoint) {
    auto endpoint = described_endpoint("new", typed_sides(R"({"type":"integer"})", R"({"type":"string"})"));
    endpoint.metadata["mote.description"] = "Makes one";
    const auto document = document_of({described_service("Orders", {endpoint})});
    const auto operation = at(document, post_new);
    EXPECT_EQ(at(operation, "/description"), "Makes one");
    EXPECT_EQ(at(operation, "/requestBody"),
              json::parse(R"({"content":{"application/json":{"schema":{"type":"integer"}}},"required":true})"));
    EXPECT_EQ(at(operation, "/responses/200/content"),
              json::parse(R"({"application/json":{"schema":{"type":"string"}}})"));
    EXPECT_EQ(at(operation, "/responses/400/$ref"), "#/components/responses/bad_request");
}

TEST(openapi, has_types_without_schemas_and_of_other_formats) {
    const auto document =
        document_of({described_service("Orders", {described_endpoint("new", {{"mote.request.type", "text/plain"},
                                                                             {"mote.response.type", "application/cbor"},
                                                                             {"mote.response.schema", "true"}})})});
    const auto operation = at(document, post_new);
    EXPECT_EQ(at(operation, "/requestBody"), json::parse(R"({"content":{"text/plain":{}}})")) << "may be empty";
    EXPECT_EQ(at(operation, "/responses/200/content"), json::parse(R"({"application/cbor":{"schema":true}})"));
}

TEST(openapi, has_events_and_work_answer_202) {
    const auto document = document_of({described_service(
        "Orders", {described_endpoint("new", {{"mote.kind", "event"}}),
                   described_endpoint("print", {{"mote.kind", "work"}, {"mote.stream", "Orders_print"}})})});
    const auto event = at(document, post_new + "/responses");
    EXPECT_EQ(keys_of(event), (std::vector<std::string>{"202", "503", "504", "default"}));
    EXPECT_EQ(at(event, "/202"), json::parse(R"({"description":"Told; there is no answer."})"));
    EXPECT_EQ(at(document, "/paths/~1service~1Orders~1print/post/responses/202/description"),
              "Kept in the stream Orders_print until it is done.");
}

TEST(openapi, has_a_stream_of_json_as_lines) {
    auto json_items = typed_sides("true", R"({"type":"integer"})");
    json_items["mote.reply"] = "stream";
    const auto document = document_of({described_service(
        "Orders", {described_endpoint("new", json_items),
                   described_endpoint("log", {{"mote.reply", "stream"}, {"mote.response.type", "text/plain"}})})});
    EXPECT_EQ(at(document, post_new + "/responses/200/content"),
              json::parse(R"({"application/x-ndjson":{"schema":{"type":"integer"}}})"));
    EXPECT_EQ(at(document, "/paths/~1service~1Orders~1log/post/responses/200/content"),
              json::parse(R"({"text/plain":{}})"));
}

TEST(openapi, has_every_error_as_a_line_of_text) {
    const auto document = document_of({});
    for (const auto* const name : {"bad_request", "error", "timeout", "unavailable"})
        EXPECT_EQ(at(document, std::string("/components/responses/") + name + "/content/text~1plain/schema/$ref"),
                  "#/components/schemas/error");
    EXPECT_EQ(at(document, "/components/schemas/error/type"), "string");
    EXPECT_TRUE(at(document, "/components/responses/unavailable/headers/Retry-After").is_object());
}

TEST(openapi, takes_what_instances_agree_on_once_and_the_newest_version_where_they_do_not) {
    const auto with = [](std::string name, std::string type) {
        return described_endpoint(std::move(name), {{"mote.request.type", std::move(type)}});
    };
    const auto document =
        document_of({described_service("Orders", {with("new", "text/none")}, "not a version"),
                     described_service("Orders", {with("new", "text/old"), with("gone", "text/old")}, "1.9.0"),
                     described_service("Orders", {with("new", "text/new")}, "1.10.0"),
                     described_service("Orders", {with("new", "text/second")}, "1.10.0"),
                     described_service("Orders", {with("new", "text/rc")}, "1.10.0-rc.1")});
    EXPECT_EQ(keys_of(at(document, "/paths")),
              (std::vector<std::string>{"/service/Orders/new", "/service/Orders/gone"}));
    EXPECT_EQ(keys_of(at(document, post_new + "/requestBody/content")), std::vector<std::string>{"text/new"});
    EXPECT_EQ(at(document, "/info/version"), "1.10.0");
    EXPECT_EQ(at(document, "/tags").as_array().size(), 1U);
}

TEST(openapi, leaves_out_what_serves_schemas) {
    const auto document = document_of({described_service("Orders", {described_endpoint("mote-schema")})});
    EXPECT_EQ(at(document, "/paths"), json::object());
}

std::vector<std::string> parameters_of(const json::value& operation) {
    std::vector<std::string> shown;
    const auto parameters = at(operation, "/parameters");
    if (!parameters.is_array()) return shown;
    for (const auto& each : parameters.get_array())
        shown.push_back(std::string(each.at("in").as_string()) + (each.as_object().contains("required") ? "! " : " ") +
                        std::string(each.at("name").as_string()) + " " + json::serialize(each.at("schema")));
    return shown;
}

/// The route's operation of an endpoint that takes this.
json::value routed(std::string route, std::string schema) {
    auto typed = typed_sides(std::move(schema), "true");
    const auto path = route.substr(route.find(' ') + 1);
    auto method = route.substr(0, route.find(' '));
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    typed["http.route"] = std::move(route);
    const auto document = document_of({described_service("Orders", {described_endpoint("new", typed)})});
    return document.at("paths").at(path).at(method);
}

const std::string order_schema =
    R"({"type":"object","properties":{"id":{"type":"integer"},"note":{"type":["string","null"]},)"
    R"("full":{"$ref":"#/$defs/flag"},"lines":{"type":"array"}},"required":["id","full","lines"],)"
    R"("$defs":{"flag":{"type":"boolean"}}})";

TEST(openapi, has_the_route_that_an_endpoint_names_too) {
    const auto document = document_of(
        {described_service("Orders", {described_endpoint("new", {{"http.route", "GET /orders/{id}/lines/{line}"}})})});
    EXPECT_EQ(keys_of(at(document, "/paths")),
              (std::vector<std::string>{"/service/Orders/new", "/orders/{id}/lines/{line}"}));
    const auto get = at(document, "/paths/~1orders~1{id}~1lines~1{line}/get");
    EXPECT_EQ(parameters_of(get),
              (std::vector<std::string>{R"(path! id {"type":"string"})", R"(path! line {"type":"string"})"}));
    EXPECT_FALSE(get.as_object().contains("requestBody")) << "that of GET has no meaning";
    EXPECT_EQ(at(get, "/operationId"), "Orders.new_2");
    EXPECT_TRUE(at(document, post_new + "/requestBody").is_object());
}

TEST(openapi, has_the_members_of_a_body_in_path_and_query_where_there_is_none) {
    EXPECT_EQ(parameters_of(routed("GET /orders/{id}/{unknown}", order_schema)),
              (std::vector<std::string>{R"(path! id {"type":"integer"})", R"(path! unknown {"type":"string"})",
                                        R"(query note {"type":["string","null"]})",
                                        R"(query! full {"$ref":"#/components/schemas/flag"})"}));
    EXPECT_EQ(parameters_of(routed("DELETE /orders/{id}", R"({"$ref":"#/$defs/o","$defs":{"o":{"properties":)"
                                                          R"({"id":{"type":"integer"},"x":{"type":"number"}}}}})")),
              (std::vector<std::string>{R"(path! id {"type":"integer"})", R"(query x {"type":"number"})"}));
}

TEST(openapi, has_only_the_path_of_a_route_with_a_body) {
    const auto put = routed("PUT /orders/{id}", order_schema);
    EXPECT_EQ(parameters_of(put), std::vector<std::string>{R"(path! id {"type":"integer"})"});
    EXPECT_TRUE(at(put, "/requestBody").is_object());
}

TEST(openapi, has_a_body_that_is_one_value_in_the_path_or_the_query) {
    EXPECT_EQ(parameters_of(routed("GET /orders/{id}", R"({"type":"integer"})")),
              std::vector<std::string>{R"(path! id {"type":"integer"})"});
    EXPECT_EQ(parameters_of(routed("GET /orders", R"({"type":"integer"})")),
              std::vector<std::string>{R"(query! value {"type":"integer"})"});
    for (const auto* const text :
         {"true", "{}", R"({"type":["integer","string"]})", R"({"type":"array"})", R"({"type":"null"})"})
        EXPECT_EQ(parameters_of(routed("GET /orders", text)), std::vector<std::string>{}) << text;
}

TEST(openapi, has_get_beside_post_where_an_endpoint_says_so) {
    auto typed = typed_sides(order_schema, "true");
    typed["http.method"] = "GET";
    const auto document = document_of({described_service("Orders", {described_endpoint("new", typed)})});
    EXPECT_EQ(keys_of(at(document, "/paths/~1service~1Orders~1new")), (std::vector<std::string>{"post", "get"}));
    EXPECT_EQ(parameters_of(at(document, "/paths/~1service~1Orders~1new/get")).size(), 3U);
    EXPECT_EQ(parameters_of(at(document, post_new)), std::vector<std::string>{});
}

TEST(openapi, leaves_out_endpoints_with_wildcards) {
    auto lines = described_endpoint("lines", {{"http.route", "PUT /lines/{id}"}});
    lines.subject = "orders.*.lines";
    auto all = described_endpoint("all");
    all.subject = "orders.>";
    const auto document =
        document_of({described_service("Orders", {lines, all})}, {},
                    {"Orders.lines: its subject orders.*.lines has wildcards, which a path cannot fill",
                     "Orders.all: its subject orders.> has wildcards, which a path cannot fill"});
    EXPECT_EQ(at(document, "/paths"), json::object());
}

TEST(openapi, gives_a_route_to_the_first_who_names_it) {
    const auto routed = [](std::string name, std::string route) {
        return described_endpoint(std::move(name), {{"http.route", std::move(route)}});
    };
    const auto document = document_of(
        {described_service("A", {routed("a", "GET /x/{id}"), routed("b", "GET /x/{id}"), routed("c", "GET /x/{other}"),
                                 routed("d", "DELETE /x/{id}"), routed("e", "POST /service/A/a")})},
        {},
        {"A.b: its http.route: another endpoint has it already", "A.c: its http.route: the path is the same as /x/{id}",
         "A.e: its http.route: another endpoint has it already"});
    EXPECT_EQ(keys_of(at(document, "/paths/~1x~1{id}")), (std::vector<std::string>{"get", "delete"}));
    EXPECT_EQ(at(document, "/paths/~1x~1{id}/get/operationId"), "A.a_2");
}

TEST(openapi, writes_foreign_names_so_that_they_are_one_part_of_a_path) {
    const auto document = document_of(
        {described_service("a/b \"{c}\"\xff", {described_endpoint("."), described_endpoint(".."),
                                               described_endpoint("\x01"), described_endpoint("\xc3\xa9")})});
    EXPECT_EQ(keys_of(at(document, "/paths")),
              (std::vector<std::string>{
                  "/service/a%2Fb%20%22%7Bc%7D%22%FF/%2E", "/service/a%2Fb%20%22%7Bc%7D%22%FF/%2E%2E",
                  "/service/a%2Fb%20%22%7Bc%7D%22%FF/%01", "/service/a%2Fb%20%22%7Bc%7D%22%FF/%C3%A9"}));
    EXPECT_EQ(at(document, "/tags/0/name"), "a/b \"{c}\"\xef\xbf\xbd");
}

TEST(openapi, leaves_out_what_has_no_name) {
    document_of({described_service("Orders", {described_endpoint("")})}, {},
                {"Orders.: it has no name to be called by"});
}

TEST(openapi, replaces_bytes_that_are_no_text_wherever_they_stand) {
    const std::string bad = "a\xc3(b\xed\xa0\x80";
    auto service = described_service(
        bad, {described_endpoint(bad, {{"mote.description", bad}, {"mote.kind", "work"}, {"mote.stream", bad}})}, bad);
    service.description = bad;
    openapi_options options;
    options.servers = {bad};
    document_of({service}, options);  // would not be parsed
}

TEST(openapi, takes_no_type_that_is_none) {
    for (const auto* const type : {"json", "/", "a/", "/b", "a/b\n", "a b/c", "a/b/c", "\xff/\xff", "a/b;\x7f"}) {
        const auto document =
            document_of({described_service("Orders", {described_endpoint("new", {{"mote.request.type", type}})})}, {},
                        {"Orders.new: its request type: not a media type"});
        EXPECT_EQ(keys_of(at(document, post_new + "/requestBody/content")),
                  std::vector<std::string>{"application/octet-stream"});
    }
}

TEST(http_route, is_a_method_and_a_path) {
    std::string problem;
    const auto route = parse_http_route("PATCH /a/{b_1}/c%2f~;@/", problem);
    ASSERT_TRUE(route) << problem;
    EXPECT_EQ(route->method, "patch");
    EXPECT_EQ(route->path, "/a/{b_1}/c%2f~;@/");
    EXPECT_EQ(route->form, "/a/{}/c%2f~;@/");
    EXPECT_EQ(route->parameters, std::vector<std::string>{"b_1"});
    EXPECT_TRUE(route->has_body());
}

TEST(http_route, says_what_is_wrong_with_it) {
    const auto problem_of = [](const std::string& text) {
        std::string problem;
        EXPECT_FALSE(parse_http_route(text, problem)) << text;
        return problem;
    };
    const std::string no_route = "not a method and a path such as GET /orders/{id}";
    for (const auto* const text : {"", "GET", "GET ", "get /a", "FETCH /a", "/a", "GET a", "GET  /a", " GET /a"})
        EXPECT_EQ(problem_of(text), no_route);
    const std::string unwritten = "a part of the path that has to be written as %XX";
    for (const auto* const text : {"GET /a b", "GET /a?b", "GET /a#b", "GET /\"", "GET /x{a}", "GET /{a}x", "GET /{",
                                   "GET /}", "GET /%4", "GET /%zz", "GET /\xc3\xa9", "GET /a\n"})
        EXPECT_EQ(problem_of(text), unwritten) << text;
    for (const auto* const text : {"GET /{}", "GET /{1}", "GET /{a-b}", "GET /{{a}}", "GET /{*}"})
        EXPECT_EQ(problem_of(text), "a parameter whose name is not of letters, digits and _") << text;
    EXPECT_EQ(problem_of("GET /{a}/{a}"), "two parameters of one name");
    EXPECT_EQ(problem_of("GET /" + std::string(1024, 'a')), "longer than 1024 bytes");
}

}  // namespace
}  // namespace mote::micro
