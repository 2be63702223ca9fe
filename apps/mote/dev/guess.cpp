#include <apps/mote/dev/cmake_build.hpp>
#include <apps/mote/dev/project.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view how_to_say =
    "; say how with --build CMD and --run CMD, or in mote.json, which `mote new` writes";

std::string whole_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

failure unclear(const fs::path& directory, const std::string& why) {
    return {exit_code::usage, directory.string() + ": " + why + std::string(how_to_say)};
}

std::vector<std::string> files_ending(const fs::path& directory, std::string_view extension) {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator each(directory, failed), end; !failed && each != end; each.increment(failed))
        if (each->path().extension() == extension) names.push_back(each->path().filename().string());
    std::ranges::sort(names);
    return names;
}

project cmake_project(const fs::path& directory, bool program_is_known) {
    const auto preset = find_cmake_preset(directory);
    if (!preset) throw unclear(directory, "CMakePresets.json has no configure preset that can be used here");
    project made;
    made.from = "CMakePresets.json, preset " + preset->name;
    made.build.push_back({"cmake", "--preset", preset->name});
    if (!preset->build_preset.empty())
        made.build.push_back({"cmake", "--build", "--preset", preset->build_preset});
    else if (!preset->binary_directory.empty())
        made.build.push_back({"cmake", "--build", preset->binary_directory});
    else
        throw unclear(directory, "preset " + preset->name + " has no build preset, nor a binaryDir that is known");
    if (preset->binary_directory.empty() && !program_is_known)
        throw unclear(directory, "it is not known where preset " + preset->name + " builds its program");
    made.binary_directory = preset->binary_directory;
    return made;
}

/// `build/NAME`, where nothing is watched.
project go_project(const fs::path& directory) {
    std::string module;
    std::ifstream file(directory / "go.mod");
    for (std::string word; file >> word;)
        if (word == "module" && file >> module) break;
    std::string name = fs::path(module).filename().string();
    if (name.empty()) name = "service";
    std::vector<std::string> mains;
    const auto has_main = [](const fs::path& where) {
        return std::ranges::any_of(files_ending(where, ".go"), [&](const std::string& each) {
            return !each.ends_with("_test.go") &&
                   ("\n" + whole_file(where / each)).find("\npackage main") != std::string::npos;
        });
    };
    if (has_main(directory)) mains.emplace_back(".");
    std::error_code failed;
    for (fs::directory_iterator each(directory / "cmd", failed), end; !failed && each != end; each.increment(failed))
        if (has_main(each->path())) mains.push_back("./cmd/" + each->path().filename().string());
    if (mains.size() != 1)
        throw unclear(directory, mains.empty() ? "go.mod, but no package main here or in cmd/"
                                               : "go.mod, and several programs: " + listed(mains));
    project made;
    made.from = "go.mod";
    made.build.push_back({"go", "build", "-o", "build/" + name, mains.front()});
    made.run = {"build/" + name};
    return made;
}

project node_project(const fs::path& directory, bool program_is_known) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(whole_file(directory / "package.json"), failed);
    if (failed || !value.is_object()) throw unclear(directory, "package.json is not a JSON object");
    const auto& root = value.get_object();
    const auto* const scripts = root.if_contains("scripts");
    const auto has_script = [&](const char* name) {
        return scripts != nullptr && scripts->is_object() && scripts->get_object().contains(name);
    };
    project made;
    made.from = "package.json";
    if (has_script("build")) made.build.push_back({"npm", "run", "--silent", "build"});
    const auto* const main = root.if_contains("main");
    if (has_script("start"))
        made.run = {"npm", "run", "--silent", "start"};
    else if (main != nullptr && main->is_string())
        made.run = {"node", std::string(main->get_string())};
    else if (fs::exists(directory / "index.js"))
        made.run = {"node", "index.js"};
    else if (!program_is_known)
        throw unclear(directory, "package.json has neither a script \"start\" nor \"main\"");
    return made;
}

project python_project(const fs::path& directory) {
    const auto names = files_ending(directory, ".py");
    std::vector<std::string> candidates;
    for (const char* const usual : {"main.py", "service.py", "app.py"})
        if (std::ranges::find(names, usual) != names.end()) candidates.emplace_back(usual);
    if (candidates.empty()) candidates = names;
    if (candidates.size() != 1) throw unclear(directory, "which one is the program: " + listed(candidates));
    project made;
    made.from = candidates.front();
    made.run = {"python3", candidates.front()};
    return made;
}

}  // namespace

project guess_project(const fs::path& directory, bool program_is_known) {
    std::error_code ignored;
    if (fs::exists(directory / "CMakePresets.json", ignored)) return cmake_project(directory, program_is_known);
    if (fs::exists(directory / "go.mod", ignored)) return go_project(directory);
    if (fs::exists(directory / "package.json", ignored)) return node_project(directory, program_is_known);
    if (program_is_known) {
        project only_run;
        only_run.from = "the command line";
        return only_run;
    }
    if (!files_ending(directory, ".py").empty()) return python_project(directory);
    throw unclear(directory, "no mote.json, CMakePresets.json, go.mod, package.json or *.py here");
}

}  // namespace mote::command
