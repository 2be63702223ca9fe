// `mote openapi`: what the services on a server offer over HTTP.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

namespace mote::test {
namespace {

class mote_openapi : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances, std::map<std::string, std::vector<raw_reply>> more = {}) {
        auto answers = answers_of(instances);
        answers.merge(more);
        services.emplace(server->port(), std::move(answers));
    }

    std::optional<raw_services> services;
};

raw_instance with_metadata(const std::string& metadata) {
    auto made = usual_instance("Orders", "o1");
    made.info = R"({"type":"io.nats.micro.v1.info_response","name":"Orders","id":"o1","version":"1.0.0","metadata":{},
        "description":"Sells","endpoints":[{"name":"new","subject":"orders.new","queue_group":"q","metadata":)" +
                metadata + "}]}";
    return made;
}

TEST_F(mote_openapi, is_a_document_of_all_services) {
    serve({usual_instance("Orders", "o2"), usual_instance("Billing", "b1"), usual_instance("Orders", "o1")});
    const auto result = mote({"openapi"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    const auto document = boost::json::parse(result.out);
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    const auto& paths = document.at("paths").as_object();
    EXPECT_EQ(paths.size(), 2U);
    EXPECT_TRUE(paths.contains("/service/Orders/echo"));
    EXPECT_TRUE(paths.contains("/service/Billing/echo"));
    EXPECT_FALSE(document.as_object().contains("servers"));
}

TEST_F(mote_openapi, is_a_document_of_one_service_at_the_addresses_that_are_given) {
    serve({usual_instance("Orders", "o1"), usual_instance("Billing", "b1")});
    const auto result = mote({"openapi", "Billing", "--base-url", "https://a.example", "--base-url", "http://b:8080"});
    EXPECT_EQ(result.exit_code, 0);
    const auto document = boost::json::parse(result.out);
    EXPECT_EQ(text_at(document.at("info"), "title"), "Billing");
    EXPECT_EQ(document.at("paths").as_object().size(), 1U);
    EXPECT_EQ(document.at("servers"), boost::json::parse(R"([{"url":"https://a.example"},{"url":"http://b:8080"}])"));
}

TEST_F(mote_openapi, has_schemas_that_are_served_elsewhere) {
    serve({with_metadata(R"({"mote.request.type":"application/json","mote.request.schema.ref":"mote.schema.x new"})")},
          {{"mote.schema.x", {{R"({"type":"integer"})", ""}}}});
    const auto result = mote({"openapi"});
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, R"("application/json":{"schema":{"type":"integer"}})"));
}

TEST_F(mote_openapi, says_what_it_left_out_and_goes_on) {
    serve(
        {with_metadata(R"({"mote.request.type":"application/json","mote.request.schema":"{","http.route":"GET x"})")});
    const auto result = mote({"openapi"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.err, "mote: left out: Orders.new: its request schema: not JSON: "));
    EXPECT_TRUE(has(result.err, "mote: left out: Orders.new: its http.route: not a method and a path"));
    EXPECT_EQ(boost::json::parse(result.out).at("paths").as_object().size(), 1U);
}

TEST_F(mote_openapi, asks_nobody_for_a_schema_but_who_serves_schemas) {
    serve({with_metadata(R"({"mote.request.schema.ref":"$JS.API.STREAM.DELETE.orders"})")},
          {{"$JS.API.STREAM.DELETE.orders", {{"true", ""}}}});
    const auto result = mote({"openapi"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(is_one_line(result.err, {"is not under mote.schema., and was not asked for"}));
    for (const auto& each : services->requests()) EXPECT_TRUE(each.subject.starts_with("$SRV.")) << each.subject;
}

TEST_F(mote_openapi, of_nobody_is_exit_5) {
    const auto none = mote({"openapi"});
    EXPECT_EQ(none.exit_code, 5);
    EXPECT_EQ(none.out, "");
    EXPECT_TRUE(is_one_line(none.err, {"no services on 127.0.0.1:"}));
    serve({usual_instance("Orders", "o1")});
    const auto other = mote({"openapi", "Oders"});
    EXPECT_EQ(other.exit_code, 5);
    EXPECT_TRUE(is_one_line(other.err, {"did you mean Orders?"}));
}

TEST_F(mote_openapi, refuses_an_address_that_is_none) {
    const auto result = mote({"openapi", "--base-url", "example.org"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"not an http:// or https:// address: example.org", "`mote openapi --help`"}));
}

TEST_F(mote_openapi, has_help_with_examples) {
    const auto result = mote({"openapi", "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "mote openapi Orders --base-url https://api.example.org\n"));
}

}  // namespace
}  // namespace mote::test
