// The parts of `mote dev` that need no server.

#include <tests/mote/command.hpp>
#include <tests/mote/dev/dev_files.hpp>
#include <tests/support/processes.hpp>

#include <apps/mote/dev/change_judge.hpp>
#include <apps/mote/dev/line_splitter.hpp>
#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/dev/path_rules.hpp>

#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::covers;
using command::path_rules;
using command::shown_line;

TEST(dev_patterns, fit_names_directories_and_depths) {
    EXPECT_TRUE(covers("src", "src/deep/a.cpp"));
    EXPECT_FALSE(covers("src", "lib/src/a.cpp"));
    EXPECT_TRUE(covers("src/*.cpp", "src/a.cpp"));
    EXPECT_FALSE(covers("src/*.cpp", "src/deep/a.cpp"));
    EXPECT_TRUE(covers("src/**/*.cpp", "src/a.cpp"));
    EXPECT_TRUE(covers("src/**/*.cpp", "src/deep/er/a.cpp"));
    EXPECT_TRUE(covers("./src/", "src/a.cpp"));
    EXPECT_FALSE(covers("a?c", "abbc"));
    EXPECT_TRUE(covers("**", "any/thing"));
}

TEST(dev_rules, count_everything_but_what_is_built_or_temporary) {
    const path_rules rules({}, {});
    for (const char* const source :
         {"a.cpp", "src/a.cpp", "CMakeLists.txt", "data/x.json", "mote.json", "builder/a.go"})
        EXPECT_TRUE(rules.counts(source)) << source;
    for (const char* const other :
         {"build/a.cpp", "src/build/x", ".git/index", ".env", "node_modules/a/b.js", "a.cpp~", ".a.cpp.swp", ".#a.cpp",
          "#a.cpp#", "4913", "src/__pycache__/a.pyc", "x.o", "build-release/a", "a.tmp"})
        EXPECT_FALSE(rules.counts(other)) << other;
    EXPECT_TRUE(rules.enters(""));
    EXPECT_TRUE(rules.enters("src"));
    EXPECT_FALSE(rules.enters("build"));
    EXPECT_FALSE(rules.enters("deep/.cache"));
}

TEST(dev_rules, are_narrowed_by_the_project) {
    const path_rules rules({"src", "*.md"}, {"*.gen.cpp", "src/old"});
    EXPECT_TRUE(rules.counts("src/a.cpp"));
    EXPECT_TRUE(rules.counts("lib/src/a.cpp")) << "a name at any depth";
    EXPECT_TRUE(rules.counts("docs/deep/a.md"));
    EXPECT_FALSE(rules.counts("lib/a.cpp"));
    EXPECT_FALSE(rules.counts("src/deep/a.gen.cpp"));
    EXPECT_FALSE(rules.counts("src/old/a.cpp"));
    EXPECT_FALSE(rules.enters("src/old"));
    EXPECT_TRUE(rules.counts("lib/CMakeLists.txt")) << "a build is configured with it";
    EXPECT_TRUE(rules.counts("cmake/flags.cmake"));
    EXPECT_TRUE(rules.counts("mote.json"));
}

TEST(dev_lines, are_fit_for_one_line) {
    EXPECT_EQ(shown_line("plain", true), "plain");
    EXPECT_EQ(shown_line("\x1b[1;31mred\x1b[0m", true), "\x1b[1;31mred\x1b[0m\x1b[0m");
    EXPECT_EQ(shown_line("\x1b[1;31mred\x1b[0m", false), "red");
    EXPECT_EQ(shown_line("a\x1b[2J\x1b[10;1Hb\x1b]0;title\ac\x1b(B", true), "abcB") << "nothing moves the cursor";
    EXPECT_EQ(shown_line("\x1b]8;;http://x\x1b\\link\x1b", false), "link");
    EXPECT_EQ(shown_line("10%\r50%\r100%\r", false), "100%");
    EXPECT_EQ(shown_line("a\tb\x07", false), "a    b\\x07");
    EXPECT_EQ(shown_line("\xff\x1b[", false), "\\xff");
}

