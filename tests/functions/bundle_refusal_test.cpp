#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_tar.hpp>

#include <filesystem>
#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;
using test::tar;

/// Archives that nobody should unpack: each is refused with its entry and why, and nothing of it stays on the disk.
class bundle_refusal : public ::testing::Test {
protected:
    void expect_refused(const std::string& bytes, const std::string& why, const bundle_limits& limits = {},
                        const std::string& trace = {}) {
        SCOPED_TRACE(trace);
        const auto archive = test::write_file(scratch_.path() / "in/archive", bytes);
        const auto out = scratch_.path() / "out";
        fs::create_directories(out);
        const auto error = test::thrown_by([&] { unpack(archive, out / "bundle", limits); });
        EXPECT_EQ(error.code(), errc::bad_bundle) << error.what() << ", not " << why;
        EXPECT_TRUE(test::says(error, why)) << error.what() << ", not " << why;
        EXPECT_TRUE(test::names_in(out).empty()) << why;
        EXPECT_EQ(test::names_in(scratch_.path()), (std::vector<std::string>{"in", "in/archive", "out"})) << why;
        fs::remove_all(out);
    }
    void expect_refused(const tar& archive, const std::string& why, const bundle_limits& limits = {}) {
        expect_refused(archive.bytes(), why, limits);
        expect_refused(test::gzipped(archive.bytes()), why, limits);
    }

    test::temp_dir scratch_;
};

TEST_F(bundle_refusal, is_for_paths_that_lead_out) {
    const std::string absolute = (scratch_.path() / "slipped").native();
    expect_refused(tar().file("good").file(absolute), "an absolute path");
    expect_refused(tar().file("/a"), "\"/a\": an absolute path");
    expect_refused(tar().file("//a"), "an absolute path");
    for (const char* path : {"..", "../a", "a/../../b", "a/..", "a/../b", "./../a", "a/b/../../../c"})
        expect_refused(tar().file("good").file(path), "a path with ..");
    expect_refused(tar().directory("../d"), "a path with ..");
    expect_refused(tar().directory("../"), "a path with ..");
    expect_refused(tar().link("../l", "a"), "a path with ..");
    expect_refused(tar().long_path("../" + std::string(200, 'a')).file("short"), "a path with ..");
    expect_refused(tar().long_path("/" + std::string(200, 'a')).file("short"), "an absolute path");
}

TEST_F(bundle_refusal, is_for_links_that_lead_out) {
    expect_refused(tar().link("l", "/etc/passwd"), "\"l\": a link to an absolute path");
    expect_refused(tar().link("l", "//etc"), "a link to an absolute path");
    for (const char* target : {"..", "../a", "./..", "a/../..", "a/../../bundle", "x/../../y"})
        expect_refused(tar().file("good").link("l", target), "\"l\": a link that leaves");
    expect_refused(tar().link("a/b/l", "../../.."), "\"a/b/l\": a link that leaves");
    expect_refused(tar().link("l", ""), "a link to nothing");
}

TEST_F(bundle_refusal, is_for_links_that_lead_out_over_others) {
    // `a/..` is the root by its letters, and above it by what it means.
    expect_refused(tar().directory("d/e").link("a", "d/e").link("b", "a/../../.."), "\"b\": a link that leaves");
    expect_refused(tar().link("d/e/up", "../..").link("out", "d/e/up/.."), "\"out\": a link that leaves");
    expect_refused(tar().link("out", "d/e/up/..").link("d/e/up", "../.."), "\"out\": a link that leaves");
    expect_refused(tar().link("a", "b/..").link("b", "."), "a link that leaves");
}

