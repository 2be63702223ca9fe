#include <apps/mote/create/project_directory.hpp>
#include <apps/mote/exit_code.hpp>
#include <tests/mote/command.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& directory, const project_files& files) {
    try {
        write_project(directory, files);
    } catch (const failure& refused) {
        EXPECT_EQ(refused.code(), exit_code::error);
        return refused.what();
    }
    return {};
}

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

/// For its lifetime no file gets longer than this.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit less{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &less);
        ignored_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, ignored_);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

private:
    rlimit before_{};
    void (*ignored_)(int) = nullptr;
};

TEST(project_directory, is_made_with_all_that_is_above_it) {
    const test::temp_dir home;
    const fs::path directory = home.path() / "a" / "b" / "hello";
    EXPECT_EQ(refusal(directory, {{"main.cpp", "int main() {}\n"}, {"deep/er/file", ""}}), "");
    EXPECT_EQ(text_of(directory / "main.cpp"), "int main() {}\n");
    EXPECT_TRUE(fs::exists(directory / "deep" / "er" / "file"));
}

TEST(project_directory, may_be_there_when_it_is_empty) {
    const test::temp_dir home;
    EXPECT_EQ(refusal(home.path() / "", {{"file", "text"}}), "");
    EXPECT_EQ(text_of(home.path() / "file"), "text");
}

TEST(project_directory, that_is_not_empty_is_refused_and_stays_as_it_is) {
    const test::temp_dir home;
    for (const char* const name : {"b", "a", "c", ".git", "d"}) std::ofstream(home.path() / name) << "kept";
    EXPECT_EQ(refusal(home.path(), {{"a", "new"}, {"e", "new"}}),
              home.path().string() +
                  ": is not empty, it has .git, a, b and 2 more; choose another NAME, or name another "
                  "directory with --dir");
    EXPECT_EQ(text_of(home.path() / "a"), "kept");
    EXPECT_EQ(entries(home.path()), 5U);
}

TEST(project_directory, that_is_a_file_is_refused) {
    const test::temp_dir home;
    std::ofstream(home.path() / "hello") << "kept";
    EXPECT_TRUE(
        test::has(refusal(home.path() / "hello", {{"a", "new"}}), "hello: is there already, and no directory; "));
    EXPECT_TRUE(test::has(refusal(home.path() / "hello" / "deeper", {{"a", "new"}}), "nothing was left behind"));
    EXPECT_EQ(text_of(home.path() / "hello"), "kept");
}

TEST(project_directory, is_gone_again_when_a_file_cannot_be_made) {
    const test::temp_dir home;
    const std::string refused =
        refusal(home.path() / "new" / "hello", {{"a", "text"}, {"b/c", "text"}, {"z" + std::string(300, 'z'), "text"}});
    EXPECT_TRUE(test::has(refused, ": cannot be made: File name too long; nothing was left behind, "));
    EXPECT_EQ(entries(home.path()), 0U);
}

TEST(project_directory, that_was_there_is_empty_again_when_a_file_cannot_be_made) {
    const test::temp_dir home;
    EXPECT_NE(refusal(home.path(), {{"a", "text"}, {"b", "text"}, {"b/c", "text"}}), "");
    EXPECT_TRUE(fs::exists(home.path()));
    EXPECT_EQ(entries(home.path()), 0U);
}

TEST(project_directory, has_no_half_of_a_file_when_there_is_no_more_space) {
    const test::temp_dir home;
    std::string refused;
    {
        const file_size_limit limit(1000);
        refused = refusal(home.path() / "hello", {{"a", "text"}, {"b", std::string(5000, 'x')}});
    }
    EXPECT_TRUE(test::has(refused, "b: cannot be made: File too large; nothing was left behind, "));
    EXPECT_EQ(entries(home.path()), 0U);
}

}  // namespace
}  // namespace mote::command
