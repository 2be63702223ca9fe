// `mote demo`: the server, the service HackerNews in it, and the list of the best.

#include <tests/mote/command.hpp>
#include <tests/mote/http_fetch.hpp>

#include <tests/support/loopback.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t items = 120;

/// As a cell shows it: titles have tabs and ends of lines, too.
std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text)
        result += c == '\t' ? std::string("\\t") : c == '\n' ? std::string("\\n") : std::string(1, c);
    return result;
}

class mote_demo : public testing::Test {
protected:
    void SetUp() override {
        if (!require_nats_server()) return;
        port = free_port();
        fake_hn_options options;
        options.data.items = items;
        api.emplace(options);
    }
    std::vector<std::string> arguments(std::vector<std::string> more) const {
        std::vector<std::string> all{"demo", "--port", std::to_string(port), "--api", api->url()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::vector<std::vector<std::string>> expected(std::size_t count) const {
        std::vector<std::vector<std::string>> rows{{"#", "Points", "Comments", "Title", "URL"}};
        for (const hn_post& each : api->expected_top(count, api->data().now()))
            rows.push_back({std::to_string(rows.size()), std::to_string(each.score), std::to_string(each.comments),
                            escaped(each.title), each.url});
        return rows;
    }
    fs::path directory() const { return environment.home() / ".local" / "state" / "mote"; }

    command_environment environment;
    std::uint16_t port = 0;
    std::optional<fake_hn> api;
};

TEST_F(mote_demo, prints_the_best_ten_in_order_once) {
    const auto result = environment.run(arguments({"--once"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(cells(result.out), expected(10));
    EXPECT_TRUE(has(result.err, std::to_string(api->data().ids().size()) + " items of "));
    EXPECT_TRUE(has(result.err, std::to_string(api->posts().size()) + " stored"));
    EXPECT_TRUE(has_not(result.err, "\x1b")) << "no progress where nobody looks";
    EXPECT_FALSE(accepts_connections(port)) << "the server has ended";
    EXPECT_TRUE(fs::is_directory(directory() / "jetstream" / "$G" / "streams" / "KV_hacker_news"));
    EXPECT_TRUE(fs::is_directory(directory() / "jetstream" / "$G" / "streams" / "OBJ_hacker_news"));
}

TEST_F(mote_demo, prints_as_many_as_it_is_told) {
    EXPECT_EQ(cells(environment.run(arguments({"--once", "--top", "1"})).out), expected(1));
    EXPECT_EQ(cells(environment.run(arguments({"--once", "--top=500"})).out), expected(500)) << "all there are";
}

TEST_F(mote_demo, takes_an_address_without_a_path) {
    const auto result = environment.run(
        {"demo", "--once", "--port", std::to_string(port), "--api", "http://127.0.0.1:" + std::to_string(api->port())});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(cells(result.out), expected(10));
}

TEST_F(mote_demo, shows_progress_and_a_table_on_a_terminal) {
    api->set_delay(30ms);
    pty_process demo(command_environment::line(arguments({"--once"})), environment.options(), 100);
    const auto ended = demo.wait(60s);
    ASSERT_TRUE(ended) << demo.text();
    EXPECT_EQ(ended->code, 0) << demo.text();
    const std::string text = demo.text();
    EXPECT_TRUE(has(text, "Hacker News █"));
    const std::string all = "/" + std::to_string(api->data().ids().size());
    EXPECT_TRUE(has(text, " " + all.substr(1) + all));
    // The first bar comes before most answers, which take 30 ms at least; how many are there by then is the machine's affair.
    const auto first = text.find(all);
    ASSERT_NE(first, std::string::npos) << text;
    EXPECT_FALSE(text.substr(0, first).ends_with(" " + all.substr(1))) << text;
    EXPECT_TRUE(has(text, "\x1b[1m #  Points  Comments  Title"));
    const auto best = expected(1)[1];
    EXPECT_TRUE(has(text, "\n 1  ")) << "ranks are right-aligned";
    EXPECT_TRUE(has(text, best[1] + "  "));
}

TEST_F(mote_demo, goes_on_until_ctrl_c_and_can_be_looked_at) {
    pty_process demo(command_environment::line(arguments({"--color=never"})), environment.options());
    ASSERT_TRUE(demo.wait_for_output("Ctrl-C ends it", 60s)) << demo.text();
    const std::string server = "nats://127.0.0.1:" + std::to_string(port);
    for (const std::string command :
         {" ls", " info HackerNews", " stats HackerNews", " ping HackerNews", " req HackerNews top 3"})
        EXPECT_TRUE(has(demo.text(), "  mote -s " + server + command + "\n"));
    const auto curl = demo.text().find("  curl http://127.0.0.1:");
    ASSERT_NE(curl, std::string::npos) << demo.text();
    const auto by_http = fetch("GET", demo.text().substr(curl + 7, demo.text().find('\n', curl) - curl - 7));
    EXPECT_EQ(by_http.status, 200) << by_http.body;
    EXPECT_EQ(escaped(text_at(boost::json::parse(by_http.body).at("posts").at(0), "title")), expected(1)[1][3]);

    const std::map<std::string, std::string> env{{"NATS_URL", server}};
    const auto listed = cells(environment.run({"ls"}, env).out);  // the gateway is a service, too
    const auto shown = std::ranges::find(listed, "HackerNews", [](const auto& row) { return row.at(0); });
    ASSERT_NE(shown, listed.end());
    EXPECT_EQ(shown->at(4), "fetch, list, process, process-reply, sort, top");
    EXPECT_TRUE(has(environment.run({"info", "HackerNews"}, env).out, "    subject      hn.sort.top\n"));
    const auto counted = cells(environment.run({"stats", "HackerNews"}, env).out);
    const auto process = std::ranges::find(counted, "process", [](const auto& row) { return row.at(1); });
    ASSERT_NE(process, counted.end());
    EXPECT_EQ(process->at(2), std::to_string(api->data().ids().size()));
    EXPECT_EQ(cells(environment.run({"ping", "HackerNews"}, env).out).size(), 2u);
    const auto top = boost::json::parse(environment.run({"req", "HackerNews", "top", "3"}, env).out);
    EXPECT_EQ(escaped(text_at(top.at("posts").at(0), "title")), expected(1)[1][3]);
    const auto wrong = environment.run({"req", "hn.sort.top", "501"}, env);
    EXPECT_EQ(wrong.exit_code, 7);
    EXPECT_TRUE(is_one_line(wrong.err, {"400", "501"}));
    EXPECT_EQ(environment.run({"info", "HackerNew"}, env).exit_code, 5);

    demo.type("\x03");
    const auto ended = demo.wait(30s);
    ASSERT_TRUE(ended) << demo.text();
    EXPECT_EQ(*ended, (exit_status{0, 0})) << demo.text();
    EXPECT_FALSE(accepts_connections(port));
}

TEST_F(mote_demo, says_in_one_line_that_the_api_cannot_be_reached_and_exits_3) {
    const std::string nowhere = "http://127.0.0.1:" + std::to_string(free_port());
    const auto result = environment.run({"demo", "--once", "--port", std::to_string(port), "--api", nowhere});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {nowhere, "cannot be reached", "--api URL"}));
    EXPECT_TRUE(has_not(result.err, "[")) << "words for people";
    EXPECT_FALSE(accepts_connections(port));
}

TEST_F(mote_demo, says_what_the_api_answered) {
    api->fail_next(100, 500);
    const auto result = environment.run(arguments({"--once"}));
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"answered 500", "--api URL"}));
}

