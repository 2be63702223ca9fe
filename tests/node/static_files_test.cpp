#include <mote/node/detail/static_files.hpp>

#include <mote/functions/error.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/system/system_error.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace mote::node::detail {
namespace {

namespace fs = std::filesystem;

/// A bundle as it lies unpacked.
class static_files_test : public ::testing::Test {
protected:
    void SetUp() override {
        write("function.env", "mode=static\n");
        write("secret.txt", "not shown");
        write("public/index.html", "<p>hello</p>");
        write("public/a b.txt", "12345");
        write("public/docs/index.html", "docs");
        write("public/empty/more/file.css", "p {}");
    }
    void write(const std::string& name, const std::string& text) const {
        const auto path = directory_.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    void link(const std::string& name, const std::string& target) const {
        fs::create_symlink(target, directory_.path() / name);
    }
    static_files shown(const std::string& directory = "/home/app/public") const {
        return static_files(directory_.path(), directory);
    }
    std::string refusal(const std::string& directory) const {
        try {
            shown(directory);
        } catch (const boost::system::system_error& error) {
            EXPECT_EQ(error.code(), functions::errc::bad_setting);
            return error.what();
        }
        return {};
    }

    const test::temp_dir directory_{};
};

using kind = static_files::kind;

TEST_F(static_files_test, finds_files_by_decoded_paths) {
    const auto files = shown();
    const auto found = files.find("/a%20b.txt");
    EXPECT_EQ(found.is, kind::file);
    EXPECT_EQ(found.size, 5U);
    EXPECT_EQ(found.path.filename(), "a b.txt");
    EXPECT_EQ(files.find("/empty/more/file.css").is, kind::file);
    EXPECT_EQ(files.find("//empty/./more/file.css").is, kind::file);
    EXPECT_EQ(files.find("/empty%2Fmore/file.css").is, kind::file);
}

TEST_F(static_files_test, shows_the_index_of_a_directory_and_lists_none) {
    const auto files = shown();
    EXPECT_EQ(files.find("/").path.filename(), "index.html");
    EXPECT_EQ(files.find("").path.filename(), "index.html");
    EXPECT_EQ(files.find("/docs/").path.parent_path().filename(), "docs");
    EXPECT_EQ(files.find("/docs").is, kind::directory);
    EXPECT_EQ(files.find("/empty").is, kind::nothing);
    EXPECT_EQ(files.find("/empty/").is, kind::nothing);
}

TEST_F(static_files_test, finds_nothing_where_nothing_is) {
    const auto files = shown();
    for (const std::string path :
         {"/none", "/index.html/", "/index.html/x", "/%", "/%4", "/%zz", "/%+1", "/a%00b", "/%00"})
        EXPECT_EQ(files.find(path).is, kind::nothing) << path;
    EXPECT_EQ(files.find("/" + std::string(10'000, 'x')).is, kind::nothing);
}

TEST_F(static_files_test, never_leaves_its_directory) {
    link("public/up.txt", "../secret.txt");
    link("public/machine", "/etc/passwd");
    link("public/all", "..");
    link("public/inside.txt", "docs/index.html");
    link("public/circle", "circle");
    const auto files = shown();
    for (const std::string path : {"/../secret.txt", "/docs/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                                   "/up.txt", "/machine", "/all/secret.txt", "/all", "/circle"})
        EXPECT_EQ(files.find(path).is, kind::nothing) << path;
    EXPECT_EQ(files.find("/inside.txt").is, kind::file);
}

TEST_F(static_files_test, shows_a_whole_bundle_but_how_it_is_run) {
    const auto files = shown("/home/app");
    EXPECT_EQ(files.find("/secret.txt").is, kind::file);
    EXPECT_EQ(files.find("/public/docs/").is, kind::file);
    EXPECT_EQ(files.find("/function.env").is, kind::nothing);
    link("settings", "function.env");
    EXPECT_EQ(files.find("/settings").is, kind::nothing);
}

TEST_F(static_files_test, refuses_a_directory_that_is_not_in_the_bundle) {
    link("outside", "..");
    EXPECT_EQ(refusal("/home/app/public/"), "");
    for (const std::string wrong : {"/etc", "/home/app/../../etc", "/home/application", "/", "/home/app/outside"})
        EXPECT_NE(refusal(wrong).find("static_path=\"" + wrong + "\": not in the bundle"), std::string::npos)
            << refusal(wrong);
    for (const std::string wrong : {"/home/app/none", "/home/app/secret.txt"})
        EXPECT_NE(refusal(wrong).find("the bundle has no such directory"), std::string::npos) << refusal(wrong);
}

TEST(content_type_of, goes_by_the_suffix) {
    EXPECT_EQ(content_type_of("/x/index.HTML"), "text/html; charset=utf-8");
    EXPECT_EQ(content_type_of("a.b.css"), "text/css; charset=utf-8");
    EXPECT_EQ(content_type_of("picture.svg"), "image/svg+xml");
    for (const std::string other : {"", "css", ".css", "a.unknown", "a."})
        EXPECT_EQ(content_type_of(other), "application/octet-stream") << other;
}

}  // namespace
}  // namespace mote::node::detail
