// `mote events`: instances that come and go.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_events : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances) {
        services.push_back(std::make_unique<raw_services>(server->port(), answers_of(instances)));
    }
    std::unique_ptr<process> follow(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"events", "--interval", "100ms"});
        return std::make_unique<process>(command_environment::line(more),
                                         environment.options({{"NATS_URL", server->url()}}));
    }

    std::vector<std::unique_ptr<raw_services>> services;
};

TEST_F(mote_events, are_lines_of_who_is_there_comes_changes_and_goes) {
    serve({usual_instance("Orders", "o1")});
    const auto events = follow();
    ASSERT_TRUE(events->wait_for_output("\tthere\tOrders\t1.2.3\to1\n", 30s)) << events->output();
    serve({usual_instance("Billing", "b1")});
    ASSERT_TRUE(events->wait_for_output("\tappeared\tBilling\t1.2.3\tb1\n", 30s)) << events->output();
    serve({usual_instance("Billing", "b1", "another text")});
    ASSERT_TRUE(events->wait_for_output("\tchanged\tBilling\t1.2.3\tb1\n", 30s)) << events->output();
    services.clear();
    ASSERT_TRUE(events->wait_for_output("\tgone\tOrders\t1.2.3\to1\n", 30s)) << events->output();
    ASSERT_TRUE(events->wait_for_output("\tgone\tBilling\t1.2.3\tb1\n", 30s)) << events->output();
    serve({usual_instance("Orders", "o1")});
    ASSERT_TRUE(events->wait_for_output("\tappeared\tOrders\t1.2.3\to1\n", 30s))
        << "it was there at the start, and came back";
    events->kill(SIGINT);
    const auto ended = events->wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    const auto rows = cells(events->out());
    EXPECT_TRUE(rows.at(0).at(0).ends_with("Z")) << "with the time";
    EXPECT_EQ(events->err(), "");
}

TEST_F(mote_events, are_lines_of_json) {
    serve({usual_instance("Orders", "o1")});
    const auto events = follow({"--json"});
    ASSERT_TRUE(events->wait_for_output("\n", 30s)) << events->output();
    const std::string out = events->out();
    const auto line = boost::json::parse(out.substr(0, out.find('\n')));
    EXPECT_EQ(text_at(line, "event"), "there");
    EXPECT_EQ(text_at(line.at("service"), "id"), "o1");
    EXPECT_EQ(text_at(line.at("service").at("endpoints").at(0), "subject"), "Orders.echo");
    EXPECT_FALSE(text_at(line, "time").empty());
}

TEST_F(mote_events, are_those_of_one_service_that_may_come_later) {
    serve({usual_instance("Orders", "o1")});
    const auto events = follow({"Oders"});
    ASSERT_TRUE(events->wait_for_output("no service \"Oders\" yet; it is waited for, or did you mean Orders?", 30s))
        << events->output();
    serve({usual_instance("Oders", "x1")});
    ASSERT_TRUE(events->wait_for_output("\tappeared\tOders\t1.2.3\tx1\n", 30s)) << events->output();
    EXPECT_TRUE(has_not(events->out(), "Orders"));
}

TEST_F(mote_events, say_when_the_server_goes_and_comes) {
    serve({usual_instance("Orders", "o1")});
    const auto events = follow();
    ASSERT_TRUE(events->wait_for_output("\tthere\tOrders", 30s));
    server->kill();
    ASSERT_TRUE(events->wait_for_output("the server is away", 30s));
    server->restart();
    ASSERT_TRUE(events->wait_for_output("the server is back", 30s));
    ASSERT_TRUE(events->wait_for_output("\tgone\tOrders", 30s)) << "who did not come back is gone";
}

TEST_F(mote_events, end_when_nobody_reads_them_any_more) {
    serve({usual_instance("Orders", "o1")});
    const std::string program = MOTE_PROGRAM;
    const auto head = run({"/bin/bash", "-c", "'" + program + "' events | head -1 | cut -f 2-; echo ${PIPESTATUS[0]}"},
                          environment.options({{"NATS_URL", server->url()}}), 30s);
    EXPECT_FALSE(head.timed_out);
    EXPECT_EQ(head.out, "there\tOrders\t1.2.3\to1\n0\n");
    EXPECT_EQ(head.err, "");
}

TEST_F(mote_events, cannot_move_the_cursor) {
    auto evil = usual_instance("Evil", "e1");
    evil.info = R"({"name":"Evil","id":"e1","version":"\u001b[2J\n1"})";
    serve({evil});
    const auto events = follow();
    ASSERT_TRUE(events->wait_for_output("\\x1b[2J\\n1\te1\n", 30s)) << events->output();
}

}  // namespace
}  // namespace mote::test
