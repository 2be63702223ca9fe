// `mote ls`, `info`, `stats` and `ping`: what they show of services, whoever wrote them.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <algorithm>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using rows = std::vector<std::vector<std::string>>;

class mote_services : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances) { services.emplace(server->port(), answers_of(instances)); }
    void serve_three() {
        serve({usual_instance("Orders", "o2"), usual_instance("Billing", "b1"), usual_instance("Orders", "o1")});
    }

    std::optional<raw_services> services;
};

TEST_F(mote_services, are_listed_by_name_and_id_with_tabs_when_piped) {
    serve_three();
    const auto result = mote({"ls"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(cells(result.out), (rows{{"Name", "Version", "ID", "Description", "Endpoints"},
                                       {"Billing", "1.2.3", "b1", "says it again", "echo"},
                                       {"Orders", "1.2.3", "o1", "says it again", "echo"},
                                       {"Orders", "1.2.3", "o2", "says it again", "echo"}}));
    EXPECT_EQ(cells(mote({"ls", "Billing"}).out).size(), 2u);
    EXPECT_EQ(mote({"list"}).out, result.out) << "by its other name";
}

TEST_F(mote_services, are_a_table_on_a_terminal) {
    serve_three();
    const std::string shown = mote_on_terminal({"ls"});
    EXPECT_TRUE(has(shown, "\x1b[1mName     Version  ID  Description    Endpoints\x1b[0m\n"));
    EXPECT_TRUE(has(shown, "─"));
    EXPECT_TRUE(has(shown, "Billing  1.2.3    b1  says it again  echo\n"));
}

TEST_F(mote_services, are_shown_without_colours_where_nobody_wants_them) {
    serve_three();
    EXPECT_TRUE(has_not(mote_on_terminal({"ls"}, {{"NO_COLOR", "1"}}), "\x1b"));
    EXPECT_TRUE(has_not(mote_on_terminal({"ls"}, {{"TERM", "dumb"}}), "\x1b"));
    EXPECT_TRUE(has_not(mote_on_terminal({"ls", "--color", "never"}), "\x1b"));
    EXPECT_TRUE(has_not(mote({"ls"}).out, "\x1b"));
    EXPECT_TRUE(has(mote_on_terminal({"ls", "--color=always"}, {{"NO_COLOR", "1"}}), "\x1b[1m"))
        << "the option has the last word";
    EXPECT_TRUE(has(mote({"ls", "--color=always"}).out, "\x1b[1m"));
    EXPECT_TRUE(has(mote_on_terminal({"ls"}, {{"NO_COLOR", ""}}), "\x1b[1m")) << "an empty NO_COLOR is none";
}

TEST_F(mote_services, are_shown_in_ascii_where_the_locale_is_not_utf8) {
    serve_three();
    const std::string shown = mote_on_terminal({"ls"}, {{"LANG", "C"}});
    EXPECT_TRUE(has(shown, "-----"));
    EXPECT_TRUE(has_not(shown, "─"));
}

TEST_F(mote_services, are_cut_to_the_width_of_the_terminal_only_there) {
    serve({usual_instance("Orders", "o1", std::string(200, 'd'))});
    const std::string shown = mote_on_terminal({"ls", "--color=never"}, {}, 60);
    EXPECT_TRUE(has(shown, "…"));
    EXPECT_TRUE(has_not(shown, std::string(60, 'd')));
    EXPECT_TRUE(has(mote({"ls"}).out, std::string(200, 'd')));
}

TEST_F(mote_services, are_json_with_the_names_of_the_wire) {
    serve_three();
    const auto infos = parse_array(mote({"ls", "--json"}).out);
    ASSERT_EQ(infos.size(), 3u);
    EXPECT_EQ(text_at(infos[0], "name"), "Billing");
    EXPECT_EQ(text_at(infos[0], "type"), "io.nats.micro.v1.info_response");
    EXPECT_EQ(text_at(infos[1].at("endpoints").at(0), "subject"), "Orders.echo");
    EXPECT_EQ(text_at(infos[1].at("endpoints").at(0).at("metadata"), "format"), "text");
    EXPECT_EQ(parse_array(mote({"info", "Orders", "--json"}).out).size(), 2u);

    const auto stats = parse_array(mote({"stats", "Orders", "-j"}).out);
    ASSERT_EQ(stats.size(), 2u);
    EXPECT_EQ(text_at(stats[0], "id"), "o1");
    EXPECT_EQ(stats[0].at("endpoints").at(0).at("num_requests").to_number<int>(), 4);
    EXPECT_EQ(stats[0].at("endpoints").at(0).at("processing_time").to_number<int>(), 8000000);
    EXPECT_EQ(text_at(stats[0].at("endpoints").at(0), "last_error"), "400:bad input");
    EXPECT_EQ(text_at(stats[0], "started"), "2026-11-24T00:07:20Z");

    const auto pings = parse_array(mote({"ping", "--json"}).out);
    ASSERT_EQ(pings.size(), 3u);
    EXPECT_EQ(text_at(pings[0], "id"), "b1");
    EXPECT_GT(pings[0].at("rtt").to_number<std::int64_t>(), 0);
    EXPECT_TRUE(has_not(mote_on_terminal({"ls", "--json", "--color=always"}), "\x1b")) << "JSON has no colours";
}

TEST_F(mote_services, are_explained_with_all_instances_of_one_kind_together) {
    serve_three();
    const auto result = mote({"info", "Orders"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out,
              "Service      Orders\n"
              "Version      1.2.3\n"
              "Description  says it again\n"
              "IDs          o1\n"
              "             o2\n"
              "Endpoints\n"
              "  echo\n"
              "    subject      Orders.echo\n"
              "    queue group  q\n"
              "    format       text\n");
    const auto one = mote({"info", "Orders", "o2"});
    EXPECT_TRUE(has(one.out, "ID           o2\n"));
    EXPECT_TRUE(has_not(one.out, "o1"));
    EXPECT_TRUE(has(mote_on_terminal({"info", "Orders"}), "\x1b[1mEndpoints\x1b[0m\n"));
}

TEST_F(mote_services, are_explained_one_by_one_where_they_differ) {
    auto other = usual_instance("Orders", "o2", "another text");
    serve({usual_instance("Orders", "o1"), other});
    const auto result = mote({"info", "Orders"});
    EXPECT_TRUE(has(result.out, "ID           o1\n"));
    EXPECT_TRUE(has(result.out, "\n\nService      Orders\n"));
    EXPECT_TRUE(has(result.out, "another text"));
}

TEST_F(mote_services, are_counted_by_instance_and_endpoint_with_totals_for_people) {
    serve_three();
    const auto piped = mote({"stats", "Orders"});
    EXPECT_EQ(piped.exit_code, 0);
    EXPECT_EQ(cells(piped.out),
              (rows{{"ID", "Endpoint", "Requests", "Errors", "Time", "Average", "Queue Group", "Last Error"},
                    {"o1", "echo", "4", "1", "8ms", "2ms", "q", "400:bad input"},
                    {"o2", "echo", "4", "1", "8ms", "2ms", "q", "400:bad input"}}));
    const std::string shown = mote_on_terminal({"stats", "Orders", "--color=never"});
    EXPECT_TRUE(has(shown, "2 instances  all              8       2  16ms      2ms\n"));
    EXPECT_EQ(cells(mote({"stats", "Orders", "o1"}).out).size(), 2u);
}

TEST_F(mote_services, are_pinged_with_a_time_each_and_a_summary) {
    serve_three();
    const auto result = mote({"ping"});
    EXPECT_EQ(result.exit_code, 0);
    const auto shown = cells(result.out);
    ASSERT_EQ(shown.size(), 4u);
    EXPECT_EQ(shown[0], (std::vector<std::string>{"Name", "ID", "RTT"}));
    EXPECT_EQ(shown[1][0], "Billing");
    EXPECT_TRUE(shown[1][2].ends_with("s")) << shown[1][2];
    EXPECT_TRUE(has(result.err, "3 instances, rtt min/avg/max "));
    EXPECT_TRUE(has(mote({"ping", "Orders"}).err, "2 instances"));
    EXPECT_TRUE(has(mote_on_terminal({"ping", "Billing"}), "1 instance, rtt min/avg/max "));
}

TEST_F(mote_services, that_are_not_there_are_exit_5_with_nothing_on_standard_output) {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"ls"},
                                                    {"ls", "--json"},
                                                    {"ls", "X"},
                                                    {"info", "X"},
                                                    {"stats", "X"},
                                                    {"ping"},
                                                    {"ping", "X"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 5) << command.front();
        EXPECT_EQ(result.out, "");
        EXPECT_TRUE(
            is_one_line(result.err, {"no services on 127.0.0.1:" + std::to_string(server->port()), "mote demo"}));
    }
}

TEST_F(mote_services, with_an_unknown_name_are_answered_with_the_names_that_were_meant) {
    serve_three();
    for (const std::string command : {"ls", "info", "stats", "ping"}) {
        const auto result = mote({command, "Oders"});
        EXPECT_EQ(result.exit_code, 5) << command;
        EXPECT_EQ(result.out, "");
        EXPECT_TRUE(is_one_line(result.err, {"no service \"Oders\"; did you mean Orders?"}));
    }
    EXPECT_TRUE(is_one_line(mote({"info", "orders"}).err, {"did you mean Orders?"})) << "names have a case";
    EXPECT_TRUE(is_one_line(mote({"info", "Warehouse"}).err, {"there is: Billing, Orders"}));
}

TEST_F(mote_services, with_an_unknown_instance_are_answered_with_the_ones_there_are) {
    serve_three();
    for (const std::string command : {"info", "stats"}) {
        const auto result = mote({command, "Orders", "o3"});
        EXPECT_EQ(result.exit_code, 5);
        EXPECT_TRUE(is_one_line(result.err, {"service \"Orders\" has no instance \"o3\"; there is: o1, o2"}));
    }
}

TEST_F(mote_services, cannot_have_a_name_with_blanks_or_dots) {
    for (const std::string bad : {"a b", "a.b", "*", ">", ""}) {
        const auto result = mote({"info", bad});
        EXPECT_EQ(result.exit_code, 2) << bad;
        EXPECT_TRUE(is_one_line(result.err));
    }
    EXPECT_EQ(mote({"info", "Orders", "a b"}).exit_code, 2);
}

TEST_F(mote_services, may_be_named_like_a_command) {
    serve({usual_instance("ping", "p1"), usual_instance("ls", "l1")});
    EXPECT_TRUE(has(mote({"info", "ping"}).out, "ping.echo"));
    EXPECT_TRUE(has(mote({"info", "ls"}).out, "ls.echo"));
    EXPECT_EQ(cells(mote({"ping", "ping"}).out).size(), 2u);
}

TEST_F(mote_services, that_do_not_answer_in_time_are_exit_6) {
    services.emplace(server->port(),
                     std::map<std::string, std::vector<raw_reply>>{{"$SRV.INFO", {}}, {"$SRV.STATS.Paused", {}}});
    for (const std::vector<std::string>& command : {std::vector<std::string>{"ls"}, {"stats", "Paused"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "150ms"});
        const auto result = mote(arguments);
        EXPECT_EQ(result.exit_code, 6) << command.front();
        EXPECT_TRUE(is_one_line(result.err, {"no answer within 150ms", "--timeout"}));
    }
    EXPECT_EQ(mote({"ls"}, {{"NATS_TIMEOUT", "100ms"}}).exit_code, 6);
    EXPECT_EQ(mote({"ls", "--timeout", "100ms"}, {{"NATS_TIMEOUT", "1h"}}).exit_code, 6)
        << "the option has the last word";
}

TEST_F(mote_services, of_other_implementations_may_leave_out_what_they_like) {
    raw_instance sparse{"Sparse", "s1", R"({"name":"Sparse","id":"s1"})",
                        R"({"name":"Sparse","id":"s1","metadata":null})",
                        R"({"name":"Sparse","id":"s1","endpoints":[{"name":"e"}]})"};
    raw_instance python{
        "Python", "p1",
        R"({"type": "io.nats.micro.v1.ping_response", "id": "p1", "name": "Python", "version": "1.0.0", "metadata": {}})",
        R"({"type": "io.nats.micro.v1.info_response", "id": "p1", "name": "Python", "version": "1.0.0", "description": "d",
                            "endpoints": [{"name": "e", "subject": "py.e", "queue_group": "q", "metadata": null}], "metadata": {}, "extra": [1]})",
        R"({"type": "io.nats.micro.v1.stats_response", "id": "p1", "name": "Python", "version": "1.0.0", "metadata": {},
                            "started": "2026-11-24T00:07:20.733Z", "endpoints": [{"name": "e", "subject": "py.e", "queue_group": "q",
                            "num_requests": 2, "num_errors": 0, "processing_time": 3000, "average_processing_time": 1500,
                            "data": {"hits": 2}}]})"};
    serve({sparse, python});
    EXPECT_EQ(cells(mote({"ls"}).out), (rows{{"Name", "Version", "ID", "Description", "Endpoints"},
                                             {"Python", "1.0.0", "p1", "d", "e"},
                                             {"Sparse", "", "s1", "", ""}}));
    EXPECT_EQ(mote({"info", "Sparse"}).out, "Service      Sparse\nID           s1\nNo endpoints\n");
    EXPECT_TRUE(has(mote({"stats", "Sparse"}).out, "s1\te\t0\t0\t0ns\t0ns\t\t\n"));
    EXPECT_TRUE(has(mote({"stats", "Python"}).out, "p1\te\t2\t0\t3µs\t1.5µs\tq\t\n"));
    const auto stats = parse_array(mote({"stats", "Python", "--json"}).out);
    EXPECT_EQ(stats.at(0).at("endpoints").at(0).at("data").at("hits").to_number<int>(), 2);
    EXPECT_EQ(cells(mote({"ping"}).out).size(), 3u);
}

