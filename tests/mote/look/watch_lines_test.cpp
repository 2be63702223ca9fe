// `mote watch` where there is no terminal: a table, or lines of JSON.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using rows = std::vector<std::vector<std::string>>;

class mote_watch_lines : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances) { services.emplace(server->port(), answers_of(instances)); }

    std::optional<raw_services> services;
};

TEST_F(mote_watch_lines, are_a_table_of_one_interval_when_piped) {
    serve({usual_instance("Orders", "o1"), usual_instance("Orders", "o2"), usual_instance("Billing", "b1")});
    const auto result = mote({"watch", "--interval", "200ms"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(cells(result.out),
              (rows{{"Service", "Endpoint", "Instances", "Req/s", "Err/s", "Mean", "P50", "P99", "In flight"},
                    {"Billing", "echo", "1", "0", "0", "-", "-", "-", "-"},
                    {"Orders", "echo", "2", "0", "0", "-", "-", "-", "-"}}));
    EXPECT_EQ(cells(mote({"watch", "Orders", "--once", "--interval", "200ms"}).out).size(), 2U);
}

TEST_F(mote_watch_lines, are_a_table_on_a_terminal_with_once_or_where_that_is_dumb) {
    serve({usual_instance("Orders", "o1")});
    const std::vector<std::string> quickly{"watch", "--interval", "200ms", "--color=never"};
    auto once = quickly;
    once.push_back("--once");
    const std::string shown = mote_on_terminal(once);
    EXPECT_TRUE(has(shown, "Service  Endpoint  Instances  Req/s"));
    EXPECT_TRUE(has_not(shown, "\x1b"));
    EXPECT_EQ(mote_on_terminal(quickly, {{"TERM", "dumb"}}), shown);
}

TEST_F(mote_watch_lines, are_json_one_an_interval_until_nobody_reads_them) {
    serve({usual_instance("Orders", "o1")});
    const std::string program = MOTE_PROGRAM;
    const auto head =
        run({"/bin/bash", "-c", "'" + program + "' watch --json --interval 100ms | head -2; echo ${PIPESTATUS[0]}"},
            environment.options({{"NATS_URL", server->url()}}), 30s);
    ASSERT_FALSE(head.timed_out);
    EXPECT_EQ(head.err, "");
    const auto end = head.out.find('\n');
    const auto line = boost::json::parse(head.out.substr(0, end));
    EXPECT_FALSE(text_at(line, "time").empty());
    const auto& service = line.at("services").at(0);
    EXPECT_EQ(text_at(service, "name"), "Orders");
    EXPECT_EQ(service.at("instances").to_number<int>(), 1);
    EXPECT_EQ(service.at("rate").to_number<double>(), 0);
    EXPECT_TRUE(service.at("p99").is_null());
    const auto& endpoint = service.at("endpoints").at(0);
    EXPECT_EQ(endpoint.at("requests").to_number<int>(), 4);
    EXPECT_EQ(text_at(endpoint, "last_error"), "400:bad input");
    EXPECT_EQ(text_at(endpoint.at("instances").at(0), "id"), "o1");
    EXPECT_TRUE(head.out.ends_with("}\n0\n")) << "the second line, and the exit code";
}

TEST_F(mote_watch_lines, go_on_when_the_server_was_away) {
    serve({usual_instance("Orders", "o1")});
    process watching(command_environment::line({"watch", "--json", "--interval", "100ms"}),
                     environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(watching.wait_for_output("\"Orders\"", 30s)) << watching.output();
    server->kill();
    services.reset();
    server->restart();
    serve({usual_instance("Billing", "b1")});
    EXPECT_TRUE(watching.wait_for_output("\"Billing\"", 30s)) << watching.output();
}

TEST_F(mote_watch_lines, of_nobody_are_exit_5_and_of_an_unknown_service_with_the_nearest) {
    EXPECT_EQ(mote({"watch"}).exit_code, 5);
    EXPECT_EQ(mote({"watch", "--json"}).exit_code, 5);
    serve({usual_instance("Orders", "o1")});
    const auto result = mote({"watch", "Oders"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {"did you mean Orders?"}));
    EXPECT_EQ(mote({"watch", "--interval", "1ms"}).exit_code, 2);
}

TEST(mote_looking, without_permission_to_ask_is_exit_4_at_once) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.config = R"(authorization { users = [ {user: u, password: p, permissions: { publish: ["allowed"] }} ] })";
    const nats_server limited(options);
    const command_environment environment;
    for (const std::vector<std::string>& command : {std::vector<std::string>{"watch"},
                                                    {"watch", "--json"},
                                                    {"events"},
                                                    {"events", "Orders"},
                                                    {"graph"},
                                                    {"schema", "Orders"},
                                                    {"ping", "--count", "0"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"-s", limited.url(), "--user", "u", "--password", "p", "--timeout", "1h"});
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 4) << command.front() << ": " << result.err;
        EXPECT_TRUE(is_one_line(result.err, {"Permissions Violation", "$SRV."}));
    }
    pty_process watching(
        command_environment::line({"watch", "-s", limited.url(), "--user", "u", "--password", "p", "--timeout", "1h"}),
        environment.options());
    const auto ended = watching.wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 4);
    EXPECT_TRUE(has(watching.text(), "Permissions Violation"));
    EXPECT_TRUE(has_not(watching.text(), "\x1b[?1049h")) << "before the screen is taken";
}

TEST(mote_looking, without_a_server_is_exit_3) {
    const command_environment environment;
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"watch"}, {"events"}, {"graph"}, {"schema", "Orders"}, {"ping", "--count", "0"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"-s", "127.0.0.1:1"});
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 3) << command.front();
        EXPECT_TRUE(is_one_line(result.err, {"cannot connect to 127.0.0.1:1"}));
    }
}

}  // namespace
}  // namespace mote::test
