// `mote kv watch`: what is there, and then every change.

#include <tests/mote/data/data_live.hpp>

#include <csignal>
#include <sstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_kv_watch : public data_live {
protected:
    void put(const std::string& key, const std::string& value) const {
        EXPECT_EQ(mote({"kv", "put", "settings", key, value}).exit_code, 0);
    }
    /// Ends it as a person does.
    static int interrupted(const process& watching) {
        watching.kill(SIGINT);
        const auto ended = watching.wait();
        return ended ? ended->code : -1;
    }
};

TEST_F(mote_kv_watch, prints_what_is_there_and_each_change_until_ctrl_c) {
    put("colour", "red");
    const auto watching = start({"kv", "watch", "settings"});
    ASSERT_TRUE(watching->wait_for_output("red\n")) << watching->output();
    put("shape", "round\tor not");
    ASSERT_TRUE(watching->wait_for_output("round"));
    mote({"kv", "del", "settings", "colour"});
    ASSERT_TRUE(watching->wait_for_output("\tdel\tcolour\t"));
    EXPECT_EQ(interrupted(*watching), 130);
    const auto rows = cells(watching->out());
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0], (std::vector<std::string>{"Time", "Operation", "Key", "Revision", "Value"}));
    EXPECT_EQ(std::vector<std::string>(rows[1].begin() + 1, rows[1].end()),
              (std::vector<std::string>{"put", "colour", "1", "red"}));
    EXPECT_EQ(rows[2][4], "round\\tor not");
    EXPECT_EQ(rows[3][1], "del");
    EXPECT_EQ(watching->err(), "");
}

TEST_F(mote_kv_watch, is_a_line_of_json_for_each) {
    const auto watching = start({"kv", "watch", "settings", "--json"});
    put("k", "v");
    ASSERT_TRUE(watching->wait_for_output("\n"));
    put("k", "w");
    ASSERT_TRUE(watching->wait_for_output("\"w\""));
    EXPECT_EQ(interrupted(*watching), 130);
    std::istringstream lines(watching->out());
    std::vector<std::string> values;
    for (std::string line; std::getline(lines, line);) values.push_back(text_at(boost::json::parse(line), "data"));
    EXPECT_EQ(values, (std::vector<std::string>{"v", "w"}));
}

TEST_F(mote_kv_watch, follows_only_what_is_asked_for) {
    for (const std::string key : {"a.one", "b.one", "c.one"}) put(key, "old");
    const auto watching = start({"kv", "watch", "settings", "a.*", "--updates-only", "--json"});
    // What comes is what was put behind its begin, which nobody tells: so it is put until something comes.
    for (int each = 0; each < 200 && watching->out().empty(); ++each) {
        put("b.one", "new");
        put("a.one", "new");
    }
    ASSERT_TRUE(watching->wait_for_output("\n"));
    EXPECT_EQ(interrupted(*watching), 130);
    EXPECT_TRUE(has_not(watching->out(), "b.one"));
    EXPECT_TRUE(has_not(watching->out(), "old"));
}

TEST_F(mote_kv_watch, starts_with_the_history_when_asked) {
    put("k", "one");
    put("k", "two");
    const auto watching = start({"kv", "watch", "settings", "--history"});
    ASSERT_TRUE(watching->wait_for_output("two\n"));
    EXPECT_TRUE(has(watching->out(), "\tone\n"));
    EXPECT_EQ(interrupted(*watching), 130);
    EXPECT_EQ(mote({"kv", "watch", "settings", "--history", "--updates-only"}).exit_code, 2);
}

TEST_F(mote_kv_watch, ends_quietly_when_nobody_reads_any_more) {
    put("k", "one");
    const auto result = shell("mote kv watch settings --json | head -1");
    EXPECT_EQ(result.exit_code, 0) << "also when nothing more changes";
    EXPECT_TRUE(has(result.out, "\"one\""));
    EXPECT_EQ(result.err, "");
}

TEST_F(mote_kv_watch, fits_a_terminal) {
    put("k", std::string(300, 'x'));
    pty_process watching(command_environment::line({"kv", "watch", "settings"}),
                         environment.options({{"NATS_URL", server->url()}, {"NO_COLOR", "1"}}), 60);
    ASSERT_TRUE(watching.wait_for_output("\n"));
    watching.type("\x03");
    const auto ended = watching.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    const auto line = watching.text().substr(0, watching.text().find('\n'));
    EXPECT_TRUE(has(line, "put    k  1  xxx"));
    EXPECT_TRUE(has(line, "x…"));
    EXPECT_LE(line.size(), 62U) << "60 columns, one of them of three bytes";
}

TEST_F(mote_kv_watch, ends_when_the_server_goes_away) {
    put("k", "one");
    const auto watching = start({"kv", "watch", "settings"});
    ASSERT_TRUE(watching->wait_for_output("one\n"));
    server->kill();
    const auto ended = watching->wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3);
    EXPECT_TRUE(is_one_line(watching->err(), {"the connection to the server was lost"}));
}

}  // namespace
}  // namespace mote::test
