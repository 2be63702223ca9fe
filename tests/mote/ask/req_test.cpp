// `mote req`: what is sent, what is shown of the answer, and how it ends.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <csignal>

namespace mote::test {
namespace {

using answers = std::map<std::string, std::vector<raw_reply>>;

class mote_req : public command_live {
protected:
    void serve(answers more, const std::vector<raw_instance>& instances = {}) {
        answers all = answers_of(instances);
        all.merge(more);
        services.emplace(server->port(), std::move(all));
    }
    /// Everything but what asked for services.
    std::vector<raw_request> requests() const {
        std::vector<raw_request> result;
        for (const raw_request& each : services->requests())
            if (!each.subject.starts_with("$SRV")) result.push_back(each);
        return result;
    }
    raw_request last() const {
        const auto all = requests();
        return all.empty() ? raw_request{"nothing was asked", "", "", ""} : all.back();
    }

    std::optional<raw_services> services;
};

TEST_F(mote_req, prints_the_body_with_an_end_of_line) {
    serve({{"a.subject", {{"hello", ""}}}});
    const auto result = mote({"req", "a.subject", "some data"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "hello\n");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(last().payload, "some data");
    EXPECT_EQ(last().headers, "");
}

TEST_F(mote_req, prints_exactly_the_body_when_raw) {
    const std::string body("a\0\xff\n\nb", 6);
    serve({{"a.subject", {{body, ""}}}, {"empty.body", {{"", ""}}}, {"with.line", {{"hello\n", ""}}}});
    EXPECT_EQ(mote({"req", "a.subject", "--raw"}).out, body);
    EXPECT_EQ(mote({"req", "a.subject", "-r"}).out, body);
    EXPECT_EQ(mote({"req", "empty.body"}).out, "");
    EXPECT_EQ(mote({"req", "with.line"}).out, "hello\n") << "one end of line is enough";
}

TEST_F(mote_req, takes_its_data_from_the_argument_whatever_it_looks_like) {
    serve({{"a.subject", {{"ok", ""}}}});
    for (const std::string data :
         {"{}", "[]", "[1,2]", R"({"id":1,"list":[1,2]})", "", " ", "é", "a=b", "ls", "line\nline"}) {
        EXPECT_EQ(mote({"req", "a.subject", data}, {}, "not this").exit_code, 0) << data;
        EXPECT_EQ(last().payload, data);
    }
    EXPECT_EQ(mote({"req", "--", "a.subject", "-5"}).exit_code, 0);
    EXPECT_EQ(last().payload, "-5");
}

TEST_F(mote_req, takes_its_data_from_standard_input) {
    serve({{"a.subject", {{"ok", ""}}}});
    const std::string binary("\0\r\n\xff", 4);
    EXPECT_EQ(mote({"req", "a.subject", "-"}, {}, binary).exit_code, 0);
    EXPECT_EQ(last().payload, binary);
    EXPECT_EQ(mote({"req", "a.subject"}, {}, "from a file").exit_code, 0);
    EXPECT_EQ(last().payload, "from a file");
    EXPECT_EQ(mote({"req", "a.subject"}).exit_code, 0);
    EXPECT_EQ(last().payload, "");
    const std::string program = MOTE_PROGRAM;
    const auto shell = [&](const std::string& line) {
        return run({"/bin/bash", "-c", line}, environment.options({{"NATS_URL", server->url()}}));
    };
    EXPECT_EQ(shell("(echo -n first; echo -n second) | '" + program + "' req a.subject").out, "ok\n");
    EXPECT_EQ(last().payload, "firstsecond");
    EXPECT_EQ(shell("head -c 300000 /dev/zero | '" + program + "' req a.subject -").out, "ok\n");
    EXPECT_EQ(last().payload, std::string(300000, '\0'));
    EXPECT_EQ(shell("'" + program + "' req a.subject < /dev/null").out, "ok\n");
    EXPECT_EQ(last().payload, "");
    EXPECT_EQ(shell("'" + program + "' req a.subject - < /dev/null").out, "ok\n");
    const auto closed = shell("'" + program + "' req a.subject - <&-");
    EXPECT_EQ(closed.exit_code, 1);
    EXPECT_TRUE(is_one_line(closed.err, {"standard input"}));
    EXPECT_EQ(shell("'" + program + "' req a.subject data <&-").out, "ok\n") << "who does not need it does not mind";
    const auto mute = shell("'" + program + "' req a.subject data >&-");
    EXPECT_EQ(mute.exit_code, 1);
    EXPECT_TRUE(is_one_line(mute.err, {"standard output"}));
}

TEST_F(mote_req, can_be_interrupted_while_it_waits_for_its_data) {
    serve({{"a.subject", {{"ok", ""}}}});
    pty_process started(command_environment::line({"req", "a.subject", "-"}),
                        environment.options({{"NATS_URL", server->url()}}));
    started.type("typed");
    ASSERT_TRUE(started.wait_for_output("typed")) << "the terminal's echo";
    started.type("\x03");
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130) << started.text();
    EXPECT_TRUE(requests().empty());
}

TEST_F(mote_req, takes_what_a_person_types) {
    serve({{"a.subject", {{"ok", ""}}}});
    pty_process started(command_environment::line({"req", "a.subject", "-"}),
                        environment.options({{"NATS_URL", server->url()}}));
    started.type("typed\n\x04");
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << started.text();
    EXPECT_EQ(last().payload, "typed\n");
}

TEST_F(mote_req, does_not_wait_for_a_person_who_gave_no_data) {
    serve({{"a.subject", {{"ok", "NATS/1.0\r\nKind: test\r\n\r\n"}}}});
    const std::string shown = mote_on_terminal({"req", "a.subject"});
    EXPECT_TRUE(has(shown, "# 2 bytes in "));
    EXPECT_TRUE(has(shown, "# Kind: test\n"));
    EXPECT_TRUE(has(shown, "\nok\n"));
    EXPECT_EQ(last().payload, "");
    EXPECT_TRUE(has_not(mote_on_terminal({"req", "--raw", "a.subject"}), "#"));
}

TEST_F(mote_req, sends_headers) {
    serve({{"a.subject", {{"ok", ""}}}});
    EXPECT_EQ(mote({"req", "-H", "Trace:on", "a.subject", "data", "-H", "List: [a, b]", "--header", "Empty:", "-H",
                    "Trace:off"})
                  .exit_code,
              0);
    EXPECT_EQ(last().headers, "NATS/1.0\r\nTrace: on\r\nList: [a, b]\r\nEmpty: \r\nTrace: off\r\n\r\n");
    EXPECT_EQ(last().payload, "data");
    const auto bad = mote({"req", "a.subject", "-H", "a b:c"});
    EXPECT_EQ(bad.exit_code, 2);
    EXPECT_TRUE(is_one_line(bad.err, {"invalid header"}));
}

TEST_F(mote_req, takes_its_answers_below_the_prefix_that_is_asked_for) {
    serve({{"a.subject", {{"ok", ""}}}});
    EXPECT_EQ(mote({"req", "a.subject", "data", "--inbox-prefix", "MINE.own"}).out, "ok\n");
    EXPECT_TRUE(last().reply.starts_with("MINE.own.")) << last().reply;
}

TEST_F(mote_req, is_json_when_asked) {
    serve({{"a.subject", {{"é\"", "NATS/1.0\r\nA: 1\r\nB: x\r\nA: 2\r\n\r\n"}}}, {"binary", {{"\xff\xfe", ""}}}});
    const auto text = boost::json::parse(mote({"req", "a.subject", "--json"}).out);
    EXPECT_EQ(text_at(text, "subject"), "a.subject");
    EXPECT_EQ(text_at(text, "data"), "é\"");
    EXPECT_GT(text.at("rtt").to_number<std::int64_t>(), 0);
    EXPECT_EQ(text.at("headers").at("A"), (boost::json::array{"1", "2"}));
    EXPECT_EQ(text.at("headers").at("B"), (boost::json::array{"x"}));
    EXPECT_FALSE(text.as_object().contains("error"));
    const auto binary = boost::json::parse(mote({"req", "binary", "--json"}).out);
    EXPECT_EQ(text_at(binary, "data_base64"), "//4=");
    EXPECT_FALSE(binary.as_object().contains("data"));
}

TEST_F(mote_req, ends_with_7_for_a_service_error_and_prints_its_body) {
    serve({{"a.subject",
            {{"the body", "NATS/1.0\r\nNats-Service-Error: no such post\r\nNats-Service-Error-Code: 404\r\n\r\n"}}},
           {"odd.code", {{"", "NATS/1.0\r\nNats-Service-Error: odd\r\nNats-Service-Error-Code: abc\r\n\r\n"}}}});
    const auto result = mote({"req", "a.subject"});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.out, "the body\n");
    EXPECT_TRUE(is_one_line(result.err, {"a.subject", "404", "no such post"}));
    EXPECT_EQ(mote({"req", "odd.code"}).exit_code, 7);
    EXPECT_EQ(mote({"req", "a.subject", "--raw"}).out, "the body");
    const auto json = mote({"req", "a.subject", "--json"});
    EXPECT_EQ(json.exit_code, 7);
    const auto value = boost::json::parse(json.out);
    EXPECT_EQ(value.at("error").at("code").to_number<int>(), 404);
    EXPECT_EQ(text_at(value.at("error"), "description"), "no such post");
    EXPECT_EQ(text_at(value, "data"), "the body");
}

TEST_F(mote_req, ends_with_5_at_once_when_nobody_listens) {
    const auto result = mote({"req", "nobody.here", "data", "--timeout", "1h"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {"nobody.here", "no responders"}));
}

TEST_F(mote_req, ends_with_6_when_no_answer_comes_in_time) {
    serve({{"a.subject", {}}});
    const auto result = mote({"req", "a.subject", "data", "--timeout", "100ms"});
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_TRUE(is_one_line(result.err, {"a.subject", "no answer within 100ms", "--timeout"}));
}

TEST_F(mote_req, ends_with_2_for_a_subject_that_is_none) {
    for (const std::string bad : {"a b", "a..b", ".a", "a.", ""}) {
        const auto result = mote({"req", bad, "data"});
        EXPECT_EQ(result.exit_code, 2) << bad;
        EXPECT_TRUE(is_one_line(result.err, {"invalid subject"}));
    }
}

TEST_F(mote_req, ends_with_1_for_data_that_is_too_large) {
    serve({{"a.subject", {{"ok", ""}}}});
    const auto result = mote({"req", "a.subject"}, {}, std::string(1024 * 1024 + 1, 'x'));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"maximum payload exceeded"}));
}

