// `mote watch` in a real terminal.

#include <tests/micro/hosted_service.hpp>
#include <tests/mote/command.hpp>
#include <tests/mote/look/tmux_terminal.hpp>
#include <tests/mote/raw_services.hpp>

#include <mote/nats/connection.hpp>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fstream>

namespace mote::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using screen = std::vector<std::string>;

class mote_watch : public command_live {
protected:
    void SetUp() override {
        command_live::SetUp();
        if (IsSkipped() || HasFatalFailure() || !require_program("tmux")) return;
        auto options = environment.options({{"NATS_URL", server->url()}});
        terminal.emplace(80, 24, options);
    }

    void serve(const std::vector<raw_instance>& instances) {
        services.push_back(std::make_unique<raw_services>(server->port(), answers_of(instances)));
    }
    void watch(const std::string& more = {}) const {
        terminal->command(std::string("'") + MOTE_PROGRAM + "' watch --interval 200ms " + more);
    }
    bool sees(const std::string& text) const { return terminal->wait_for(text); }
    bool sees_no(const std::string& text) const {
        return terminal->wait_until([&](const screen& lines) {
            return std::ranges::none_of(lines, [&](const auto& each) { return each.find(text) != std::string::npos; });
        });
    }
    /// That the chosen row begins so.
    bool chosen(const std::string& name) const { return sees("> " + name + " "); }
    /// That the rows of the table begin so, in this order; the chosen one has `>`.
    bool shows(const std::vector<std::string>& rows) const {
        return terminal->wait_until([&](const screen& lines) {
            for (std::size_t at = 0; at < rows.size(); ++at)
                if (lines.size() <= at + 3 || !lines[at + 3].starts_with(rows[at])) return false;
            return lines.size() <= rows.size() + 3 || lines[rows.size() + 3].empty();
        });
    }
    /// The shell asks for a command: what is typed before that may be dropped with what was meant for the program.
    bool has_prompt() const {
        return terminal->wait_until([&](const screen& lines) {
            const auto last =
                std::find_if(lines.rbegin(), lines.rend(), [](const auto& each) { return !each.empty(); });
            return last != lines.rend() && *last == "READY" && terminal->variable("alternate_on") == "0";
        });
    }
    /// The shell is there again as it was before.
    void expect_restored(const std::string& settings_before) const {
        EXPECT_TRUE(has_prompt()) << terminal->text();
        EXPECT_EQ(terminal->variable("cursor_flag"), "1") << "the cursor is to be seen";
        EXPECT_TRUE(has_not(terminal->text(), "mote watch  ")) << "nothing is left of it";
        EXPECT_EQ(settings(), settings_before);
    }
    /// What `stty` says of the terminal.
    std::string settings() const {
        terminal->command("clear; stty -g; echo DO'NE'");
        std::string found;
        EXPECT_TRUE(terminal->wait_until([&](const screen& lines) {
            const auto done = std::ranges::find(lines, "DONE");
            if (done == lines.end() || done == lines.begin()) return false;
            found.clear();
            for (auto at = lines.begin(); at != done; ++at)
                if (at->find("stty") == std::string::npos) found += *at;
            return true;
        })) << terminal->text();
        return found;
    }
    void expect_exit_code(const std::string& code) const {
        EXPECT_TRUE(has_prompt()) << terminal->text();
        terminal->command("echo \"code=$?\"");
        EXPECT_TRUE(sees("code=" + code)) << terminal->text();
    }

    pid_t child_of_the_shell() const {
        const std::string shell = terminal->variable("pane_pid");
        std::ifstream children("/proc/" + shell + "/task/" + shell + "/children");
        pid_t first = 0;
        children >> first;
        return first;
    }

    std::vector<std::unique_ptr<raw_services>> services;
    std::optional<tmux_terminal> terminal;
};

TEST_F(mote_watch, fills_a_terminal_of_80_columns) {
    serve({usual_instance("Orders", "o1"), usual_instance("Orders", "o2"), usual_instance("Billing", "b1")});
    watch();
    EXPECT_TRUE(shows({"> Billing", "  Orders"})) << terminal->text();
    const auto lines = terminal->lines();
    EXPECT_EQ(lines.at(0), "mote watch  127.0.0.1:" + std::to_string(server->port()) + "  3 instances  every 200ms");
    EXPECT_EQ(lines.at(2), "  SERVICE               INST REQ/S▼  ERR/S   MEAN    P50    P99  INFLT RATE");
    EXPECT_TRUE(lines.at(4).starts_with("  Orders                   2      0      0      -      -      -      -"))
        << lines.at(4);
    EXPECT_EQ(lines.size(), 24U);
    EXPECT_TRUE(lines.back().starts_with("q quit"));
    EXPECT_EQ(terminal->variable("alternate_on"), "1");
}

