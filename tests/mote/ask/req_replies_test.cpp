// `mote req --replies`: many answers to one request, as they come.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>
#include <tests/mote/soon.hpp>

#include <csignal>

namespace mote::test {
namespace {

class mote_req_replies : public command_live {
protected:
    void serve(std::map<std::string, std::vector<raw_reply>> answers) {
        services.emplace(server->port(), std::move(answers));
    }
    std::optional<raw_services> services;
};

TEST_F(mote_req_replies, takes_so_many_and_ends) {
    serve({{"a.subject", {{"one", ""}, {"two", ""}, {"three", ""}}}});
    const auto result = mote({"req", "a.subject", "x", "--replies", "2", "--timeout", "1h"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "one\ntwo\n");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(services->requests().size(), 1U) << "one request for all of them";
}

TEST_F(mote_req_replies, takes_all_until_a_pause) {
    serve({{"a.subject", {{"one", ""}, {"two", ""}, {"three", ""}}}});
    EXPECT_EQ(mote({"req", "a.subject", "x", "--replies", "0"}).out, "one\ntwo\nthree\n");
    EXPECT_EQ(mote({"req", "a.subject", "x", "--replies", "0", "--stall", "50ms"}).exit_code, 0);
}

TEST_F(mote_req_replies, are_lines_of_json_with_a_number) {
    serve({{"a.subject", {{"one", "NATS/1.0\r\nA: 1\r\n\r\n"}, {"\xff", ""}}}});
    const auto out = mote({"req", "a.subject", "x", "--replies", "2", "--json"}).out;
    const auto end = out.find('\n');
    const auto one = boost::json::parse(out.substr(0, end));
    const auto two = boost::json::parse(out.substr(end + 1));
    EXPECT_EQ(one.at("number"), 1);
    EXPECT_EQ(text_at(one, "data"), "one");
    EXPECT_EQ(one.at("headers").at("A"), (boost::json::array{"1"}));
    EXPECT_EQ(two.at("number"), 2);
    EXPECT_EQ(text_at(two, "data_base64"), "/w==");
}

TEST_F(mote_req_replies, that_are_fewer_than_wanted_exit_6_after_the_timeout) {
    serve({{"a.subject", {{"one", ""}}}, {"silent", {}}});
    const auto few = mote({"req", "a.subject", "x", "--replies", "3", "--timeout", "200ms"});
    EXPECT_EQ(few.exit_code, 6);
    EXPECT_EQ(few.out, "one\n");
    EXPECT_TRUE(is_one_line(few.err, {"a.subject: 1 of 3 answers within 200ms", "--timeout"}));
    const auto none = mote({"req", "silent", "x", "--replies", "0", "--timeout", "200ms"});
    EXPECT_EQ(none.exit_code, 6);
    EXPECT_TRUE(is_one_line(none.err, {"silent: no answer within 200ms"}));
}

TEST_F(mote_req_replies, are_waited_for_until_ctrl_c) {
    const auto asked = [this] { return !services->requests().empty(); };
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--replies", "0"}, {"--stream"}}) {
        serve({{"silent", {}}});
        std::vector<std::string> words{"req", "silent", "x", "--timeout", "1h"};
        words.insert(words.end(), more.begin(), more.end());
        process started(command_environment::line(words), environment.options({{"NATS_URL", server->url()}}));
        ASSERT_TRUE(soon(asked));
        started.kill(SIGINT);
        const auto ended = started.wait();
        ASSERT_TRUE(ended);
        EXPECT_EQ(ended->code, 130) << testing::PrintToString(more);
        EXPECT_EQ(started.output(), "");
    }
}

TEST_F(mote_req_replies, of_nobody_exit_5_at_once) {
    const auto result = mote({"req", "nobody.here", "x", "--replies", "0", "--timeout", "1h"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_TRUE(is_one_line(result.err, {"nobody.here", "no responders"}));
}

TEST_F(mote_req_replies, that_are_service_errors_exit_7_behind_the_others) {
    serve({{"a.subject",
            {{"one", ""},
             {"", "NATS/1.0\r\nNats-Service-Error: odd\r\nNats-Service-Error-Code: 409\r\n\r\n"},
             {"three", ""}}}});
    const auto result = mote({"req", "a.subject", "x", "--replies", "3"});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.out, "one\nthree\n");
    EXPECT_TRUE(is_one_line(result.err, {"the service answered 409: odd"}));
}

TEST_F(mote_req_replies, in_an_error_are_red_on_a_terminal_only) {
    serve({{"a.subject", {{"", "NATS/1.0\r\nNats-Service-Error: odd\r\nNats-Service-Error-Code: 409\r\n\r\n"}}}});
    EXPECT_TRUE(has(mote_on_terminal({"req", "a.subject", "x"}),
                    "\x1b[31mmote: a.subject: the service answered 409: odd\x1b[0m\n"));
    EXPECT_TRUE(has_not(mote_on_terminal({"req", "a.subject", "x"}, {{"NO_COLOR", "1"}}), "\x1b["));
    EXPECT_TRUE(has_not(mote({"req", "a.subject", "x"}).err, "\x1b["));
    EXPECT_TRUE(has(mote({"req", "a.subject", "x", "--color", "always"}).err, "\x1b[31m"));
}

TEST_F(mote_req_replies, are_shown_to_a_person_without_what_moves_the_cursor) {
    serve({{"a.subject", {{"red \x1b[31m\ttab\nnext", ""}}}});
    EXPECT_TRUE(has(mote_on_terminal({"req", "a.subject", "x"}), "red \\x1b[31m\ttab\nnext\n"));
    EXPECT_EQ(mote({"req", "a.subject", "x"}).out, "red \x1b[31m\ttab\nnext\n") << "a program gets the bytes";
}

}  // namespace
}  // namespace mote::test
