#include <mote/process/limits.hpp>

#include <tests/process/loop.hpp>
#include <tests/support/temp_dir.hpp>

#include <csignal>
#include <fstream>
#include <sys/resource.h>

namespace mote::process::test {
namespace {

class rlimits : public loop {
public:
    ran run_limited(std::string script, const limits& most) {
        command what = shell(std::move(script));
        what.limits = most;
        return run(finish(child::start(io.get_executor(), what)));
    }
};

TEST_F(rlimits, are_what_the_child_has) {
    const limits most{.open_files = 50, .processes = 1000, .memory = 1U << 30, .cpu_seconds = 9, .file_size = 5120};
    EXPECT_EQ(run_limited("ulimit -n; ulimit -d; ulimit -t; ulimit -f; ulimit -c", most).output,
              "50\n1048576\n9\n10\n0\n");
    const std::string all = run_limited("cat /proc/self/limits", most).output;
    EXPECT_NE(all.find("Max processes             1000                 1000 "), std::string::npos) << all;
    EXPECT_NE(all.find("Max cpu time              9                    10 "), std::string::npos) << all;
}

TEST_F(rlimits, of_more_than_ours_count_as_ours) {
    rlimit ours{};
    ::getrlimit(RLIMIT_NOFILE, &ours);
    const limits most{.open_files = std::uint64_t{1} << 62};
    EXPECT_EQ(run_limited("ulimit -Hn", most).output, std::to_string(ours.rlim_max) + "\n");
}

TEST_F(rlimits, end_a_process_that_writes_too_large_a_file) {
    const mote::test::temp_dir folder;
    const std::string file = (folder.path() / "file").string();
    const ran result = run_limited("exec head -c 100000 /dev/zero > " + file, {.file_size = 4096});
    EXPECT_EQ(result.status.signal, SIGXFSZ);
    EXPECT_EQ(std::filesystem::file_size(file), 4096U);
}

TEST_F(rlimits, end_a_process_that_spins) {
    EXPECT_EQ(run_limited("while :; do :; done", {.cpu_seconds = 1}).status.signal, SIGXCPU);
}

TEST_F(rlimits, refuse_memory_past_the_limit) {
    const limits most{.memory = 64U << 20};
    const ran result = run_limited("head -c 200M /dev/zero | tail -c 200M | wc -c", most);
    EXPECT_EQ(result.output.find("209715200"), std::string::npos) << result.output;
}

TEST_F(rlimits, of_memory_do_not_count_what_is_only_reserved) {
    const limits most{.memory = 32U << 20};
    const std::string reserve =
        "import mmap; mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE, mmap.PROT_READ); print('reserved')";
    EXPECT_EQ(run_limited("exec python3 -c \"" + reserve + "\"", most).output, "reserved\n");
}

}  // namespace
}  // namespace mote::process::test
