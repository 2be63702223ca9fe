// `mote schema`: what typed endpoints take and give.

#include <tests/micro/hosted_service.hpp>
#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <boost/describe.hpp>
#include <mote/json/about.hpp>

namespace mote::test {
namespace {

struct order {
    std::string customer;
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, count))

class mote_schema : public command_live {
protected:
    void serve_ours() {
        nats::options opts;
        opts.servers = {server->url()};
        ours.emplace(opts, [](const nats::connection&) {
            auto made = std::make_unique<micro::service>(micro::service_config{.name = "Orders", .version = "1.0.0"});
            made->endpoint("price", [](const order& asked) { return asked.count * 3; });
            made->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
            return made;
        });
    }
    void serve(const std::vector<raw_instance>& instances, std::map<std::string, std::vector<raw_reply>> more = {}) {
        auto answers = answers_of(instances);
        answers.merge(more);
        others.emplace(server->port(), std::move(answers));
    }

    std::optional<hosted_service> ours;
    std::optional<raw_services> others;
};

/// An endpoint `new` with this metadata.
raw_instance described(const std::string& version, const std::string& metadata) {
    auto made = usual_instance("Shop", "s" + version);
    made.info = R"({"type":"io.nats.micro.v1.info_response","name":"Shop","id":"s)" + version + R"(","version":")" +
                version +
                R"(","metadata":{},"endpoints":[{"name":"new","subject":"shop.new","queue_group":"q","metadata":)" +
                metadata + "}]}";
    return made;
}

TEST_F(mote_schema, shows_all_endpoints_of_a_service) {
    serve_ours();
    const auto result = mote({"schema", "Orders"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, "echo\n  subject      echo\n  request      not told\n  response     not told\n"));
    EXPECT_TRUE(has(result.out, "price\n  subject      price\n  request      application/json\n    {\n"));
    EXPECT_TRUE(has(result.out, "\"customer\": {\"type\": \"string\"}"));
    EXPECT_TRUE(has(mote_on_terminal({"schema", "Orders"}), "\x1b[1mprice\x1b[0m\n"));
}

TEST_F(mote_schema, shows_one_endpoint_or_one_schema_alone) {
    serve_ours();
    const auto one = mote({"schema", "Orders", "price"});
    EXPECT_EQ(one.exit_code, 0);
    EXPECT_TRUE(has_not(one.out, "echo"));
    const auto request = mote({"schema", "Orders", "price", "--request"});
    EXPECT_EQ(request.exit_code, 0);
    const auto schema = boost::json::parse(request.out);
    EXPECT_EQ(text_at(schema.at("properties").at("count"), "type"), "integer");
    EXPECT_EQ(text_at(boost::json::parse(mote({"schema", "Orders", "price", "--response"}).out), "type"), "integer");
}

TEST_F(mote_schema, is_an_array_of_json) {
    serve_ours();
    const auto all = parse_array(mote({"schema", "Orders", "--json"}).out);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(text_at(all[0], "endpoint"), "echo");
    EXPECT_TRUE(all[0].at("request").at("schema").is_null());
    EXPECT_EQ(text_at(all[1], "subject"), "price");
    EXPECT_EQ(text_at(all[1].at("request"), "type"), "application/json");
    EXPECT_EQ(text_at(all[1].at("request").at("schema"), "type"), "object");
}

TEST_F(mote_schema, that_is_served_elsewhere_is_got_from_there_of_the_newest_version) {
    serve({described("1.9.0", R"({"mote.request.type":"text/plain"})"),
           described("1.10.0",
                     R"({"mote.request.type":"application/json","mote.request.schema.ref":"mote.schema.x new"})")},
          {{"mote.schema.x", {{R"({"type":"integer"})", ""}}}});
    const auto result = mote({"schema", "Shop", "new", "--request"});
    EXPECT_EQ(result.out, "{\"type\": \"integer\"}\n");
}

TEST_F(mote_schema, that_nobody_has_is_named) {
    serve({usual_instance("Orders", "o1")});
    for (const std::string side : {"--request", "--response"}) {
        const auto result = mote({"schema", "Orders", "echo", side});
        EXPECT_EQ(result.exit_code, 5);
        EXPECT_EQ(result.out, "");
        EXPECT_TRUE(is_one_line(result.err, {"Orders/echo tells no schema of its " + side.substr(2)}));
    }
}

TEST_F(mote_schema, of_an_unknown_service_or_endpoint_names_the_nearest) {
    serve({usual_instance("Orders", "o1")});
    const auto service = mote({"schema", "Oders"});
    EXPECT_EQ(service.exit_code, 5);
    EXPECT_TRUE(is_one_line(service.err, {"no service \"Oders\"; did you mean Orders?"}));
    const auto endpoint = mote({"schema", "Orders", "ecko"});
    EXPECT_EQ(endpoint.exit_code, 5);
    EXPECT_EQ(endpoint.out, "");
    EXPECT_TRUE(is_one_line(endpoint.err, {"service \"Orders\" has no endpoint \"ecko\"; did you mean echo?"}));
    EXPECT_TRUE(is_one_line(mote({"schema", "Orders", "zzzz"}).err, {"there is: echo"}));
}

TEST_F(mote_schema, that_is_none_is_shown_without_control_characters) {
    serve({described("1.0.0", R"({"mote.request.type":"application/json","mote.request.schema":"{oops\u001b[2J"})")});
    const auto result = mote({"schema", "Shop"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "    {oops\\x1b[2J\n"));
    EXPECT_TRUE(parse_array(mote({"schema", "Shop", "--json"}).out).at(0).at("request").at("schema").is_null());
}

TEST_F(mote_schema, wants_a_service_and_one_side_at_most) {
    EXPECT_EQ(mote({"schema"}).exit_code, 2);
    EXPECT_EQ(mote({"schema", "Orders", "--request"}).exit_code, 2) << "of which endpoint?";
    EXPECT_EQ(mote({"schema", "Orders", "echo", "--request", "--response"}).exit_code, 2);
    EXPECT_EQ(mote({"schema", "a b"}).exit_code, 2);
}

}  // namespace
}  // namespace mote::test
