// The manual pages: all commands are in them, and man(1) has no complaint.

#include <tests/mote/shell/all_commands.hpp>
#include <tests/mote/shell/tree.hpp>

#include <apps/mote/shell/manual.hpp>

#include <fstream>
#include <iterator>
#include <set>

namespace mote::test {
namespace {

std::string page_of(const std::string& name) {
    for (const auto& [file, page] : command::manual_pages(sample_tree(), "1.2"))
        if (file == name) return page;
    return {};
}

TEST(manual, has_a_page_for_each_command_and_one_for_the_program) {
    std::set<std::string> names;
    for (const auto& [file, page] : command::manual_pages(sample_tree(), "1.2")) names.insert(file);
    EXPECT_EQ(names, (std::set<std::string>{"mote.1", "mote-ls.1", "mote-dead.1"}));
    EXPECT_TRUE(has(page_of("mote.1"), ".BR mote\\-dead (1)"));
    EXPECT_TRUE(has(page_of("mote-dead.1"), ".SH \"MOTE DEAD RETRY\""));
    EXPECT_TRUE(has(page_of("mote-ls.1"), ".SH EXAMPLES\n.nf\n  mote ls\n.fi\n"));
}

TEST(manual, escapes_what_roff_would_read_as_its_own) {
    const auto page = page_of("mote-dead.1");
    EXPECT_TRUE(has(page, "\n\\&.it starts a line with a dot.\n"));
    EXPECT_TRUE(has(page, "and \\-\\- more\n"));
    EXPECT_TRUE(has(page_of("mote-ls.1"), "\\fB\\-j\\fR, \\fB\\-\\-json\\fR"));
}

class written_manual : public testing::Test {
protected:
    void SetUp() override {
        const auto written = environment.run({"__man", folder.path().string()});
        ASSERT_EQ(written.exit_code, 0) << written.err;
    }
    std::string read(const std::filesystem::path& path) const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    command_environment environment;
    temp_dir folder;
};

TEST_F(written_manual, tells_of_all_commands) {
    const auto program = read(folder.path() / "mote.1");
    for (const auto& command : all_commands(environment)) {
        const auto page = read(folder.path() / ("mote-" + command.front() + ".1"));
        EXPECT_NE(page, "") << joined(command);
        std::string escaped;
        for (const char c : command.front()) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
        EXPECT_TRUE(has(program, ".BR mote\\-" + escaped + " (1)")) << joined(command);
        if (command.size() == 1) continue;
        std::string title = "MOTE " + joined(command);
        for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        EXPECT_TRUE(has(page, ".SH \"" + title + "\"")) << joined(command);
    }
}

TEST_F(written_manual, is_accepted_by_man_without_a_warning) {
    if (!require_program("man")) return;
    std::size_t pages = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
        process_options options;
        options.env = {{"LC_ALL", "C.UTF-8"}, {"MANROFFSEQ", ""}, {"MANWIDTH", "80"}};
        const auto shown = run({"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", each.path().string()}, options);
        EXPECT_EQ(shown.exit_code, 0) << each.path();
        EXPECT_EQ(shown.err, "") << each.path();
        EXPECT_TRUE(has(shown.out, "(1)")) << each.path();
        ++pages;
    }
    EXPECT_GT(pages, 20u);
}

TEST(manual_folder, that_cannot_be_written_is_an_error) {
    const auto result = command_environment().run({"__man", "/proc/no"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"cannot be written"}));
}

}  // namespace
}  // namespace mote::test
