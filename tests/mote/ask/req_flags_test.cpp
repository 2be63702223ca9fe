// `mote req SERVICE ENDPOINT --member value`: a typed endpoint's body from flags, and how a body is checked before it is sent.

#include <tests/mote/ask/shop.hpp>
#include <tests/mote/raw_services.hpp>
#include <tests/support/temp_dir.hpp>

#include <fstream>

namespace mote::test {
namespace {

using mote_req_flags = shop_live;

TEST_F(mote_req_flags, make_the_body_of_a_typed_endpoint) {
    const auto result =
        mote({"req", "Shop", "order", "--id", "3", "--customer.name", "Ada", "--tags", "a", "--tags", "b", "--gift",
              "--speed", "express", "--weight", "-1.5", "--labels.red", "7", "--customer.city=Bath"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto made = boost::json::parse(result.out);
    EXPECT_EQ(made.at("id"), 3);
    EXPECT_EQ(text_at(made.at("customer"), "name"), "Ada");
    EXPECT_EQ(text_at(made.at("customer"), "city"), "Bath");
    EXPECT_EQ(made.at("tags"), (boost::json::array{"a", "b"}));
    EXPECT_EQ(made.at("gift"), true);
    EXPECT_EQ(text_at(made, "speed"), "express");
    EXPECT_EQ(made.at("weight"), -1.5);
    EXPECT_EQ(made.at("labels").at("red"), 7);
}

TEST_F(mote_req_flags, stand_beside_the_options_of_the_command) {
    const auto result = mote({"req", "--timeout", "10s", "Shop", "order", "--id", "3", "--json", "--customer.name",
                              "Ada", "-H", "Trace:on", "--.timeout", "soon"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto answer = boost::json::parse(result.out);
    EXPECT_EQ(text_at(answer, "subject"), "shop.order");
    EXPECT_EQ(text_at(boost::json::parse(text_at(answer, "data")), "timeout"), "soon");
}

TEST_F(mote_req_flags, may_not_be_meant_by_an_option_that_is_called_alike) {
    const auto result = mote({"req", "Shop", "order", "--id", "3", "--customer.name", "Ada", "--timeout", "2s"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"--timeout is an option of mote", "--.timeout"}));
    EXPECT_EQ(mote({"req", "--timeout", "2s", "Shop", "order", "--id", "3", "--customer.name", "Ada"}).exit_code, 0);
}

TEST_F(mote_req_flags, that_are_wrong_exit_2_and_say_what_is_right) {
    const auto refused = [&](std::vector<std::string> flags, const std::vector<std::string>& parts) {
        flags.insert(flags.begin(), {"req", "Shop", "order"});
        const auto result = mote(flags);
        EXPECT_EQ(result.exit_code, 2) << result.err;
        EXPECT_TRUE(is_one_line(result.err, parts));
        EXPECT_EQ(result.out, "");
    };
    refused({"--idd", "3"}, {"no flag --idd", "did you mean --id?", "--customer.name"});
    refused({"--id", "three"}, {"--id: expected INTEGER", "\"three\""});
    refused({"--speed", "fast"}, {"--speed: expected slow|express"});
    refused({"--id", "3"}, {"--customer.name is missing", "--flags"});
    refused({"--id", "3", "{}"}, {"the body is given twice", "--id"});
    refused({"--id", "3", "--file", "-"}, {"the body is given twice"});
}

TEST_F(mote_req_flags, need_an_endpoint_that_tells_a_schema) {
    const auto untyped = mote({"req", "Shop", "price", "--name", "tea"});
    EXPECT_EQ(untyped.exit_code, 2);
    EXPECT_TRUE(is_one_line(untyped.err, {"Shop price", "no JSON Schema"}));
    const auto number = mote({"req", "Shop", "count", "--last", "3"});
    EXPECT_EQ(number.exit_code, 2);
    EXPECT_TRUE(is_one_line(number.err, {"Shop count takes no members, but INTEGER"}));
    const auto subject = mote({"req", "shop.order", "data", "--id", "3"});
    EXPECT_EQ(subject.exit_code, 2);
    EXPECT_TRUE(is_one_line(subject.err, {"--id: shop.order is a subject"}));
    EXPECT_TRUE(is_one_line(mote({"req", "shop.order", "data", "--jsn"}).err, {"--jsn: ", "did you mean --json?"}));
    const auto absent = mote({"req", "Shoq", "order", "--id", "3"});
    EXPECT_EQ(absent.exit_code, 5);
    EXPECT_TRUE(is_one_line(absent.err, {"no service \"Shoq\"", "did you mean Shop?"}));
    EXPECT_EQ(mote({"req", "shop.order", "--id", "3"}).exit_code, 2) << "a wrong option";
}

TEST_F(mote_req_flags, are_listed) {
    const auto rows = cells(mote({"req", "Shop", "order", "--flags"}).out);
    ASSERT_GE(rows.size(), 9U);
    EXPECT_EQ(rows[0], (std::vector<std::string>{"Flag", "Value", "Notes", "Description"}));
    EXPECT_EQ(rows[1][0], "--id");
    EXPECT_EQ(rows[1][2], "required");
    EXPECT_EQ(rows[2][0], "--customer.name");
    EXPECT_EQ(rows.back()[0], "--.timeout");
    const auto listed = parse_array(mote({"req", "Shop", "order", "--flags", "--json"}).out);
    EXPECT_EQ(listed.size(), rows.size() - 1);
    EXPECT_EQ(text_at(listed.at(0), "flag"), "--id");
    EXPECT_TRUE(has(mote_on_terminal({"req", "Shop", "order", "--flags"}), "--customer.city"));
    EXPECT_EQ(mote({"req", "Shop", "price", "--flags"}).exit_code, 2);
}

TEST_F(mote_req_flags, may_all_be_left_out_where_all_are_optional) {
    EXPECT_EQ(mote({"req", "Shop", "find"}).out, "{}\n");
    EXPECT_EQ(boost::json::parse(mote({"req", "Shop", "find", "--least", "2"}).out).at("least"), 2);
    const auto result = mote({"req", "Shop", "order"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"Shop order takes JSON, and there is no body", "--flags"}));
}

TEST_F(mote_req_flags, do_not_keep_the_body_from_being_given_as_json_that_is_checked) {
    const std::string good = R"({"id":1,"customer":{"name":"Ada"}})";
    EXPECT_EQ(mote({"req", "Shop", "order", good}).exit_code, 0);
    const auto wrong = mote({"req", "Shop", "order", "{\"id\":1,\n \"customer\" {}}"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"the body is no JSON", "line 2, column 13", "--no-check"}));
    const auto piped = mote({"req", "Shop", "order", "-"}, {}, "{\"id\":");
    EXPECT_EQ(piped.exit_code, 2);
    EXPECT_TRUE(is_one_line(piped.err, {"line 1, column 7: it ends too early"}));
    const auto sent = mote({"req", "Shop", "order", "{\"id\":", "--no-check"});
    EXPECT_EQ(sent.exit_code, 7) << "then the service says what it thinks of it";
    EXPECT_TRUE(has(sent.err, "400"));
    EXPECT_EQ(mote({"req", "Shop", "price", "tea"}).out, "3\n") << "a text is not checked";
    EXPECT_EQ(mote({"req", "shop.order", "{"}).exit_code, 7) << "nor what goes to a subject";
}

TEST_F(mote_req_flags, can_be_a_file) {
    const temp_dir folder;
    const auto path = (folder.path() / "order.json").string();
    std::ofstream(path) << R"({"id":5,"customer":{"name":"Ada"}})";
    EXPECT_TRUE(has(mote({"req", "Shop", "order", "--file", path}).out, "\"id\":5"));
    std::ofstream(path) << "{\n}x";
    const auto wrong = mote({"req", "Shop", "order", "-f", path});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"line 2, column 2"}));
    const auto absent = mote({"req", "Shop", "order", "--file", path + ".absent"});
    EXPECT_EQ(absent.exit_code, 2);
    EXPECT_TRUE(is_one_line(absent.err, {"order.json.absent", "No such file"}));
    const auto directory = mote({"req", "Shop", "order", "--file", folder.path().string()});
    EXPECT_EQ(directory.exit_code, 2);
    EXPECT_TRUE(is_one_line(directory.err, {"Is a directory"}));
    const auto twice = mote({"req", "Shop", "order", "{}", "--file", path});
    EXPECT_EQ(twice.exit_code, 2);
    EXPECT_TRUE(is_one_line(twice.err, {"the body is given twice"}));
}