TEST_F(mote_watch, follows_the_size_of_the_terminal) {
    serve({usual_instance("Orders", "o1")});
    watch();
    ASSERT_TRUE(chosen("Orders"));
    terminal->resize(40, 10);
    EXPECT_TRUE(terminal->wait_until([](const screen& lines) {
        return lines.size() == 10 && lines[2] == "  SERVICE           REQ/S▼  ERR/S    P99" &&
               lines[9].starts_with("q quit");
    })) << terminal->text();
    EXPECT_TRUE(chosen("Orders"));
    terminal->resize(30, 5);
    EXPECT_TRUE(sees("too small: 30x5, needs 40x8")) << terminal->text();
    EXPECT_TRUE(sees_no("Orders"));
    terminal->resize(80, 24);
    EXPECT_TRUE(sees("INFLT RATE")) << terminal->text();
    EXPECT_TRUE(chosen("Orders"));
    EXPECT_TRUE(sees_no("too small"));
}

TEST_F(mote_watch, sorts_filters_and_goes_in_and_back) {
    serve({usual_instance("Orders", "o1"), usual_instance("Orders", "o2"), usual_instance("Billing", "b1"),
           usual_instance("Stock", "s1")});
    watch();
    ASSERT_TRUE(shows({"> Billing", "  Orders", "  Stock"})) << terminal->text();
    terminal->type("ni");
    EXPECT_TRUE(shows({"  Stock", "  Orders", "> Billing"})) << "by name, the other way round\n" << terminal->text();
    EXPECT_TRUE(sees("SERVICE▲"));
    terminal->type("/or");
    EXPECT_TRUE(shows({"> Orders"})) << terminal->text();
    terminal->press("Enter");
    EXPECT_TRUE(sees_no("Enter keep"));
    terminal->press("Enter");
    EXPECT_TRUE(sees("services › Orders")) << terminal->text();
    EXPECT_TRUE(shows({"> echo"}));
    terminal->press("Enter");
    EXPECT_TRUE(shows({"> o2", "  o1"})) << terminal->text();
    EXPECT_TRUE(sees("services › Orders › echo"));
    terminal->press("Escape");
    EXPECT_TRUE(shows({"> echo"}));
    terminal->press("Left");
    EXPECT_TRUE(shows({"> Orders"})) << "the filter is still there";
    terminal->press("Escape");
    EXPECT_TRUE(shows({"  Stock", "> Orders", "  Billing"}));
}

TEST_F(mote_watch, keeps_the_chosen_row_when_instances_come_and_go) {
    serve({usual_instance("Billing", "b1"), usual_instance("Orders", "o1"), usual_instance("Stock", "s1")});
    watch();
    ASSERT_TRUE(shows({"> Billing", "  Orders", "  Stock"}));
    terminal->type("n");
    terminal->press("Down");
    ASSERT_TRUE(shows({"  Billing", "> Orders", "  Stock"}));
    serve({usual_instance("Audit", "a1"), usual_instance("Camera", "c1"), usual_instance("Orders", "o2")});
    EXPECT_TRUE(shows({"  Audit", "  Billing", "  Camera", "> Orders", "  Stock"})) << terminal->text();
    services.pop_back();
    EXPECT_TRUE(shows({"  Billing", "> Orders", "  Stock"})) << terminal->text();
    services.clear();
    EXPECT_TRUE(sees("nothing there")) << terminal->text();
    serve({usual_instance("Late", "l1")});
    EXPECT_TRUE(shows({"> Late"})) << terminal->text();
}