TEST_F(mote_demo, goes_on_without_the_items_that_fail) {
    const auto broken = api->posts().front();
    api->answer_with("/v0/item/" + std::to_string(broken) + ".json", "not JSON");
    const auto result = environment.run(arguments({"--once", "--top", "500"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(has(result.err, "1 failed"));
    EXPECT_TRUE(has(result.err, "item " + std::to_string(broken)));
    EXPECT_GE(cells(result.out).size(), expected(500).size() - 1);
}

TEST_F(mote_demo, ends_with_130_when_it_is_interrupted_before_the_list) {
    api->set_delay(60s);
    process demo(command_environment::line(arguments({"--once"})), environment.options());
    ASSERT_TRUE(api->wait_for_item_requests(10, 40s)) << demo.output();
    demo.kill(SIGINT);
    const auto ended = demo.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130) << demo.output();
    EXPECT_EQ(demo.out(), "");
    EXPECT_FALSE(accepts_connections(port));
}

TEST_F(mote_demo, takes_the_next_free_port_and_names_it_in_its_commands) {
    const unique_fd taken = listen_loopback(port);
    process demo(command_environment::line(arguments({})), environment.options());
    ASSERT_TRUE(demo.wait_for_output("Ctrl-C ends it", 60s)) << demo.output();
    EXPECT_TRUE(has(demo.err(), "Port " + std::to_string(port) + " is taken"));
    EXPECT_TRUE(has_not(demo.err(), "mote -s nats://127.0.0.1:" + std::to_string(port) + " "));
    EXPECT_TRUE(has(demo.err(), "  mote -s nats://127.0.0.1:"));
    EXPECT_EQ(demo.terminate().code, 0);
}

}  // namespace
}  // namespace mote::test
