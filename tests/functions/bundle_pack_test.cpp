#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_tar.hpp>

#include <boost/asio/error.hpp>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <stop_token>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;
using test::tar;
using names = std::vector<std::string>;

class bundle_pack : public ::testing::Test {
protected:
    fs::path from() const { return scratch_.path() / "from"; }
    fs::path archive() const { return out() / "bundle.tar.gz"; }
    fs::path out() const { return scratch_.path() / "out"; }

    void SetUp() override {
        fs::create_directory(from());
        fs::create_directory(out());
    }

    packed_bundle packed() const { return pack(from(), archive()); }

    /// What comes of packing and unpacking.
    fs::path there_and_back() const {
        packed();
        const auto again = scratch_.path() / "again";
        unpack(archive(), again);
        return again;
    }

    void expect_refused(const std::string& why, const bundle_limits& limits = {}) const {
        const auto error = test::thrown_by([&] { pack(from(), archive(), limits); });
        EXPECT_EQ(error.code(), errc::bad_bundle) << error.what();
        EXPECT_TRUE(test::says(error, why)) << error.what() << ", not " << why;
        EXPECT_TRUE(test::names_in(out()).empty());
    }

    test::temp_dir scratch_;
};

TEST_F(bundle_pack, refuses_settings_with_which_nothing_starts) {
    test::write_file(from() / "function.env", "fprocess=./run\nmode=htpp\n");
    expect_refused("function.env: mode=\"htpp\": expected classic,");
    test::write_file(from() / "function.env", "fprocess=./run\nmode=\"http\"\n");
    expect_refused("quotes");
    test::write_file(from() / "function.env", "exec_timeout=soon\n");
    expect_refused("function.env: exec_timeout=\"soon\"");
    test::write_file(from() / "function.env", "fprocess=\"python3 index.py\"\n");
    expect_refused("without its quotes");
    test::write_file(from() / "function.env", "mode=http\n");
    EXPECT_NO_THROW(packed()) << "a deployment may say the command";
}

