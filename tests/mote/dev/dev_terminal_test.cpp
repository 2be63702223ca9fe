// `mote dev` in a real terminal: its keys, its colours, and how it leaves the terminal.

#include <tests/mote/dev/dev_live.hpp>
#include <tests/support/sanitized.hpp>

#include <csignal>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class dev_terminal : public dev_live {};

TEST_F(dev_terminal, does_what_its_keys_say) {
    const auto dev = in_terminal();
    ASSERT_TRUE(dev->wait_for("Dev serves, 4 endpoints")) << dev->text();
    EXPECT_TRUE(has(dev->text(), "keys: r restart, b build"));
    dev->type("r");
    ASSERT_TRUE(dev->wait_for("the new version of Dev serves")) << dev->text();
    EXPECT_EQ(builds(), 1U);
    dev->type("b");
    ASSERT_TRUE(dev->wait_for("the new version of Dev serves", 2)) << dev->text();
    EXPECT_EQ(builds(), 2U);
    dev->type("l");
    ASSERT_TRUE(dev->wait_for("answer, slow, abort, exit")) << dev->text();
    EXPECT_TRUE(has(dev->text(), "Endpoints"));
    ASSERT_EQ(connect().request("answer", "").payload(), "one");
    dev->type("s");
    ASSERT_TRUE(dev->wait_for("Requests")) << dev->text();
    ASSERT_TRUE(dev->wait_for("answer ")) << dev->text();
    dev->type("h");
    ASSERT_TRUE(dev->wait_for("quit, as Ctrl-C does")) << dev->text();
    dev->type("o");
    ASSERT_TRUE(dev->wait_for("shows the output of builds that fail only")) << dev->text();
    dev->type("b");
    ASSERT_TRUE(dev->wait_for("the new version of Dev serves", 3)) << dev->text();
    EXPECT_EQ(count_of(dev->text(), "$ sh build.sh"), 2U);
    save("answer.txt", "error\n");
    ASSERT_TRUE(dev->wait_for("answer.txt:1: an error")) << "of one that fails it is shown\n" << dev->text();
    dev->type("x");  // has no meaning
    dev->type("c");
    ASSERT_TRUE(holds_within(20s, [&] { return dev->screen().find("mote") == std::string::npos; })) << dev->screen();
    dev->type("q");
    EXPECT_EQ(dev->wait(), 0) << dev->text();
    EXPECT_TRUE(nothing_is_left());
    EXPECT_NE(dev->settings_before(), "");
    EXPECT_EQ(dev->settings_after(), dev->settings_before());
}

TEST_F(dev_terminal, lets_requests_end_when_ctrl_c_is_typed) {
    const auto dev = in_terminal();
    ASSERT_TRUE(dev->wait_for("Dev serves, 4 endpoints")) << dev->text();
    const auto connection = connect();
    std::string answer;
    std::thread caller([&] {
        try {
            answer = connection.request("slow", "").payload();
        } catch (const std::exception& failed) {
            answer = failed.what();
        }
    });
    // The request is there when a later one of the same connection was answered.
    EXPECT_EQ(connection.request("answer", "").payload(), "one");
    dev->press("C-c");
    caller.join();
    EXPECT_EQ(answer, "one") << "it was in flight";
    EXPECT_EQ(dev->wait(), 0) << dev->text();
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(dev->settings_after(), dev->settings_before());
}

TEST_F(dev_terminal, restores_the_terminal_however_it_ends) {
    std::vector<int> signals{SIGTERM, SIGHUP, SIGABRT, SIGQUIT};
    if (!sanitized) signals.push_back(SIGSEGV);  // of which a sanitizer makes an exit code
    for (const int signal : signals) {
        const auto dev = in_terminal();
        ASSERT_TRUE(dev->wait_for("Dev serves, 4 endpoints")) << dev->text();
        ASSERT_EQ(::kill(dev->pid(), signal), 0);
        const int wanted = signal == SIGTERM || signal == SIGHUP ? 0 : 128 + signal;
        EXPECT_EQ(dev->wait(), wanted) << dev->text();
        EXPECT_EQ(dev->settings_after(), dev->settings_before()) << "signal " << signal;
        EXPECT_TRUE(nothing_is_left()) << "signal " << signal;
    }
}

TEST_F(dev_terminal, can_be_stopped_and_goes_on) {
    // An interactive shell, which has jobs, and leaves the settings of the terminal alone.
    tmux_terminal shell({"/bin/sh", "-i"}, environment.options());
    const auto settings = [&](const char* name) {
        const auto file = environment.home() / name;
        shell.type("stty -a > " + file.string() + "; mv " + file.string() + " " + file.string() + ".done\n");
        holds_within(20s, [&] { return std::filesystem::exists(file.string() + ".done"); });
        return content_of(file.string() + ".done");
    };
    const std::string before = settings("before");
    EXPECT_NE(before, "");
    std::string typed;
    for (const std::string& word : line()) typed += word + " ";
    shell.type(typed + "\n");
    ASSERT_TRUE(shell.wait_for("Dev serves, 4 endpoints")) << shell.text();
    shell.press("C-z");
    ASSERT_TRUE(shell.wait_for("Stopped")) << shell.text();
    EXPECT_EQ(settings("stopped"), before);
    EXPECT_TRUE(comes_to_answer("one")) << "the service is not stopped";
    shell.type("fg\n");
    ASSERT_TRUE(holds_within(20s, [&] {
        shell.type("h");  // the shell may still be the one who reads
        return shell.text().find("quit, as Ctrl-C does") != std::string::npos;
    })) << shell.text();
    shell.type("q");
    ASSERT_TRUE(shell.wait_for("mote      | ends")) << shell.text();
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(settings("after"), before);
}

TEST_F(dev_terminal, shows_each_part_in_a_colour_of_its_own) {
    const auto dev = in_terminal();
    ASSERT_TRUE(dev->wait_for("Dev serves, 4 endpoints")) << dev->text();
    const std::string text = dev->coloured_text();
    for (const char* const part : {"\x1b[32mservice   |", "\x1b[33mbuild     |", "\x1b[35mnats      |"})
        EXPECT_TRUE(has(text, part));
    dev->type("q");
    EXPECT_EQ(dev->wait(), 0) << dev->text();
    const auto plain = in_terminal({}, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(plain->wait_for("Dev serves, 4 endpoints")) << plain->text();
    EXPECT_EQ(plain->coloured_text().find('\x1b'), std::string::npos) << plain->coloured_text();
}

TEST_F(dev_terminal, works_where_the_terminal_is_small) {
    tmux_terminal dev(line(), environment.options(), "40x10");
    ASSERT_TRUE(dev.wait_for("Dev serves, 4 endpoints")) << dev.text();
    dev.type("l");
    ASSERT_TRUE(dev.wait_for("Version")) << dev.text();
    dev.type("q");
    EXPECT_EQ(dev.wait(), 0) << dev.text();
}

}  // namespace
}  // namespace mote::test
