// A file is replaced as a whole, or stays.

#include <apps/mote/replace_file.hpp>

#include <apps/mote/exit_code.hpp>
#include <tests/support/temp_dir.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using command::replace_file;

class replaced_file : public testing::Test {
protected:
    std::string text(const fs::path& path) const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    mode_t mode(const fs::path& path) const {
        struct stat seen{};
        ::stat(path.c_str(), &seen);
        return seen.st_mode & 07777;
    }
    std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator());
    }

    temp_dir folder;
};

TEST_F(replaced_file, is_made_for_its_owner_alone) {
    const auto path = folder.path() / "new.txt";
    replace_file(path, "text");
    EXPECT_EQ(text(path), "text");
    EXPECT_EQ(mode(path), 0600u);
    EXPECT_EQ(files(), 1);
}

TEST_F(replaced_file, keeps_its_permissions) {
    const auto path = folder.path() / "old.txt";
    std::ofstream(path) << "something longer than what follows";
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    replace_file(path, "new");
    EXPECT_EQ(text(path), "new");
    EXPECT_EQ(mode(path), 0640u);
}

TEST_F(replaced_file, stays_where_a_link_points_to) {
    const auto target = folder.path() / "target.txt";
    const auto link = folder.path() / "link.txt";
    std::ofstream(target) << "old";
    fs::create_symlink(target, link);
    replace_file(link, "new");
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(text(target), "new");
}

TEST_F(replaced_file, is_as_it_was_when_it_cannot_be_written) {
    const auto path = folder.path() / "absent" / "file.txt";
    try {
        replace_file(path, "new");
        FAIL() << "it was written";
    } catch (const command::failure& error) {
        EXPECT_NE(std::string(error.what()).find(path.string() + ": cannot be written: No such file"),
                  std::string::npos);
    }
    // A directory of this name cannot be replaced by a file: what was begun is taken away again.
    const auto folder_there = folder.path() / "folder";
    fs::create_directory(folder_there);
    EXPECT_THROW(replace_file(folder_there, "new"), command::failure);
    EXPECT_TRUE(fs::is_directory(folder_there));
    EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace mote::test
