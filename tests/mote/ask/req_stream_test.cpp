// `mote req` of an endpoint that answers with a stream of replies.

#include <tests/mote/ask/shop.hpp>
#include <tests/mote/raw_services.hpp>

#include <csignal>

namespace mote::test {
namespace {

class mote_req_stream : public shop_live {
protected:
    /// Whether the service has noticed, within 20 s, that nobody reads `endless` any more: long before it would by itself.
    bool is_left() const {
        return soon([this] { return first->log().endless_alive == 0; });
    }
};

TEST_F(mote_req_stream, prints_each_item_in_a_line) {
    const auto result = mote({"req", "Shop", "count", "4"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "1\n2\n3\n4\n");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(mote({"req", "Shop", "count", "300", "--raw"}).out.size(), 9U + 180U + 603U);
    EXPECT_EQ(mote({"req", "Shop", "count", "0"}).out, "");
}

TEST_F(mote_req_stream, is_lines_of_json) {
    const auto out = mote({"req", "Shop", "count", "2", "--json"}).out;
    const auto end = out.find('\n');
    EXPECT_EQ(boost::json::parse(out.substr(0, end)).at("number"), 1);
    const auto second = boost::json::parse(out.substr(end + 1));
    EXPECT_EQ(second.at("number"), 2);
    EXPECT_EQ(text_at(second, "data"), "2");
    EXPECT_EQ(text_at(second, "subject"), "shop.count");
}

TEST_F(mote_req_stream, is_read_from_a_subject_when_asked_to) {
    EXPECT_EQ(mote({"req", "shop.count", "3", "--stream"}).out, "1\n2\n3\n");
    EXPECT_EQ(mote({"req", "shop.price", "tea", "--stream"}).out, "3\n") << "one answer is a stream of one";
    const auto first_only = mote({"req", "shop.count", "3"});
    EXPECT_EQ(first_only.out, "1\n");
    EXPECT_EQ(first_only.exit_code, 0);
    EXPECT_TRUE(is_one_line(first_only.err, {"first item of a stream", "--stream"}));
}

TEST_F(mote_req_stream, that_ends_with_an_error_exits_7_behind_its_items) {
    const auto result = mote({"req", "Shop", "broken"});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.out, "1\n2\n");
    EXPECT_TRUE(is_one_line(result.err, {"Shop broken: the service answered 507: no room"}));
    const auto refused = mote({"req", "Shop", "count", "--", "-1"});
    EXPECT_EQ(refused.exit_code, 7);
    EXPECT_TRUE(is_one_line(refused.err, {"400: how many?"}));
    const auto json = mote({"req", "Shop", "broken", "--json"}).out;
    const auto last = boost::json::parse(json.substr(json.rfind("{\"subject\"")));
    EXPECT_EQ(last.at("error").at("code"), 507);
}

TEST_F(mote_req_stream, gives_a_terminal_no_orders_of_the_service) {
    const raw_services evil(server->port(),
                            {{"evil",
                              {{"\x1b]0;owned\x07\x1b[31mEVIL",
                                "NATS/1.0\r\nNats-Service-Error: no\r\nNats-Service-Error-Code: 500\r\n\r\n"}}}});
    const auto shown = mote_on_terminal({"req", "evil", "--stream"}, {{"NO_COLOR", "1"}});
    EXPECT_TRUE(has(shown, "EVIL")) << shown;
    EXPECT_TRUE(has_not(shown, "\x1b")) << shown;
}

TEST_F(mote_req_stream, of_nobody_exits_5_and_of_who_says_nothing_6) {
    EXPECT_EQ(mote({"req", "nobody.here", "--stream"}).exit_code, 5);
    const raw_services silent(server->port(), {{"silent", {}}});
    const auto result = mote({"req", "silent", "--stream", "--timeout", "100ms"});
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_TRUE(is_one_line(result.err, {"silent: no answer within 100ms"}));
}

TEST_F(mote_req_stream, that_stops_in_the_middle_exits_6) {
    const raw_services stuck(server->port(), {{"stuck", {{"1", "NATS/1.0\r\nMote-Stream-Seq: 1\r\n\r\n"}}}});
    const auto result = mote({"req", "stuck", "--stream", "--timeout", "200ms"});
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_EQ(result.out, "1\n");
    EXPECT_TRUE(is_one_line(result.err, {"stuck: nothing more came within 200ms, after 1 item"}));
}

TEST_F(mote_req_stream, that_lost_items_exits_1) {
    const raw_services gap(
        server->port(),
        {{"gap", {{"1", "NATS/1.0\r\nMote-Stream-Seq: 1\r\n\r\n"}, {"3", "NATS/1.0\r\nMote-Stream-Seq: 3\r\n\r\n"}}}});
    const auto result = mote({"req", "gap", "--stream"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "1\n");
    EXPECT_TRUE(is_one_line(result.err));
}

TEST_F(mote_req_stream, is_left_at_ctrl_c_which_the_service_hears_of) {
    process started(command_environment::line({"req", "Shop", "endless"}),
                    environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(started.wait_for_output("100\n"));
    started.kill(SIGINT);
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_EQ(started.err(), "");
    EXPECT_TRUE(is_left());
}

TEST_F(mote_req_stream, is_left_when_nobody_reads_any_more) {
    const std::string program = MOTE_PROGRAM;
    const auto result = run({"/bin/bash", "-c", "set -o pipefail; '" + program + "' req Shop endless | head -3"},
                            environment.options({{"NATS_URL", server->url()}}));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "1\n2\n3\n");
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(is_left());
}

TEST_F(mote_req_stream, is_not_asked_for_again_and_again) {
    const auto result = mote({"req", "Shop", "count", "3", "--repeat", "2"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"Shop count answers with a stream", "--repeat"}));
}

}  // namespace
}  // namespace mote::test
