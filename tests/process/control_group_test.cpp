#include <mote/process/control_group.hpp>

#include <mote/process/detail/cgroup_mounts.hpp>
#include <mote/process/detail/descriptor.hpp>
#include <mote/process/detail/group_tree.hpp>
#include <mote/process/detail/launch.hpp>
#include <mote/process/sandbox.hpp>
#include <tests/process/control_groups.hpp>
#include <tests/process/loop.hpp>
#include <tests/process/processes.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace mote::process::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string unique_name(std::string_view what) {
    static int count = 0;
    return "mote-test-" + std::to_string(::getpid()) + '-' + std::to_string(++count) + '-' + std::string(what);
}

class grouped : public loop {
public:
    child start(std::string script, control_group& group) {
        command what = shell(std::move(script));
        what.group = &group;
        return child::start(io.get_executor(), what);
    }
};

/// With a real control group.
class limited : public grouped {
public:
    void SetUp() override {
        expect_kind_of_control_groups();
        if (control_group_kind() == "rlimits") mote::test::skip_or_fail("no control groups for this process here");
    }
    /// What a sandbox leaves goes a moment after its first process.
    void TearDown() override { sweep_control_groups("mote-test-" + std::to_string(::getpid()) + '-'); }
};

TEST(control_group_kind, is_one_of_three) {
    const auto kind = control_group_kind();
    EXPECT_TRUE(kind == "cgroup v2" || kind == "cgroup v1" || kind == "rlimits") << kind;
}

TEST(control_group_name, must_be_able_to_be_a_directory) {
    for (const char* name : {"", ".", "..", ".x", "a/b", "a b", "\xc3\xa4"}) {
        EXPECT_EQ(error_of([&] { control_group::create(name); }).first, errc::bad_limit) << name;
    }
    EXPECT_EQ(error_of([&] { control_group::create(std::string(201, 'x')); }).first, errc::bad_limit);
}

TEST_F(limited, memory_past_the_limit_kills) {
    auto group = control_group::create(unique_name("memory"), {.memory = 32U << 20});
    EXPECT_EQ(group.kind(), control_group_kind());
    child process = start("head -c 200M /dev/zero | tail -c 200M | wc -c", group);
    const ran result = run(finish(std::move(process)));
    EXPECT_EQ(result.output.find("209715200"), std::string::npos) << result.output;
    EXPECT_GE(group.usage().out_of_memory.value_or(0), 1U);
}

TEST_F(limited, processes_past_the_limit_do_not_start) {
    auto group = control_group::create(unique_name("pids"), {.processes = 3});
    EXPECT_NE(run(finish(start("sleep 5 & sleep 5 & sleep 5 & sleep 5 & kill %1; wait", group))).output.find("ork"),
              std::string::npos);
}

