// What is in the program is what lies in apps/mote/create/templates, and fits together.

#include <apps/mote/create/render.hpp>
#include <apps/mote/create/template_files.hpp>
#include <tests/mote/command.hpp>

#include <boost/json/value_to.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace mote::command {
namespace {

namespace fs = std::filesystem;
using enum project_kind;
using enum project_language;

struct combination {
    project_kind kind;
    project_language language;
};

std::vector<combination> all_combinations() {
    std::vector<combination> made = {{typed, cpp}};
    for (const auto language : {cpp, python, go, javascript})
        for (const auto kind : {service, worker, function, http}) made.push_back({kind, language});
    return made;
}
const std::vector<combination> all = all_combinations();

std::string told(const combination& each) {
    return std::string(name_of(each.kind)) + " in " + std::string(name_of(each.language));
}

project_files render(const combination& each, const std::string& name = "hello", const fs::path& prefix = {}) {
    return render_project(name, plan_project(name, each.kind, each.language, name), prefix);
}

std::vector<std::string> words(const boost::json::value& value) {
    return boost::json::value_to<std::vector<std::string>>(value);
}

TEST(templates, are_embedded_as_they_lie_in_the_tree) {
    std::set<std::string> embedded;
    for (const template_file& each : template_files()) {
        std::ifstream in(fs::path(TEMPLATES_DIRECTORY) / each.path, std::ios::binary);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), each.text) << each.path;
        embedded.emplace(each.path);
    }
    for (const auto& each : fs::recursive_directory_iterator(TEMPLATES_DIRECTORY))
        if (each.is_regular_file()) {
            const std::string path = each.path().lexically_relative(TEMPLATES_DIRECTORY).string();
            EXPECT_TRUE(embedded.contains(path)) << path << " is missing in CMakeLists.txt";
        }
}

TEST(templates, fill_in_what_is_between_two_at_signs_and_nothing_else) {
    EXPECT_EQ(with_values("@A@ @A@b@A@ a@b @nats-io/x@3 @ @@ @A", {{"A", "1"}}), "1 1b1 a@b @nats-io/x@3 @ @@ @A");
    EXPECT_EQ(with_values("", {}), "");
    EXPECT_EQ(with_values("@A@", {{"A", "@B@"}}), "@B@") << "a value is not looked at again";
    EXPECT_THROW(with_values("@B@", {{"A", "1"}}), std::logic_error);
}

TEST(templates, have_a_readme_a_test_and_a_project_file_in_every_project) {
    for (const combination& each : all) {
        const project_files files = render(each);
        EXPECT_TRUE(files.contains("README.md")) << told(each);
        EXPECT_TRUE(files.contains(".gitignore")) << told(each);
        EXPECT_TRUE(files.contains("mote.json")) << told(each);
        EXPECT_EQ(files.contains("stack.yml"), each.kind == function) << told(each);
        const auto is_test = [](const auto& file) { return file.first.find("test") != std::string::npos; };
        EXPECT_TRUE(std::ranges::any_of(files, is_test)) << told(each);
        const std::string& readme = files.at("README.md");
        EXPECT_TRUE(test::has(readme, "# hello\n")) << told(each);
        EXPECT_TRUE(test::has(readme, plan_project("hello", each.kind, each.language, "hello").request)) << told(each);
        for (const auto& [path, text] : files)
            EXPECT_TRUE(path == "README.md" || path == ".gitignore" || path.starts_with("function/") ||
                        readme.find('`' + path + '`') != std::string::npos || path == "CMakeLists.txt" ||
                        path == "setup.sh")
                << told(each) << ": the README says nothing of " << path;
    }
}

TEST(templates, have_a_readme_that_begins_with_what_the_request_needs) {
    for (const combination& each : all) {
        if (each.kind == function) continue;  // it has a README of its own
        const std::string readme = render(each).at("README.md");
        const auto begin = readme.find("```sh\n") + 6;
        const std::string first = readme.substr(begin, readme.find("```\n", begin) - begin);
        // Only the gateway answers HTTP, and `mote dev` starts none.
        EXPECT_TRUE(first.starts_with(each.kind == http ? "mote up " : "mote dev ")) << told(each) << first;
        const std::string request = plan_project("hello", each.kind, each.language, "hello").request;
        EXPECT_LT(first.find("mote dev "), first.find(request)) << told(each) << first;
    }
}

TEST(templates, have_project_files_with_the_members_of_the_guide_alone) {
    const std::set<std::string> known = {"name", "build", "run", "watch", "ignore", "env"};
    for (const combination& each : all) {
        const auto project = boost::json::parse(render(each, "my-name").at("mote.json")).as_object();
        for (const auto& member : project) EXPECT_TRUE(known.contains(std::string(member.key()))) << told(each);
        EXPECT_EQ(test::text_at(project, "name"), "my-name");
        EXPECT_FALSE(words(project.at("run")).empty()) << told(each);
        EXPECT_FALSE(words(project.at("watch")).empty()) << told(each);
        const auto* const build = project.if_contains("build");
        for (const auto& command : build != nullptr ? build->as_array() : boost::json::array())
            EXPECT_FALSE(words(command).empty()) << told(each);
        const auto* const ignored = project.if_contains("ignore");
        EXPECT_TRUE(ignored == nullptr || !words(*ignored).empty()) << told(each);
        const auto* const env = project.if_contains("env");
        for (const auto& variable : env != nullptr ? env->as_object() : boost::json::object())
            EXPECT_TRUE(variable.value().is_string()) << told(each);
    }
}

TEST(templates, name_a_prefix_in_the_presets_only_where_one_is_needed) {
    const auto variables = [](const fs::path& prefix) {
        const auto presets = boost::json::parse(render({service, cpp}, "hello", prefix).at("CMakePresets.json"));
        return presets.at("configurePresets").at(0).at("cacheVariables").as_object();
    };
    EXPECT_FALSE(variables({}).contains("CMAKE_PREFIX_PATH"));
    EXPECT_EQ(test::text_at(variables("/opt/mo\"te"), "CMAKE_PREFIX_PATH"), "/opt/mo\"te");
}

TEST(templates, have_a_package_name_that_npm_takes) {
    const auto package = boost::json::parse(render({service, javascript}, "Order_Service").at("package.json"));
    EXPECT_EQ(test::text_at(package, "name"), "order_service");
}

TEST(templates, are_missing_where_a_language_cannot_do_it_and_the_reason_is_said) {
    for (const auto language : {python, go, javascript}) {
        try {
            plan_project("hello", typed, language, "hello");
            ADD_FAILURE() << told({typed, language});
        } catch (const failure& refused) {
            EXPECT_EQ(refused.code(), exit_code::usage);
            EXPECT_TRUE(test::has(refused.what(), "the official client for "));
            EXPECT_TRUE(test::has(refused.what(), " has no typed endpoints"));
        }
    }
}

TEST(shell_word, is_quoted_where_a_shell_would_take_it_for_something_else) {
    EXPECT_EQ(shell_word("services/hello"), "services/hello");
    EXPECT_EQ(shell_word("my services"), "'my services'");
    EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
    EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace mote::command
