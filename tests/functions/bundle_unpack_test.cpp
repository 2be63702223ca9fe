#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_tar.hpp>

#include <boost/asio/error.hpp>
#include <filesystem>
#include <gtest/gtest.h>
#include <stop_token>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;
using test::tar;
using names = std::vector<std::string>;

mode_t mode_of(const fs::path& file) {
    struct stat status{};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return status.st_mode & 07777U;
}

class bundle_unpack : public ::testing::Test {
protected:
    fs::path archive(const std::string& bytes) const { return test::write_file(in_ / "archive", bytes); }
    fs::path target() const { return out_ / "bundle"; }
    bundle_size unpack_bytes(const std::string& bytes, const bundle_limits& limits = {}) const {
        return unpack(archive(bytes), target(), limits);
    }

private:
    test::temp_dir scratch_;

protected:
    fs::path in_ = scratch_.path() / "in";
    fs::path out_ = [this] {
        fs::create_directory(scratch_.path() / "out");
        return scratch_.path() / "out";
    }();
};

TEST_F(bundle_unpack, gives_files_directories_and_links_of_a_tar) {
    const auto size =
        unpack_bytes(tar().directory("a").file("a/b", "text").link("c", "a/b").file("d/e/f", "deep").bytes());
    EXPECT_EQ(test::names_in(target()), (names{"a", "a/b", "c", "d", "d/e", "d/e/f"}));
    EXPECT_EQ(test::read_file(target() / "c"), "text");
    EXPECT_EQ(test::read_file(target() / "d/e/f"), "deep");
    EXPECT_EQ(size.entries, 6U);
    EXPECT_EQ(size.unpacked_bytes, 8U);
    EXPECT_EQ(test::names_in(out_).front(), "bundle");
}

TEST_F(bundle_unpack, takes_gzip_of_one_or_several_members) {
    const auto bytes = tar().file("a", std::string(3000, 'a')).file("b", "b").bytes();
    const auto size = unpack_bytes(test::gzipped(bytes));
    EXPECT_LT(size.packed_bytes, 1000U);
    EXPECT_EQ(test::read_file(target() / "a").size(), 3000U);
    fs::remove_all(target());
    unpack_bytes(test::gzipped(bytes.substr(0, 700)) + test::gzipped(bytes.substr(700)));
    EXPECT_EQ(test::read_file(target() / "b"), "b");
}

TEST_F(bundle_unpack, keeps_the_executable_bit_and_no_other) {
    unpack_bytes(tar()
                     .file("run", "x", 04777)
                     .file("group", "x", 02070)
                     .file("read", "x", 0400)
                     .entry('5', "d", {}, {}, 01777)
                     .bytes());
    EXPECT_EQ(mode_of(target() / "run"), 0755U);
    EXPECT_EQ(mode_of(target() / "group"), 0644U);
    EXPECT_EQ(mode_of(target() / "read"), 0644U);
    EXPECT_EQ(mode_of(target() / "d"), 0755U);
    EXPECT_EQ(mode_of(target()), 0755U);
}

TEST_F(bundle_unpack, does_not_depend_on_the_umask) {
    const auto before = ::umask(077);
    unpack_bytes(tar().file("d/run", "x", 0755).bytes());
    ::umask(before);
    EXPECT_EQ(mode_of(target() / "d"), 0755U);
    EXPECT_EQ(mode_of(target() / "d/run"), 0755U);
}

TEST_F(bundle_unpack, takes_names_that_are_odd_but_safe) {
    const std::string umlaut = "\xc3\xa4\xe2\x82\xac";
    const std::string long_name(255, 'n');
    unpack_bytes(tar()
                     .file("./a//b/./c")
                     .file("...")
                     .file("-rf")
                     .file("a b\\c")
                     .file(umlaut)
                     .long_path(long_name + "/" + umlaut + "2")
                     .file("short")
                     .bytes());
    EXPECT_EQ(test::names_in(target()),
              (names{"-rf", "...", "a", "a b\\c", "a/b", "a/b/c", long_name, long_name + "/" + umlaut + "2", umlaut}));
}

TEST_F(bundle_unpack, takes_directories_twice_and_the_root_itself) {
    unpack_bytes(tar().directory("./").directory("a/").directory("a").file("a/b").directory("./a").bytes());
    EXPECT_EQ(test::names_in(target()), (names{"a", "a/b"}));
}

TEST_F(bundle_unpack, takes_hard_links_to_files_before_them) {
    const auto size = unpack_bytes(tar().file("a", "text", 0755).hard_link("b/c", "./a").bytes());
    EXPECT_TRUE(fs::equivalent(target() / "a", target() / "b/c"));
    EXPECT_EQ(size.unpacked_bytes, 4U);
}

TEST_F(bundle_unpack, takes_links_that_stay_inside_whatever_they_lead_over) {
    unpack_bytes(tar()
                     .file("lib/v1/code")
                     .link("lib/now", "v1")
                     .link("bin/code", "../lib/now/../now/code")
                     .link("dangling", "none/../lib/x")
                     .link("root", ".")
                     .link("up", "lib/v1/../..")
                     .bytes());
    EXPECT_EQ(test::read_file(target() / "bin/code"), "x");
    EXPECT_EQ(fs::canonical(target() / "up"), fs::canonical(target()));
}

TEST_F(bundle_unpack, takes_all_files_when_none_has_content) {
    EXPECT_EQ(unpack_bytes(tar().file("a", "").file("b", "").bytes()).unpacked_bytes, 0U);
    EXPECT_EQ(test::names_in(target()), (names{"a", "b"}));
}

TEST_F(bundle_unpack, refuses_a_target_that_is_there_and_leaves_it) {
    test::write_file(target() / "mine", "mine");
    const auto error = test::thrown_by([&] { unpack_bytes(tar().file("a").bytes()); });
    EXPECT_EQ(error.code().value(), EEXIST);
    EXPECT_EQ(test::names_in(out_), (names{"bundle", "bundle/mine"}));
    fs::remove_all(target());
    fs::create_symlink("nowhere", target());
    EXPECT_EQ(test::thrown_by([&] { unpack_bytes(tar().file("a").bytes()); }).code().value(), EEXIST);
}

TEST_F(bundle_unpack, says_which_archive_cannot_be_read) {
    const auto error = test::thrown_by([&] { unpack(in_ / "none", target()); });
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_TRUE(test::says(error, "none")) << error.what();
}

TEST_F(bundle_unpack, says_that_the_disk_takes_no_more_and_leaves_nothing) {
    const auto file = archive(tar().file("small").file("d/large", std::string(100'000, 'x')).bytes());
    // A file that may grow no more fails as a full disk does, in the middle of a write.
    struct rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto small = before;
    small.rlim_cur = 50'000;
    auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto error = test::thrown_by([&] { unpack(file, target()); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
    EXPECT_EQ(error.code().value(), EFBIG) << error.what();
    EXPECT_TRUE(test::says(error, "d/large")) << error.what();
    EXPECT_TRUE(test::names_in(out_).empty());
}

TEST_F(bundle_unpack, ends_early_when_it_is_told_to_and_leaves_nothing) {
    std::stop_source stop;
    stop.request_stop();
    const auto file = archive(tar().file("a").bytes());
    EXPECT_EQ(test::thrown_by([&] { unpack(file, target(), {}, stop.get_token()); }).code(),
              boost::asio::error::operation_aborted);
    EXPECT_TRUE(test::names_in(out_).empty());
}

}  // namespace
}  // namespace mote::functions