TEST_F(limited, usage_counts_memory_and_time) {
    auto group = control_group::create(unique_name("usage"));
    EXPECT_EQ(group.usage().cpu_time.value_or(1h), 0ns);
    child process = start("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo ready; sleep 1000", group);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_GT(group.usage().memory.value_or(0), 10'000U);
    EXPECT_GT(group.usage().cpu_time.value_or(0ns), 1ms);
}

TEST_F(limited, cpu_time_is_rationed) {
    auto group = control_group::create(unique_name("cpu"), {.millicores = 100});
    const auto used = [&] { return group.usage().cpu_time.value_or(0ns); };
    const auto before = std::chrono::steady_clock::now();
    child process = start("while :; do :; done", group);
    EXPECT_TRUE(becomes_true([&] { return used() > 150ms; }));
    const auto worked = used();  // before the clock is read: it goes on
    const auto wall = std::chrono::steady_clock::now() - before;
    // A tenth of a CPU: at least some eight times as long as it worked, but for the first period.
    EXPECT_GT(wall + 200ms, 5 * worked);
}

TEST_F(limited, by_version_2_are_so_in_the_kernel) {
    if (control_group_kind() != "cgroup v2") GTEST_SKIP() << "no control groups of version 2";
    const std::string name = unique_name("kernel");
    const auto kept = [&](const char* file) {
        return text_of(std::filesystem::path(detail::group_tree::of_this_machine().memory()) / name / file);
    };
    auto group = control_group::create(name, {.memory = 32U << 20, .millicores = 250, .processes = 7});
    EXPECT_EQ(kept("memory.max"), "33554432\n");
    EXPECT_EQ(kept("memory.swap.max"), "0\n");
    EXPECT_EQ(kept("cpu.max"), "25000 100000\n");
    EXPECT_EQ(kept("pids.max"), "7\n");
    const auto taken_over = control_group::create(name);
    EXPECT_EQ(kept("memory.max"), "max\n");
    EXPECT_EQ(kept("memory.swap.max"), "max\n");
    EXPECT_EQ(kept("cpu.max"), "max 100000\n");
    EXPECT_EQ(kept("pids.max"), "max\n");
    EXPECT_TRUE(group.remove());
    EXPECT_EQ(kept("pids.max"), "");
}

TEST_F(limited, killing_all_reaches_what_made_a_session_of_its_own) {
    auto group = control_group::create(unique_name("kill"));
    child process = start("setsid sleep 1000 > /dev/null 2>&1 & echo $!; exec sleep 1000", group);
    const pid_t grandchild = std::stoi(run(read_line(process.output())));
    group.kill_all();
    EXPECT_EQ(run(process.wait()).signal, SIGKILL);
    EXPECT_TRUE(becomes_true([&] { return !is_alive(grandchild); }));
    EXPECT_TRUE(becomes_true([&] { return group.remove(); }));
}

TEST_F(limited, a_group_that_could_not_be_removed_goes_later) {
    const std::string name = unique_name("later");
    {
        auto group = control_group::create(name);
        child process = start("exec sleep 1000", group);
    }
    EXPECT_TRUE(becomes_true([&] {
        io.poll();
        io.restart();
        auto other = control_group::create(unique_name("other"));
        return !std::filesystem::exists(detail::group_tree::of_this_machine().memory() + '/' + name);
    }));
}

TEST_F(limited, a_group_goes_with_what_its_processes_made_below_it) {
    auto group = control_group::create(unique_name("below"));
    const auto directory = std::filesystem::path(detail::group_tree::of_this_machine().memory()) / group.name();
    const std::string deep = (directory / "a" / "b").string();
    child process =
        start("mkdir -p " + deep + " " + (directory / "c").string() + " && echo made; exec sleep 1000", group);
    ASSERT_EQ(run(read_line(process.output())), "made");
    EXPECT_TRUE(becomes_true([&] { return group.remove(); }));
    EXPECT_FALSE(std::filesystem::exists(directory));
    EXPECT_EQ(run(process.wait()).signal, SIGKILL);
}

TEST_F(limited, a_sweep_ends_what_a_killed_owner_left) {
    const std::string prefix = unique_name("sweep");
    const auto& tree = detail::group_tree::of_this_machine();
    // As a killed owner leaves it: nobody holds these.
    const detail::group_state left = tree.create(prefix + "-a", {});
    const detail::group_state empty = tree.create(prefix + "-b", {});
    auto other = control_group::create(unique_name("stays"));
    auto taken_over = control_group::create(prefix + "-a");
    child process = start("setsid sleep 1000 > /dev/null 2>&1 & echo $!; exec sleep 1000", taken_over);
    const pid_t pid = std::stoi(run(read_line(process.output())));
    EXPECT_TRUE(is_alive(pid));
    EXPECT_EQ(sweep_control_groups(prefix, [](std::string_view) { return false; }), 0U);
    EXPECT_TRUE(is_alive(pid));
    std::size_t swept = 0;  // by one call, but for a machine on which the ends take longer than that waits for them
    EXPECT_TRUE(becomes_true([&] { return (swept += sweep_control_groups(prefix)) >= 2U; }));
    EXPECT_EQ(swept, 2U);
    EXPECT_FALSE(is_alive(pid));
    EXPECT_EQ(run(process.wait()).signal, SIGKILL);
    EXPECT_TRUE(std::filesystem::exists(tree.memory() + '/' + other.name()));
    EXPECT_EQ(sweep_control_groups(prefix), 0U);
    EXPECT_EQ(sweep_control_groups(""), 0U);
    EXPECT_EQ(sweep_control_groups("."), 0U);
}

TEST_F(limited, only_what_is_empty_and_left_is_removed_without_a_kill) {
    const std::string prefix = unique_name("empty");
    const auto& tree = detail::group_tree::of_this_machine();
    const detail::group_state left = tree.create(prefix + "-left", {});
    const detail::group_state owned = tree.create(prefix + "-owned", {});
    auto busy = control_group::create(prefix + "-busy");
    child process = start("echo on; exec sleep 1000", busy);
    EXPECT_EQ(run(read_line(process.output())), "on");
    const auto is_left = [&](std::string_view name) { return name != prefix + "-owned"; };
    EXPECT_EQ(remove_empty_control_groups(prefix, is_left), 1U);
    EXPECT_FALSE(std::filesystem::exists(tree.memory() + '/' + left.name));
    EXPECT_TRUE(std::filesystem::exists(tree.memory() + '/' + owned.name));
    EXPECT_TRUE(is_alive(process.pid()));
    EXPECT_EQ(remove_empty_control_groups("", is_left), 0U);
}

TEST_F(limited, a_sandbox_is_in_the_group_too) {
    if (!sandbox_available().works) mote::test::skip_or_fail("no sandbox here: " + sandbox_available().text);
    auto group = control_group::create(unique_name("sandbox"), {.memory = 48U << 20});
    command what = shell("head -c 200M /dev/zero > /tmp/x; echo $?");
    what.group = &group;
    EXPECT_NE(run(finish(child::start(io.get_executor(), in_sandbox(what, {})))).output, "0\n");
}

TEST_F(grouped, without_control_groups_memory_becomes_an_rlimit) {
    const detail::group_tree nothing = detail::group_tree::find("", "");
    EXPECT_EQ(nothing.kind(), detail::group_kind::rlimits);
    const detail::group_state group = nothing.create("x", {.memory = 1U << 30});
    EXPECT_FALSE(group.limits_memory());
    EXPECT_TRUE(group.entrances().empty());
    EXPECT_FALSE(group.usage().memory);
    EXPECT_TRUE(group.remove());
    EXPECT_EQ(nothing.sweep("x"), 0U);
}

/// A directory that looks like a cgroup of version 2 to who only reads and writes.
class second_version : public ::testing::Test {
public:
    second_version() {
        write("cgroup.controllers", "cpuset cpu io memory pids\n");
        write("cgroup.subtree_control", "");
        std::filesystem::create_directory(top() / "g");
        for (const char* file :
             {"g/cgroup.procs", "g/memory.max", "g/memory.swap.max", "g/cpu.max", "g/pids.max", "g/cgroup.kill"}) {
            write(file, "");
        }
    }
    std::filesystem::path top() const { return folder.path(); }
    void write(const std::string& name, const std::string& text) { std::ofstream(top() / name) << text; }
    detail::group_tree tree() const {
        return detail::group_tree::find("0::/\n",
                                        "30 20 0:1 / " + top().string() + " rw shared:1 - cgroup2 cgroup2 rw\n");
    }
    mote::test::temp_dir folder;
};

TEST_F(second_version, hands_its_controllers_on) {
    EXPECT_EQ(tree().kind(), detail::group_kind::v2);
    EXPECT_EQ(text_of(top() / "cgroup.subtree_control"), "+memory +cpu +pids");
}

TEST_F(second_version, writes_the_limits) {
    const auto group = tree().create("g", {.memory = 1000, .millicores = 250, .processes = 7});
    EXPECT_EQ(text_of(top() / "g/memory.max"), "1000");
    EXPECT_EQ(text_of(top() / "g/memory.swap.max"), "0");
    EXPECT_EQ(text_of(top() / "g/cpu.max"), "25000 100000");
    EXPECT_EQ(text_of(top() / "g/pids.max"), "7");
    EXPECT_TRUE(group.limits_memory());
    EXPECT_EQ(group.entrances().size(), 1U);
    group.kill_all();
    EXPECT_EQ(text_of(top() / "g/cgroup.kill"), "1");
}

TEST_F(second_version, reads_the_usage) {
    write("g/memory.current", "5000\n");
    write("g/memory.stat", "anon 1\ninactive_file 1000\n");
    write("g/memory.events", "low 0\noom 1\noom_kill 2\n");
    write("g/cpu.stat", "usage_usec 1500\nuser_usec 1\n");
    const auto used = tree().create("g", {}).usage();
    EXPECT_EQ(used.memory, 4000U);
    EXPECT_EQ(used.out_of_memory, 2U);
    EXPECT_EQ(used.cpu_time, 1500us);
}

TEST_F(second_version, without_memory_and_cpu_is_not_used) {
    write("cgroup.controllers", "hugetlb\n");
    EXPECT_EQ(tree().kind(), detail::group_kind::rlimits);
}

TEST_F(second_version, that_may_not_be_written_is_not_used) {
    std::filesystem::remove(top() / "cgroup.subtree_control");
    EXPECT_EQ(tree().kind(), detail::group_kind::rlimits);
    EXPECT_FALSE(std::filesystem::exists(top() / ".mote-owner")) << "what it tried is taken back";
}

TEST(cgroup_places, are_the_own_groups_below_the_mounts) {
    const auto places =
        detail::cgroup_places("5:cpu,cpuacct:/a\n4:memory:/docker/1/b\n3:pids:/\n0::/user.slice\n",
                              "1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                              "2 0 0:2 /docker/1 /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n"
                              "3 0 0:3 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                              "4 0 0:4 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
                              "5 0 0:5 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                              "6 0 0:6 / /proc rw - proc proc rw\nnonsense\n\n");
    ASSERT_EQ(places.size(), 4U);
    EXPECT_EQ(places[0].directory, "/sys/fs/cgroup/cpu,cpuacct/a");
    EXPECT_EQ(places[1].directory, "/sys/fs/cgroup/memory/b");
    EXPECT_EQ(places[2].directory, "/sys/fs/cgroup/pids");
    EXPECT_EQ(places[3].directory, "/sys/fs/cgroup/unified/user.slice");
    EXPECT_EQ(places[3].version, 2);
}

TEST(cgroup_places, outside_of_the_mount_are_its_top) {
    const auto places = detail::cgroup_places("4:memory:/other\n0::/../x\n",
                                              "2 0 0:2 /docker/1 /m rw - cgroup cgroup rw,memory\n"
                                              "5 0 0:5 / /u rw - cgroup2 cgroup2 rw\n");
    ASSERT_EQ(places.size(), 2U);
    EXPECT_EQ(places[0].directory, "/m");
    EXPECT_EQ(places[1].directory, "/u");
}

/// Where version 2 is mounted, with controllers or not; empty when it is not.
std::filesystem::path mount_of_version_2() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string device, place, type, rest; mounts >> device >> place >> type && std::getline(mounts, rest);)
        if (type == "cgroup2") return place;
    return {};
}