TEST(dev_lines, are_split_wherever_they_are_cut) {
    std::vector<std::string> lines;
    command::line_splitter splitter([&](std::string_view line) { lines.emplace_back(line); });
    splitter.take("one\ntw");
    splitter.take("o\n\nthr");
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", ""}));
    splitter.finish();
    splitter.finish();
    EXPECT_EQ(lines.back(), "thr");
    EXPECT_EQ(lines.size(), 4U);
    splitter.take(std::string(40'000, 'x') + "\n");
    EXPECT_EQ(lines.size(), 7U) << "memory is bounded";
    EXPECT_EQ(lines[4].size(), 16U * 1024);
    EXPECT_EQ(lines[6].size(), 40'000U - 2 * 16 * 1024);
}

TEST(dev_changes, of_a_build_itself_are_told_from_those_of_a_person) {
    const temp_dir root;
    command::change_judge judge(root.path());
    const auto built = [&](const std::map<std::string, std::string>& writes) {
        std::set<std::string> names;
        for (const auto& [name, text] : writes) {
            put(root.path() / name, text);
            names.insert(name);
        }
        judge.take_during_build(names);
        return judge.after_build();
    };
    using names = std::set<std::string>;
    EXPECT_EQ(built({{"a.cpp", "1"}}).reasons, names{"a.cpp"}) << "saved while it built";
    EXPECT_EQ(built({{"a.cpp", "2"}}).reasons, names{"a.cpp"}) << "again, another text";
    EXPECT_EQ(built({}).reasons, names{});
    EXPECT_EQ(built({{"same.txt", "x"}, {"number.txt", "1"}}).reasons, (names{"same.txt", "number.txt"}));
    EXPECT_EQ(built({{"same.txt", "x"}, {"number.txt", "2"}}).wait, 0ms);
    auto verdict = built({{"same.txt", "x"}, {"number.txt", "3"}});
    EXPECT_EQ(verdict.reasons, names{"number.txt"});
    EXPECT_EQ(verdict.wait, 500ms) << "nobody saves so often";
    verdict = built({{"number.txt", "4"}, {"b.cpp", "1"}});
    EXPECT_EQ(verdict.wait, 0ms) << "another reason";
    EXPECT_EQ(verdict.outputs, names{});
    verdict = built({{"number.txt", "5"}});
    EXPECT_EQ(verdict.reasons, names{"number.txt"}) << "it may be a person's";
    EXPECT_EQ(verdict.wait, 2s);
    EXPECT_EQ(verdict.outputs, names{"number.txt"});
    verdict = built({{"number.txt", "6"}});
    EXPECT_EQ(verdict.wait, 4s) << "ever later";
    EXPECT_EQ(verdict.outputs, names{}) << "said once";
    for (int more = 7; more < 50; ++more) verdict = built({{"number.txt", std::to_string(more)}});
    EXPECT_EQ(verdict.wait, 4096s);
    EXPECT_EQ(built({{"program",
                      "\x7f"
                      "ELF and more"}})
                  .reasons,
              names{})
        << "no source, whoever wrote it";
    for (const char* const text : {"a", "b", "c"}) built({{"number.txt", text}});
    judge.take_idle({"number.txt"});
    verdict = built({{"number.txt", "d"}});
    EXPECT_EQ(verdict.reasons, names{"number.txt"});
    EXPECT_EQ(verdict.wait, 0ms) << "a person wrote it meanwhile";
}

TEST(dev_guard, ends_as_its_program_ended) {
    const auto guarded = [](std::vector<std::string> words) {
        words.insert(words.begin(), {MOTE_PROGRAM, "guard"});
        process started(words);
        const auto ended = started.wait(30s);
        return std::pair(ended.value_or(exit_status{-1, -1}), started.output());
    };
    EXPECT_EQ(guarded({"sh", "-c", "echo out; exit 5"}), std::pair(exit_status(5, 0), std::string("out\n")));
    EXPECT_EQ(guarded({"sh", "-c", "kill -SEGV $$"}).first, (exit_status{128 + SIGSEGV, SIGSEGV}));
    EXPECT_EQ(guarded({"sh", "-c", "kill -KILL $$"}).first, (exit_status{128 + SIGKILL, SIGKILL}));
    const auto none = guarded({"/nonexistent/program"});
    EXPECT_EQ(none.first, (exit_status{127, 0}));
    EXPECT_TRUE(has(none.second, "/nonexistent/program: cannot be started: No such file or directory"));
}

TEST(dev_guard, leaves_nothing_of_a_program_that_has_ended) {
    const temp_dir mark;
    const std::string sleeper = "sleep 1000; true " + mark.path().string();
    process started(
        {MOTE_PROGRAM, "guard", "sh", "-c", "setsid sh -c '" + sleeper + "' & sh -c '" + sleeper + "' & exit 0"});
    const auto ended = started.wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0);
    EXPECT_EQ(processes_with(mark.path().string()), 0U) << "it has waited for their end";
}

TEST(dev_guard, waits_for_what_was_asked_to_end) {
    const temp_dir mark;
    const std::string file = (mark.path() / "last").string();
    // The shell in the middle ends at once, the one that it started takes its time.
    process started({MOTE_PROGRAM, "guard", "sh", "-c",
                     "sh -c 'trap \"sleep 0.3; echo done > " + file +
                         "; exit\" TERM; echo ready; while :; do sleep 0.05; done'; :"});
    ASSERT_TRUE(started.wait_for_output("ready", 30s));
    started.kill(SIGTERM);
    ASSERT_TRUE(started.wait(30s));
    EXPECT_EQ(content_of(file), "done\n");
}

TEST(dev_guard, ends_its_program_when_its_starter_is_killed) {
    const temp_dir mark;
    const std::string where = mark.path().string();
    process starter({"sh", "-c",
                     "'" MOTE_PROGRAM "' guard sh -c 'trap \"\" TERM; echo ready; setsid sleep 1000 " + where +
                         " 2>/dev/null || while :; do sleep 0.05; : " + where + "; done' & wait"});
    ASSERT_TRUE(starter.wait_for_output("ready", 30s));
    starter.kill(SIGKILL);
    ASSERT_TRUE(holds_within(20s, [&] { return processes_with(where) == 0; }))
        << "though it does not listen to SIGTERM";
}

}  // namespace
}  // namespace mote::test