TEST_F(mote_services, without_endpoints_have_no_statistics) {
    raw_instance bare{"Bare", "b1", R"({"name":"Bare","id":"b1"})", R"({"name":"Bare","id":"b1","endpoints":[]})",
                      R"({"name":"Bare","id":"b1","endpoints":null})"};
    serve({bare});
    const auto result = mote({"stats", "Bare"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {"\"Bare\" has no endpoints"}));
}

TEST_F(mote_services, are_found_beside_replies_that_are_none) {
    auto answers = answers_of({usual_instance("Orders", "o1")});
    answers["$SRV.INFO"].insert(answers["$SRV.INFO"].begin(),
                                {{"junk", ""}, {"", ""}, {"[1]", ""}, {R"({"name":5})", ""}});
    services.emplace(server->port(), answers);
    const auto result = mote({"ls"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(cells(result.out).size(), 2u);
    EXPECT_TRUE(is_one_line(result.err, {"4 messages"}));
}

TEST_F(mote_services, are_an_error_where_every_reply_is_junk) {
    services.emplace(server->port(), std::map<std::string, std::vector<raw_reply>>{{"$SRV.INFO", {{"junk", ""}}}});
    const auto result = mote({"ls"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {"no service replies"}));
}

TEST_F(mote_services, cannot_send_control_characters_to_the_terminal) {
    serve({usual_instance("Evil", "e1", R"(\u001b[2Jgone\u0007\tline\n)")});
    for (const std::vector<std::string>& command : {std::vector<std::string>{"ls"}, {"info", "Evil"}}) {
        auto arguments = command;
        arguments.push_back("--color=never");
        const std::string shown = mote_on_terminal(arguments);
        EXPECT_TRUE(has_not(shown, "\x1b"));
        EXPECT_TRUE(has_not(shown, "\x07"));
        EXPECT_TRUE(has(shown, "\\x1b[2Jgone\\x07\\tline\\n"));
    }
    EXPECT_EQ(cells(mote({"ls"}).out).size(), 2u);
}

TEST_F(mote_services, are_valid_json_whatever_bytes_they_say) {
    serve({usual_instance("Orders", "o1",
                          "a\xff"
                          "b")});
    const auto infos = parse_array(mote({"ls", "--json"}).out);
    EXPECT_EQ(text_at(infos.at(0), "description"),
              "a\xef\xbf\xbd"
              "b");
}

TEST_F(mote_services, may_be_many) {
    std::vector<raw_instance> many;
    for (int at = 0; at < 300; ++at) many.push_back(usual_instance("Many", "id" + std::to_string(1000 + at)));
    serve(many);
    const auto shown = cells(mote({"ls"}).out);
    ASSERT_EQ(shown.size(), 301u);
    EXPECT_EQ(shown[300][2], "id1299");
}

TEST_F(mote_services, do_not_mind_a_reader_who_has_seen_enough) {
    std::vector<raw_instance> many;
    for (int at = 0; at < 300; ++at)
        many.push_back(usual_instance("Many", "id" + std::to_string(at), std::string(1000, 'd')));
    serve(many);
    const std::string program = MOTE_PROGRAM;
    const auto head = run({"/bin/bash", "-c", "'" + program + "' ls | head -1; echo ${PIPESTATUS[0]}"},
                          environment.options({{"NATS_URL", server->url()}}));
    EXPECT_EQ(head.out, "Name\tVersion\tID\tDescription\tEndpoints\n0\n");
    EXPECT_EQ(head.err, "");
}

TEST_F(mote_services, say_that_the_disk_is_full) {
    serve_three();
    const std::string program = MOTE_PROGRAM;
    const auto full = run({"/bin/bash", "-c", "'" + program + "' ls > /dev/full"},
                          environment.options({{"NATS_URL", server->url()}}));
    EXPECT_EQ(full.exit_code, 1);
    EXPECT_TRUE(is_one_line(full.err, {"standard output: No space left on device"}));
}

}  // namespace
}  // namespace mote::test