TEST(birth, is_in_a_group_of_version_2) {
    const auto top = mount_of_version_2();
    const auto group = top / unique_name("birth");
    std::error_code failed;
    if (top.empty() || !std::filesystem::create_directory(group, failed)) GTEST_SKIP() << "no group of version 2";
    const detail::descriptor directory(::open(group.c_str(), O_PATH | O_CLOEXEC));
    const detail::descriptor procs(::open((group / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const detail::descriptor ours(ends[0]);
    detail::descriptor theirs(ends[1]);
    const std::array sources = {theirs.get(), theirs.get(), theirs.get()};
    std::array<int, 3> scratch{};
    std::string name = "cat", file = "/proc/self/cgroup";
    std::array<char*, 3> argv = {name.data(), file.data(), nullptr};
    const int files = procs.get();
    for (const bool born_there : {true, false}) {
        detail::launch_plan plan;
        plan.path = "/bin/cat";
        plan.argv = argv.data();
        plan.envp = argv.data() + 2;
        plan.directory = "/";
        plan.sources = sources.data();
        plan.scratch = scratch.data();
        plan.source_count = sources.size();
        plan.group_files = &files;  // for a kernel or a processor that knows no other way
        plan.group_count = 1;
        if (born_there) plan.birth_group = directory.get();
        const auto made = detail::launch(plan);
        ASSERT_GT(made.pid, 0) << name_of(made.step) << ": " << made.error;
        const detail::descriptor pidfd(made.pidfd);
        siginfo_t ended{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(made.pid), &ended, WEXITED), 0);
        EXPECT_EQ(ended.si_status, 0);
        char text[4096];
        const auto size = ::read(ours.get(), text, sizeof text);
        ASSERT_GT(size, 0);
        EXPECT_NE(std::string_view(text, static_cast<std::size_t>(size)).find('/' + group.filename().string() + '\n'),
                  std::string_view::npos)
            << born_there;
    }
    EXPECT_TRUE(becomes_true([&] { return ::rmdir(group.c_str()) == 0; }));
}

}  // namespace
}  // namespace mote::process::test