/// An endpoint whose subject or schema is elsewhere.
raw_instance with_endpoint(const std::string& endpoint) {
    auto made = usual_instance("Orders", "o1");
    made.info = R"({"type":"io.nats.micro.v1.info_response","name":"Orders","id":"o1","version":"1.0.0","metadata":{},
        "description":"","endpoints":[)" +
                endpoint + "]}";
    return made;
}

TEST_F(mote_req_flags, come_from_a_schema_that_is_served_elsewhere) {
    auto answers = answers_of({with_endpoint(
        R"({"name":"new","subject":"orders.new","queue_group":"q","metadata":{"mote.request.type":"application/json",
            "mote.request.schema.ref":"mote.schema.x new"}})")});
    answers["mote.schema.x"] = {{R"({"type":"object","properties":{"n":{"type":"integer"}}})", ""}};
    answers["orders.new"] = {{"taken", ""}};
    const raw_services others(server->port(), answers);
    EXPECT_EQ(mote({"req", "Orders", "new", "--n", "4"}).out, "taken\n");
    EXPECT_EQ(others.requests().back().payload, R"({"n":4})");
}

TEST_F(mote_req_flags, are_of_no_use_for_an_endpoint_with_many_subjects) {
    const raw_services others(
        server->port(),
        answers_of({with_endpoint(R"({"name":"any","subject":"orders.*","queue_group":"q","metadata":{}})")}));
    const auto result = mote({"req", "Orders", "any", "x"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"Orders any listens on orders.*", "mote req SUBJECT DATA"}));
}

}  // namespace
}  // namespace mote::test
