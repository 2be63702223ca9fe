#include <mote/node/detail/socket_directory.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mote::node::detail {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
    struct stat about{};
    return ::lstat(path.c_str(), &about) == 0;
}

/// Fills a directory as `fill` does, in a process that is not root and may open few files; whether it then goes with its object.
bool goes_with_all(const std::function<void(const std::string&)>& fill) {
    const auto child = ::fork();
    if (child == 0) {
        constexpr unsigned nobody = 65534;
        const rlimit few{.rlim_cur = 64, .rlim_max = 64};
        bool good = ::setrlimit(RLIMIT_NOFILE, &few) == 0;
        if (::geteuid() == 0) good = good && ::setresuid(nobody, nobody, nobody) == 0;
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // as that user's own program has it: else /proc/self is closed to it
        std::string path;
        {
            const socket_directory made("test-remove");
            path = made.path();
            fill(path);
        }
        ::_exit(good && !is_there(path) ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// `depth` directories in each other, with a file in the last one.
void make_chain(const std::string& path, int depth) {
    int at = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < depth && at >= 0; ++i) {
        ::mkdirat(at, "d", 0700);
        const int below = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::close(at);
        at = below;
    }
    if (at < 0) ::_exit(2);
    ::close(::openat(at, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0));
    ::close(at);
}

TEST(socket_directory, goes_with_what_is_closed_to_its_owner) {
    EXPECT_TRUE(goes_with_all([](const std::string& path) {
        fs::create_directories(path + "/outer/inner/deep");
        fs::create_directories(path + "/full");
        std::ofstream(path + "/full/file") << "content";
        std::ofstream(path + "/outer/inner/file") << "content";
        ::chmod((path + "/full").c_str(), 0);
        ::chmod((path + "/outer/inner").c_str(), 0);
        ::chmod((path + "/outer").c_str(), 0500);
        ::chmod(path.c_str(), 0);
    }));
}

TEST(socket_directory, goes_with_more_directories_in_each_other_than_descriptors) {
    EXPECT_TRUE(goes_with_all([](const std::string& path) { make_chain(path, 2000); }));
}

TEST(socket_directory, goes_with_what_has_the_names_that_removing_uses) {
    EXPECT_TRUE(goes_with_all([](const std::string& path) {
        for (int i = 0; i < 20; ++i) fs::create_directories(path + "/." + std::to_string(i) + "/." + std::to_string(i));
        for (int i = 20; i < 40; ++i) std::ofstream(path + "/." + std::to_string(i)) << "content";
    }));
}

TEST(socket_directory, follows_no_link) {
    const auto other = fs::temp_directory_path() / ("mote-kept." + std::to_string(::getpid()));
    fs::create_directories(other);
    std::ofstream(other / "file") << "content";
    {
        const socket_directory made("test-remove");
        fs::create_directories(made.path() + "/inner");
        fs::create_symlink(other, made.path() + "/link");
        fs::create_symlink(other, made.path() + "/inner/link");
    }
    EXPECT_TRUE(fs::exists(other / "file"));
    fs::remove_all(other);
}

TEST(socket_directory, that_could_not_be_removed_goes_when_the_next_is_made) {
    std::optional<socket_directory> made("test-remove");
    const auto path = made->path();
    fs::create_directories(path + "/inner");
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    made.reset();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(is_there(path)) << "no descriptor, no look into it";
    const socket_directory next("test-remove");
    EXPECT_FALSE(is_there(path));
}

}  // namespace
}  // namespace mote::node::detail