TEST_F(mote_req, finds_the_subject_of_an_endpoint) {
    serve({{"Orders.echo", {{"answered", ""}}}}, {usual_instance("Orders", "o1"), usual_instance("Orders", "o2")});
    EXPECT_EQ(mote({"req", "Orders", "echo"}).out, "answered\n");
    EXPECT_EQ(last().subject, "Orders.echo");
    EXPECT_EQ(last().payload, "");
    EXPECT_EQ(mote({"req", "Orders", "echo", "data"}).out, "answered\n");
    EXPECT_EQ(last().payload, "data");
    EXPECT_EQ(mote({"req", "Orders", "echo"}, {}, "piped").out, "answered\n");
    EXPECT_EQ(last().payload, "piped");
    EXPECT_EQ(mote({"req", "Orders", "echo", "-"}, {}, "input").out, "answered\n");
    EXPECT_EQ(last().payload, "input");
    EXPECT_EQ(mote({"request", "Orders", "echo"}).out, "answered\n") << "by its other name";
    EXPECT_EQ(text_at(boost::json::parse(mote({"req", "Orders", "echo", "--json"}).out), "subject"), "Orders.echo");
}

TEST_F(mote_req, says_which_endpoints_a_service_has) {
    serve({}, {usual_instance("Orders", "o1")});
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"req", "Orders", "ecko"}, {"req", "Orders", "ecko", "data"}}) {
        const auto result = mote(words);
        EXPECT_EQ(result.exit_code, 5);
        EXPECT_TRUE(is_one_line(result.err, {"service \"Orders\" has no endpoint \"ecko\"; did you mean echo?"}));
    }
    EXPECT_TRUE(
        is_one_line(mote({"req", "Orders", "quite-another"}).err, {"no endpoint \"quite-another\"; available: echo"}));
    EXPECT_TRUE(requests().empty());
}

TEST_F(mote_req, says_which_services_there_are_when_three_words_name_none) {
    serve({}, {usual_instance("Orders", "o1")});
    const auto result = mote({"req", "Order", "echo", "data"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_TRUE(is_one_line(result.err, {"no service \"Order\"; did you mean Orders?"}));
}

TEST_F(mote_req, takes_two_words_for_subject_and_data_when_no_service_has_that_name) {
    serve({{"plain", {{"ok", ""}}}}, {usual_instance("Orders", "o1")});
    EXPECT_EQ(mote({"req", "plain", "echo"}).out, "ok\n");
    EXPECT_EQ(last().subject, "plain");
    EXPECT_EQ(last().payload, "echo");
}

TEST_F(mote_req, asks_a_subject_that_is_named_like_a_service_with_a_dash) {
    serve({{"Orders", {{"ok", ""}}}}, {usual_instance("Orders", "o1")});
    EXPECT_EQ(mote({"req", "Orders", "-"}, {}, "echo").out, "ok\n");
    EXPECT_EQ(last().subject, "Orders");
    EXPECT_EQ(last().payload, "echo");
    EXPECT_EQ(mote({"req", "Orders"}).out, "ok\n") << "one word is a subject";
}

}  // namespace
}  // namespace mote::test
