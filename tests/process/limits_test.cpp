#include <mote/process/limits.hpp>

#include <tests/process/loop.hpp>
#include <tests/support/temp_dir.hpp>

#include <csignal>
#include <fstream>
#include <sys/resource.h>

namespace mote::process::test {
namespace {

TEST(quantity_of_bytes, reads_every_form_of_openfaas) {
    EXPECT_EQ(parse_bytes("0"), 0U);
    EXPECT_EQ(parse_bytes("1048576"), 1048576U);
    EXPECT_EQ(parse_bytes("128Mi"), 128U << 20);
    EXPECT_EQ(parse_bytes("1Gi"), 1U << 30);
    EXPECT_EQ(parse_bytes("4Ki"), 4096U);
    EXPECT_EQ(parse_bytes("128M"), 128'000'000U);
    EXPECT_EQ(parse_bytes("500k"), 500'000U);
    EXPECT_EQ(parse_bytes("500K"), 500'000U);
    EXPECT_EQ(parse_bytes("2G"), 2'000'000'000U);
    EXPECT_EQ(parse_bytes("1T"), 1'000'000'000'000U);
    EXPECT_EQ(parse_bytes("1Ti"), 1ULL << 40);
    EXPECT_EQ(parse_bytes("1E"), 1'000'000'000'000'000'000U);
    EXPECT_EQ(parse_bytes("1e6"), 1'000'000U);
    EXPECT_EQ(parse_bytes("1E+3"), 1000U);
    EXPECT_EQ(parse_bytes("1.5Gi"), 3U << 29);
    EXPECT_EQ(parse_bytes(".5Ki"), 512U);
}

TEST(quantity_of_bytes, rounds_fractions_up) {
    EXPECT_EQ(parse_bytes("0.1"), 1U);
    EXPECT_EQ(parse_bytes("1.0001k"), 1001U);
    EXPECT_EQ(parse_bytes("1e-9"), 1U);
    EXPECT_EQ(parse_bytes("1.000000"), 1U);
}

TEST(quantity_of_bytes, goes_up_to_two_to_the_63) {
    EXPECT_EQ(parse_bytes("9223372036854775807"), 9223372036854775807U);
    for (const char* text :
         {"9223372036854775808", "8Ei", "10E", "1e40", "99999999999999999999", "9223372036854775807Ei"}) {
        EXPECT_EQ(error_of([&] { parse_bytes(text); }).first, errc::bad_limit) << text;
    }
}

TEST(quantity_of_bytes, refuses_anything_else_and_names_it) {
    for (const char* text : {"", " ", "Mi", "-1", "+1", "1 Mi", "128mi", "128MB", "0x10", "1.2.3", ".", "1e", "1e+",
                             "1e99", "1ki", "nan", "128Mii", "1i", "\xff"}) {
        const auto [code, what] = error_of([&] { parse_bytes(text); });
        EXPECT_EQ(code, errc::bad_limit) << text;
        EXPECT_NE(what.find("'" + std::string(text) + "'"), std::string::npos) << what;
    }
    EXPECT_NE(error_of([] { parse_bytes("128m"); }).second.find("M or Mi"), std::string::npos);
    EXPECT_LT(error_of([] { parse_bytes(std::string(100'000, 'x')); }).second.size(), 200U);
}

TEST(quantity_of_cpus, reads_thousandths_and_fractions) {
    EXPECT_EQ(parse_millicores("100m"), 100U);
    EXPECT_EQ(parse_millicores("0.5"), 500U);
    EXPECT_EQ(parse_millicores("2"), 2000U);
    EXPECT_EQ(parse_millicores("0.0001"), 1U);
    EXPECT_EQ(parse_millicores("1.5m"), 2U);
    for (const char* text : {"", "0", "0m", "-1", "1cpu", "100mm"}) {
        EXPECT_EQ(error_of([&] { parse_millicores(text); }).first, errc::bad_limit) << text;
    }
}

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