/// Asks `echo` and, of ten times, once `fail`, as long as the service is there.
asio::awaitable<void> ask_all_the_time(nats::connection connection, std::shared_ptr<bool> stop) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int at = 0; !*stop; ++at) {
        connection.publish(at % 10 == 0 ? "fail" : "echo", "x");
        timer.expires_after(5ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

TEST_F(mote_watch, shows_rates_errors_and_latencies_of_our_own_services) {
    nats::options opts;
    opts.servers = {server->url()};
    hosted_service hosted(opts, [](const nats::connection&) {
        auto made = std::make_unique<micro::service>(micro::service_config{.name = "Echo", .version = "1.0.0"});
        made->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        made->endpoint("fail", [](micro::request&) { throw micro::service_error{400, "no"}; });
        return made;
    });
    const auto stop = std::make_shared<bool>(false);
    auto asking = hosted.start(ask_all_the_time(hosted.connection(), stop));
    watch("Echo");
    EXPECT_TRUE(terminal->wait_until([](const screen& lines) {
        // Both are there with rates that are not 0, and with bars; the busy one is first, and has errors only below.
        if (lines.size() < 5 || lines[3].find(" echo ") == std::string::npos) return false;
        const bool bars = lines[3].find("█") != std::string::npos && lines[4].find("█") != std::string::npos;
        const bool times = lines[3].find("µs") != std::string::npos || lines[3].find("ms") != std::string::npos;
        return bars && times && lines[3].substr(36, 6) == "     0" && lines[4].substr(36, 6) != "     0" &&
               lines[3].substr(29, 6) != "     0";
    })) << terminal->text();
    hosted.on_loop([stop] { *stop = true; });
    asking.get();
}

TEST_F(mote_watch, gives_the_terminal_back_at_q) {
    serve({usual_instance("Orders", "o1")});
    const auto before = settings();
    watch();
    ASSERT_TRUE(chosen("Orders"));
    EXPECT_EQ(terminal->variable("cursor_flag"), "0");
    terminal->type("q");
    expect_exit_code("0");
    expect_restored(before);
}

TEST_F(mote_watch, gives_the_terminal_back_at_ctrl_c_and_sigterm) {
    serve({usual_instance("Orders", "o1")});
    const auto before = settings();
    watch();
    ASSERT_TRUE(chosen("Orders"));
    terminal->press("C-c");
    expect_exit_code("130");
    expect_restored(before);

    watch();
    ASSERT_TRUE(chosen("Orders")) << terminal->text();
    const pid_t program = child_of_the_shell();
    ASSERT_GT(program, 1);
    ASSERT_EQ(::kill(program, SIGTERM), 0);
    expect_exit_code("130");
    expect_restored(before);
}

TEST_F(mote_watch, gives_the_terminal_to_the_shell_while_it_is_suspended) {
    serve({usual_instance("Orders", "o1")});
    const auto before = settings();
    watch();
    ASSERT_TRUE(chosen("Orders"));
    terminal->press("C-z");
    ASSERT_TRUE(sees("Stopped")) << terminal->text();
    expect_restored(before);
    terminal->command("fg");
    EXPECT_TRUE(chosen("Orders")) << terminal->text();
    EXPECT_EQ(terminal->variable("alternate_on"), "1");
    terminal->type("q");
    expect_exit_code("0");
    expect_restored(before);
}

TEST_F(mote_watch, waits_for_a_server_that_went_away) {
    serve({usual_instance("Orders", "o1")});
    watch();
    ASSERT_TRUE(chosen("Orders"));
    server->kill();
    EXPECT_TRUE(sees("away: connecting again")) << terminal->text();
    EXPECT_TRUE(chosen("Orders")) << "what is known stays";
    server->restart();
    services.clear();
    serve({usual_instance("Billing", "b1")});
    EXPECT_TRUE(chosen("Billing")) << terminal->text();
    EXPECT_TRUE(sees_no("away"));
    server->kill();
    ASSERT_TRUE(sees("away: connecting again"));
    terminal->type("q");
    expect_exit_code("0");
}

TEST_F(mote_watch, says_why_when_it_cannot_begin) {
    serve({usual_instance("Orders", "o1")});
    watch("Oders");
    EXPECT_TRUE(sees("did you mean Orders?")) << terminal->text();
    expect_exit_code("5");
    EXPECT_EQ(terminal->variable("alternate_on"), "0");
}

TEST_F(mote_watch, shows_bars_of_ascii_and_no_colours_where_nobody_wants_more) {
    serve({usual_instance("Orders", "o1")});
    terminal->command("export LC_ALL=C NO_COLOR=1");
    watch();
    ASSERT_TRUE(sees("REQ/Sv")) << terminal->text();
    EXPECT_TRUE(has_not(terminal->text(), "▁"));
    terminal->press("Enter");
    EXPECT_TRUE(sees("services > Orders"));
}

}  // namespace
}  // namespace mote::test