TEST_F(bundle_pack, keeps_files_directories_links_and_the_executable_bit) {
    test::write_file(from() / "run", "#!/bin/sh\n");
    fs::permissions(from() / "run", fs::perms::owner_exec, fs::perm_options::add);
    test::write_file(from() / "lib/a", std::string(300'000, 'a'));
    test::write_file(from() / "empty", "");
    fs::create_directories(from() / "none/in/it");
    fs::create_symlink("lib/a", from() / "link");
    fs::create_symlink("../lib/./a", from() / "none/up");
    const auto again = there_and_back();
    EXPECT_EQ(test::names_in(again), test::names_in(from()));
    EXPECT_EQ(test::read_file(again / "lib/a").size(), 300'000U);
    EXPECT_EQ(fs::read_symlink(again / "none/up"), "../lib/./a");
    EXPECT_NE(fs::status(again / "run").permissions() & fs::perms::owner_exec, fs::perms::none);
    EXPECT_EQ(fs::status(again / "lib/a").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(bundle_pack, says_how_large_it_is) {
    test::write_file(from() / "a/b", std::string(100'000, 'a'));
    const auto bundle = packed();
    EXPECT_EQ(bundle.size.packed_bytes, fs::file_size(archive()));
    EXPECT_EQ(bundle.size.unpacked_bytes, 100'000U);
    EXPECT_EQ(bundle.size.entries, 2U);
    EXPECT_EQ(test::names_in(out()), (names{"bundle.tar.gz"}));
}

TEST_F(bundle_pack, gives_the_same_bytes_for_the_same_content) {
    for (const char* name : {"b", "a/y", "a/x", "c"}) test::write_file(from() / name, name);
    const auto first = packed();
    const auto bytes = test::read_file(archive());
    fs::remove_all(from());
    for (const char* name : {"c", "a/x", "b", "a/y"}) test::write_file(from() / name, name);
    fs::last_write_time(from() / "b", fs::file_time_type::clock::now() - std::chrono::hours(1000));
    fs::permissions(from() / "c", fs::perms::others_all | fs::perms::owner_read | fs::perms::set_uid,
                    fs::perm_options::replace);
    EXPECT_EQ(packed().digest, first.digest);
    EXPECT_EQ(test::read_file(archive()), bytes);
}

TEST_F(bundle_pack, gives_other_bytes_for_other_content) {
    test::write_file(from() / "a", "1");
    const auto first = packed().digest;
    test::write_file(from() / "a", "2");
    const auto changed = packed().digest;
    EXPECT_NE(changed, first);
    fs::permissions(from() / "a", fs::perms::owner_exec, fs::perm_options::add);
    EXPECT_NE(packed().digest, changed);
    fs::create_directory(from() / "b");
    EXPECT_NE(packed().digest, changed);
}

TEST_F(bundle_pack, takes_a_tar_as_the_directory_that_it_has_in_it) {
    test::write_file(from() / "a/b", "text");
    fs::create_symlink("a", from() / "l");
    const auto digest = packed().digest;
    const auto bytes = tar().link("l", "a").file("./a//b", "text", 0600).bytes();
    for (const auto& each : {bytes, test::gzipped(bytes)}) {
        const auto file = test::write_file(scratch_.path() / "in.tar", each);
        EXPECT_EQ(pack(file, archive()).digest, digest);
    }
    EXPECT_EQ(test::names_in(out()), (names{"bundle.tar.gz"}));
}

TEST_F(bundle_pack, takes_what_it_packed_as_it_is) {
    test::write_file(from() / "a/b", "text");
    const auto digest = packed().digest;
    EXPECT_EQ(pack(archive(), out() / "again.tar.gz").digest, digest);
    EXPECT_EQ(test::read_file(out() / "again.tar.gz"), test::read_file(archive()));
}

TEST_F(bundle_pack, takes_odd_names_in_any_locale) {
    const names odd{
        "-rf", " ", "a\\b", "\xc3\xa4\xe2\x82\xac", std::string(255, 'n'), "'\"$(x)", "...", "\xf0\x9f\x99\x82"};
    for (const auto& name : odd) test::write_file(from() / "d" / name, name);
    test::write_file(from() / std::string(200, 'a') / std::string(200, '\x62') / "\xc3\xa4", "deep");
    const auto again = there_and_back();
    EXPECT_EQ(test::names_in(again), test::names_in(from()));
    for (const auto& name : odd) EXPECT_EQ(test::read_file(again / "d" / name), name);
}

TEST_F(bundle_pack, takes_hard_links_as_files) {
    test::write_file(from() / "a", "text");
    fs::create_hard_link(from() / "a", from() / "b");
    const auto again = there_and_back();
    EXPECT_EQ(test::read_file(again / "b"), "text");
    EXPECT_FALSE(fs::equivalent(again / "a", again / "b"));
}

TEST_F(bundle_pack, follows_a_link_that_the_caller_names) {
    test::write_file(from() / "a", "text");
    fs::create_symlink("from", scratch_.path() / "link");
    EXPECT_EQ(pack(scratch_.path() / "link", archive()).digest, packed().digest);
    EXPECT_EQ(pack(scratch_.path() / "link/", archive()).digest, packed().digest);
}

TEST_F(bundle_pack, refuses_links_that_leave) {
    for (const char* target : {"/etc/passwd", "..", "../from/a", "d/../.."}) {
        test::write_file(from() / "a", "text");
        fs::create_symlink(target, from() / "out");
        expect_refused("\"out\": a link");
        fs::remove(from() / "out");
    }
}

TEST_F(bundle_pack, refuses_what_is_no_file_directory_or_link) {
    ASSERT_EQ(::mkfifo((from() / "pipe").c_str(), 0600), 0);
    expect_refused("\"pipe\": neither");
    fs::remove(from() / "pipe");
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (from() / "s").native().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(listener);
    expect_refused("\"s\": neither");
    const auto error = test::thrown_by([&] { pack("/dev/null", archive()); });
    EXPECT_EQ(error.code(), errc::bad_bundle) << error.what();
}

TEST_F(bundle_pack, refuses_names_that_could_not_be_unpacked) {
    test::write_file(from() / "a\nb", "");
    expect_refused("\"a\\x0ab\": a control character");
    fs::remove(from() / "a\nb");
    test::write_file(from() / "a\xff", "");
    expect_refused("\"a\\xff\": not UTF-8");
}

TEST_F(bundle_pack, refuses_a_directory_with_nothing_in_it) { expect_refused("nothing in it"); }

TEST_F(bundle_pack, refuses_settings_that_no_node_could_read) {
    test::write_file(from() / "function.env", "fprocess\n");
    expect_refused("function.env line 1: no =");
}

TEST_F(bundle_pack, refuses_what_is_past_a_limit) {
    test::write_file(from() / "a", std::string(1000, 'a'));
    test::write_file(from() / "b", std::string(1000, 'b'));
    bundle_limits limits;
    limits.unpacked_bytes = 1999;
    expect_refused("more than 1999 bytes", limits);
    limits = {};
    limits.entries = 1;
    expect_refused("more than 1 entries", limits);
    limits = {};
    limits.packed_bytes = 50;
    expect_refused("more than 50 bytes", limits);
    test::write_file(from() / "zeros", std::string(40 << 20, '\0'));
    expect_refused("a bomb?");
}

TEST_F(bundle_pack, refuses_a_tar_that_is_not_safe_and_leaves_nothing) {
    const auto file = test::write_file(scratch_.path() / "in.tar", tar().file("a").file("../b").bytes());
    const auto error = test::thrown_by([&] { pack(file, archive()); });
    EXPECT_EQ(error.code(), errc::bad_bundle);
    EXPECT_TRUE(test::names_in(out()).empty());
}

TEST_F(bundle_pack, keeps_the_archive_that_was_there_when_it_fails) {
    test::write_file(archive(), "older");
    EXPECT_EQ(test::thrown_by([&] { packed(); }).code(), errc::bad_bundle);
    EXPECT_EQ(test::read_file(archive()), "older");
    EXPECT_EQ(test::names_in(out()), (names{"bundle.tar.gz"}));
}

TEST_F(bundle_pack, names_what_cannot_be_read_or_written) {
    const auto missing = test::thrown_by([&] { pack(scratch_.path() / "none", archive()); });
    EXPECT_EQ(missing.code().value(), ENOENT);
    EXPECT_TRUE(test::says(missing, "none")) << missing.what();
    test::write_file(from() / "a", "text");
    const auto nowhere = test::thrown_by([&] { pack(from(), scratch_.path() / "no/where.tar.gz"); });
    EXPECT_EQ(nowhere.code().value(), ENOENT);
    EXPECT_TRUE(test::says(nowhere, "where.tar.gz")) << nowhere.what();
    if (::geteuid() == 0) return;  // who may read everything
    fs::permissions(from() / "a", fs::perms::none, fs::perm_options::replace);
    const auto unreadable = test::thrown_by([&] { packed(); });
    EXPECT_EQ(unreadable.code().value(), EACCES);
    EXPECT_TRUE(test::says(unreadable, "/a")) << unreadable.what();
}

TEST_F(bundle_pack, ends_early_when_it_is_told_to) {
    test::write_file(from() / "a", "text");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(test::thrown_by([&] { pack(from(), archive(), {}, stop.get_token()); }).code(),
              boost::asio::error::operation_aborted);
    EXPECT_TRUE(test::names_in(out()).empty());
}

}  // namespace
}  // namespace mote::functions
