#include <mote/functions/error.hpp>
#include <mote/functions/sealing.hpp>
#include <tests/support/temp_dir.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;

class key_file : public ::testing::Test {
protected:
    fs::path file() const { return directory_.path() / "keys" / "sealing.key"; }

    static std::string content(const fs::path& of) {
        std::ifstream in(of, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    /// A file that only its owner may use, with this in it.
    void put(const std::string& text) const {
        fs::create_directories(file().parent_path());
        fs::permissions(file().parent_path(), fs::perms::owner_all);
        fs::remove(file());
        std::ofstream(file(), std::ios::binary) << text;
        fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
    }
    /// What the refusal says.
    static std::string refusal(const fs::path& of) {
        try {
            sealing_key::load_or_create(of);
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_key) << refused.what();
            return refused.what();
        }
        ADD_FAILURE() << of << " was taken";
        return {};
    }
    static bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
    static std::vector<std::string> names_in(const fs::path& directory) {
        std::vector<std::string> names;
        for (const auto& each : fs::directory_iterator(directory)) names.push_back(each.path().filename());
        return names;
    }

    test::temp_dir directory_;
};

TEST_F(key_file, is_made_on_first_use_and_has_the_same_key_ever_after) {
    const auto made = sealing_key::load_or_create(file());
    const auto read = sealing_key::load_or_create(file());
    EXPECT_EQ(made.public_key(), read.public_key());
    EXPECT_EQ(read.open(made.public_key().seal("value", "place"), "place"), "value");
    EXPECT_EQ(names_in(file().parent_path()), std::vector<std::string>{"sealing.key"}) << "and nothing else is left";
}

TEST_F(key_file, is_for_its_owner_alone_whatever_the_umask_and_so_is_its_directory) {
    const auto before = ::umask(0);
    sealing_key::load_or_create(file());
    ::umask(0777);
    sealing_key::load_or_create(directory_.path() / "keys" / "second.key");
    ::umask(before);
    struct stat found{};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600U);
    ASSERT_EQ(::stat((directory_.path() / "keys" / "second.key").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600U);
    ASSERT_EQ(::stat(file().parent_path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0700U);
}

TEST_F(key_file, is_made_with_all_directories_above_it) {
    const auto deep = directory_.path() / "a" / "b" / "c" / "sealing.key";
    const auto made = sealing_key::load_or_create(deep);
    EXPECT_EQ(sealing_key::load_or_create(deep).public_key(), made.public_key());
}

TEST_F(key_file, is_one_and_the_same_for_all_who_make_it_at_once) {
    constexpr std::size_t many = 16;
    std::vector<std::string> seen(many);
    std::vector<std::thread> threads;
    threads.reserve(many);
    for (auto& each : seen)
        threads.emplace_back([this, &each] { each = sealing_key::load_or_create(file()).public_key().text(); });
    for (auto& each : threads) each.join();
    for (const auto& each : seen) EXPECT_EQ(each, sealing_key::load_or_create(file()).public_key().text());
    EXPECT_EQ(names_in(file().parent_path()), std::vector<std::string>{"sealing.key"});
}

TEST_F(key_file, that_others_may_use_is_refused) {
    sealing_key::load_or_create(file());
    for (const auto mode : {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777}) {
        fs::permissions(file(), static_cast<fs::perms>(mode));
        EXPECT_TRUE(says(refusal(file()), "others may use it")) << mode;
    }
    fs::permissions(file(), static_cast<fs::perms>(0400));
    EXPECT_NO_THROW(sealing_key::load_or_create(file()));
}

TEST_F(key_file, in_a_directory_that_others_may_write_to_is_refused_and_not_made) {
    const auto open_to_all = directory_.path() / "keys";
    fs::create_directory(open_to_all);
    for (const auto mode : {0720, 0702, 0777}) {
        fs::permissions(open_to_all, static_cast<fs::perms>(mode));
        EXPECT_TRUE(says(refusal(file()), "others may write to it")) << mode;
        EXPECT_FALSE(fs::exists(file()));
    }
    fs::permissions(open_to_all, static_cast<fs::perms>(0755));
    EXPECT_NO_THROW(sealing_key::load_or_create(file()));
    fs::permissions(open_to_all, static_cast<fs::perms>(0777));
    EXPECT_TRUE(says(refusal(file()), "others may write to it"));
}

TEST_F(key_file, of_somebody_else_is_refused) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    sealing_key::load_or_create(file());
    ASSERT_EQ(::chown(file().c_str(), 12345, 12345), 0);
    EXPECT_TRUE(says(refusal(file()), "belongs to somebody else"));
}

TEST_F(key_file, that_holds_something_else_is_refused_and_left_as_it_was) {
    sealing_key::load_or_create(file());
    const auto right = content(file());
    ASSERT_EQ(right.substr(0, 20), "mote sealing key 1: ");
    ASSERT_EQ(right.size(), 20 + 64 + 1U);
    for (const auto& wrong :
         {std::string(), std::string("\n"), right.substr(0, 84), right.substr(1), right + "\n", right + right,
          "M" + right.substr(1), right.substr(0, 83) + "g\n", right.substr(0, 83) + std::string("\0\n", 2),
          right.substr(0, 84) + "0", std::string(85, '\0'), std::string(1 << 20, 'x')}) {
        put(wrong);
        EXPECT_TRUE(says(refusal(file()), "holds something else")) << wrong.substr(0, 100);
        EXPECT_TRUE(content(file()) == wrong);
    }
    put(right);
    EXPECT_NO_THROW(sealing_key::load_or_create(file()));
}

TEST_F(key_file, that_is_no_file_is_refused_without_a_wait) {
    fs::create_directories(file());
    EXPECT_TRUE(says(refusal(file()), "is not a regular file"));
    fs::remove(file());
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    EXPECT_TRUE(says(refusal(file()), "is not a regular file"));
    fs::remove(file());
    sealing_key::load_or_create(file().parent_path() / "other.key");
    fs::create_symlink("other.key", file());
    EXPECT_TRUE(says(refusal(file()), "is not a regular file"));
}

TEST_F(key_file, that_cannot_be_made_is_refused_with_the_reason) {
    std::ofstream(directory_.path() / "keys") << "a file";
    EXPECT_TRUE(says(refusal(file()), "keys")) << "and its path is named";
    EXPECT_TRUE(says(refusal(file() / "below"), "Not a directory"));
    EXPECT_TRUE(says(refusal("/proc/none/sealing.key"), "/proc/none"));
}

TEST_F(key_file, never_shows_its_key_in_an_error) {
    sealing_key::load_or_create(file());
    const auto digits = content(file()).substr(20, 64);
    ASSERT_TRUE(std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isxdigit(c) != 0; }));
    put("mote sealing key 1: " + digits + "  trailing\n");
    EXPECT_FALSE(says(refusal(file()), digits.substr(0, 8)));
    fs::permissions(file(), static_cast<fs::perms>(0644));
    EXPECT_FALSE(says(refusal(file()), digits.substr(0, 8)));
}

}  // namespace
}  // namespace mote::functions