TEST_F(bundle_refusal, is_for_links_in_circles) {
    expect_refused(tar().link("a", "a"), "\"a\": a link that goes in circles");
    expect_refused(tar().link("a", "b").link("b", "c/x").link("c", "a"), "circles");
    tar chain;
    chain.file("l0");
    for (int i = 1; i < 60; ++i) chain.link("l" + std::to_string(i), "l" + std::to_string(i - 1));
    expect_refused(chain, "over too many others");
    tar backwards;
    for (int i = 0; i < 20'000; ++i) backwards.link("l" + std::to_string(i), "l" + std::to_string(i + 1));
    expect_refused(backwards.bytes(), "over too many others");
    // Each leads twice over the one before: 2^30 steps for who walks them all.
    tar wide;
    wide.directory("l0");
    for (int i = 1; i < 30; ++i) {
        const auto before = "l" + std::to_string(i - 1);
        wide.link("l" + std::to_string(i), before + "/../" + before);
    }
    expect_refused(wide, "over too many others");
}

TEST_F(bundle_refusal, is_for_entries_through_links) {
    expect_refused(tar().link("l", "..").file("l/slipped"), "\"l/slipped\": an entry through a link");
    expect_refused(tar().link("l", "d").directory("d").file("l/a"), "an entry through a link");
    expect_refused(tar().link("l", "d").directory("l/a"), "an entry through a link");
    expect_refused(tar().link("l", "d").hard_link("l/a", "l"), "a hard link to what is no file");
    expect_refused(tar().file("f").file("f/a"), "an entry under a file");
}

TEST_F(bundle_refusal, is_for_entries_over_others) {
    expect_refused(tar().file("a").file("a"), "\"a\": an entry over another one");
    expect_refused(tar().link("a", "b").file("a"), "over another");
    expect_refused(tar().file("a").link("a", "b"), "over another");
    expect_refused(tar().directory("a").file("a"), "over another");
    expect_refused(tar().file("a").directory("a"), "over another");
    expect_refused(tar().link("a", "b").directory("a"), "over another");
    expect_refused(tar().file("a").hard_link("a", "a"), "over another");
    expect_refused(tar().file("."), "over another");
    expect_refused(tar().link("./", "a"), "over another");
}

TEST_F(bundle_refusal, is_for_names_that_are_the_same_once_they_are_simple) {
    for (const char* same : {"./a/b", "a//b", "a/./b", "a/b/."})
        expect_refused(tar().file("a/b").file(same), "over another");
    expect_refused(tar().file("a/b").directory("a/b/"), "over another");
}

TEST_F(bundle_refusal, is_for_hard_links_to_what_is_no_file_of_the_bundle) {
    expect_refused(tar().hard_link("a", "/etc/passwd"), "an absolute path");
    expect_refused(tar().hard_link("a", "../a"), "a path with ..");
    expect_refused(tar().hard_link("a", "none"), "\"a\": a hard link to what is no file");
    expect_refused(tar().hard_link("a", "b").file("b"), "a hard link to what is no file");
    expect_refused(tar().directory("d").hard_link("a", "d"), "a hard link to what is no file");
    expect_refused(tar().link("l", "d").hard_link("a", "l"), "a hard link to what is no file");
    expect_refused(tar().file("d/f").link("l", "d").hard_link("a", "l/f"), "a hard link to what is no file");
    expect_refused(tar().hard_link("a", "a"), "a hard link to what is no file");
}

TEST_F(bundle_refusal, is_for_what_is_no_file_directory_or_link) {
    expect_refused(tar().entry('3', "tty", {}, {}), "\"tty\": a device");
    expect_refused(tar().entry('4', "disk", {}, {}), "\"disk\": a device");
    expect_refused(tar().file("good").entry('6', "pipe", {}, {}), "\"pipe\": a fifo");
}

TEST_F(bundle_refusal, is_for_names_that_are_no_text) {
    expect_refused(tar().file("a\nb"), "\"a\\x0ab\": a control character");
    expect_refused(tar().file("a\x1b[31m"), "a control character");
    expect_refused(tar().file("\x7f"), "a control character");
    expect_refused(tar().file("\xc2\x85"), "a control character");
    expect_refused(tar().file("a\xff"), "\"a\\xff\": not UTF-8");
    expect_refused(tar().file("\xc0\xaf"), "not UTF-8");
    expect_refused(tar().long_path("b\xff").file("short"), "not UTF-8");
    expect_refused(tar().long_path("b\nc").file("short"), "a control character");
    expect_refused(tar().link("l", "a\xff"), "not UTF-8");
    expect_refused(tar().link("l", "a\n"), "a control character");
}

TEST_F(bundle_refusal, is_for_what_is_past_a_limit) {
    bundle_limits limits;
    limits.entries = 3;
    expect_refused(tar().file("a").file("b").file("c").file("d"), "\"d\": more than 3 entries", limits);
    expect_refused(tar().file("a/b/c/d"), "more than 3 entries", limits);
    limits = {};
    limits.unpacked_bytes = 1000;
    expect_refused(tar().file("a", std::string(600, 'a')).file("b", std::string(600, 'b')), "more than 1000 bytes",
                   limits);
    limits = {};
    limits.packed_bytes = 2000;
    expect_refused(tar().file("a", std::string(3000, 'a')).bytes(), "more than 2000 bytes", limits);
    limits = {};
    limits.path_bytes = 20;
    expect_refused(tar().file(std::string(21, 'a')), "more than 20 bytes", limits);
    expect_refused(tar().link("l", std::string(21, 'a')), "a link that is too long", limits);
    limits = {};
    limits.depth = 3;
    expect_refused(tar().file("a/b/c/d"), "more than 3 directories deep", limits);
    expect_refused(tar().long_path(std::string(256, 'a')).file("short"), "a name of more than 255 bytes");
}

TEST_F(bundle_refusal, is_for_bombs_before_they_are_on_the_disk) {
    const std::string zeros(40 << 20, '\0');
    expect_refused(test::gzipped(tar().file("a", zeros).bytes()), "a bomb?");
    bundle_limits limits;
    limits.unpacked_bytes = 1 << 20;
    expect_refused(test::gzipped(tar().file("a", zeros).bytes()), "more than 1048576 bytes", limits);
    // Behind the end, where no entry is; and in an entry that says it has nothing.
    limits = {};
    limits.unpacked_bytes = 1000;
    limits.entries = 10;
    expect_refused(test::gzipped(tar().file("a").bytes() + zeros), "once it is decompressed", limits);
}

TEST_F(bundle_refusal, is_for_a_size_that_is_not_there) {
    auto bytes = tar().file("a", "text").bytes();
    bytes.replace(124, 11, "77777777777");
    std::uint64_t sum = 0;
    bytes.replace(148, 8, "        ");
    for (std::size_t at = 0; at < test::tar_block; ++at) sum += static_cast<unsigned char>(bytes[at]);
    char text[8];
    std::snprintf(text, sizeof text, "%06llo", static_cast<unsigned long long>(sum));
    bytes.replace(148, 7, text, 7);
    expect_refused(bytes, "more than 2147483648 bytes");
    bundle_limits limits;
    limits.unpacked_bytes = 1ULL << 40;
    expect_refused(bytes, "\"a\": damaged", limits);
}

TEST_F(bundle_refusal, is_for_what_is_no_archive) {
    expect_refused("", "an empty file");
    expect_refused("x", "not a tar");
    expect_refused(std::string(2000, 'x'), "not a tar");
    expect_refused("PK\x03\x04" + std::string(2000, '\0'), "not a tar");
    expect_refused("\x1f\x8b", "cut off");
    expect_refused("\x1f\x8b" + std::string(100, 'x'), "damaged");
    expect_refused(test::gzipped("no tar"), "not a tar");
    expect_refused(test::gzipped(test::gzipped(tar().file("a").bytes())), "not a tar");
}

TEST_F(bundle_refusal, is_for_archives_with_nothing_in_them) {
    expect_refused(tar(), "nothing in it");
    expect_refused(tar().directory("."), "nothing in it");
}

TEST_F(bundle_refusal, is_for_archives_that_are_cut_off_anywhere) {
    const auto bytes = tar().file("a", std::string(700, 'a')).file("b", "b").bytes();
    const auto whole_tar = bytes.size() - 2 * test::tar_block;
    for (std::size_t size = 1; size <= whole_tar; size += 101) expect_refused(bytes.substr(0, size), "");
    expect_refused(bytes.substr(0, whole_tar), "cut off");
    expect_refused(bytes.substr(0, 3 * test::tar_block), "cut off");  // between two entries
    const auto packed = test::gzipped(bytes);
    for (std::size_t size = 1; size < packed.size(); ++size) expect_refused(packed.substr(0, size), "");
}

TEST_F(bundle_refusal, is_for_content_that_gzip_says_is_another) {
    auto packed = test::gzipped(tar().file("a", "some text").file("b", "b").bytes());
    // The trailer: a checksum of four bytes, a length of four.
    for (std::size_t back = 1; back <= 8; ++back) {
        auto flipped = packed;
        flipped[packed.size() - back] = static_cast<char>(flipped[packed.size() - back] ^ 4);
        expect_refused(flipped, "damaged", {}, std::to_string(back));
    }
}

TEST_F(bundle_refusal, is_for_any_flipped_bit_that_changes_the_content) {
    const auto packed = test::gzipped(tar().file("a", "some text").file("b", "b").bytes());
    const auto out = scratch_.path() / "out";
    int refused = 0;
    // From behind the header, whose time and flags say nothing of the content. Some bits say the same in another way: which
    // of many zeros are repeated.
    for (std::size_t at = 10; at < packed.size(); ++at) {
        auto flipped = packed;
        flipped[at] = static_cast<char>(flipped[at] ^ 4);
        const auto archive = test::write_file(scratch_.path() / "archive", flipped);
        const auto error = test::thrown_by([&] { unpack(archive, out); });
        if (error.code()) {
            EXPECT_EQ(error.code(), errc::bad_bundle) << "byte " << at;
            EXPECT_FALSE(fs::exists(out)) << "byte " << at;
            ++refused;
            continue;
        }
        EXPECT_EQ(test::names_in(out), (std::vector<std::string>{"a", "b"})) << "byte " << at;
        EXPECT_EQ(test::read_file(out / "a") + test::read_file(out / "b"), "some textb") << "byte " << at;
        fs::remove_all(out);
    }
    EXPECT_GT(refused, static_cast<int>(packed.size()) / 2);
}

TEST_F(bundle_refusal, is_for_more_data_behind_the_end) {
    const auto bytes = tar().file("a").bytes();
    expect_refused(bytes + tar().file("b").bytes(), "more data behind its end");
    expect_refused(bytes + "x", "more data behind its end");
    expect_refused(test::gzipped(bytes) + "behind it", "damaged");
    expect_refused(test::gzipped(bytes + "x"), "more data behind its end");
}

}  // namespace
}  // namespace mote::functions
