#include <apps/mote/create/installed_prefix.hpp>
#include <apps/mote/create/project_directory.hpp>
#include <apps/mote/create/project_name.hpp>
#include <apps/mote/create/project_plan.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

std::string json_of(const new_command& chosen, const fs::path& directory, const project_files& files,
                    const project_plan& plan) {
    boost::json::object made;
    made["name"] = chosen.name;
    made["directory"] = directory.string();
    made["kind"] = name_of(chosen.kind);
    made["language"] = name_of(chosen.language);
    boost::json::array& paths = made["files"].emplace_array();
    for (const auto& [path, text] : files) paths.emplace_back(path);
    boost::json::array& next = made["next"].emplace_array();
    for (const std::string& each : plan.next) next.emplace_back(each);
    return boost::json::serialize(made) + "\n";
}

std::string paths_of(const fs::path& directory, const project_files& files) {
    std::string lines;
    for (const auto& [path, text] : files) lines += printable((directory / path).string()) + "\n";
    return lines;
}

std::string advice_of(const new_command& chosen, const project_plan& plan) {
    std::string text = "Made " + chosen.name + ", " + plan.what + ". Next:\n";
    for (const std::string& each : plan.next) {
        text += "  " + printable(each);
        // It stays where it is.
        if (each == "mote up" || each.starts_with("mote dev"))
            text += "    # leave it running; the next one in another terminal";
        text += "\n";
    }
    return text;
}

exit_code make_project(const new_command& chosen) {
    check_project_name(chosen.name, chosen.kind);
    fs::path directory(chosen.directory.empty() ? chosen.name : chosen.directory);
    if (!directory.has_filename() && directory != directory.root_path()) directory = directory.parent_path();
    const project_plan plan = plan_project(chosen.name, chosen.kind, chosen.language, directory);
    const bool needs_library = chosen.language == project_language::cpp;
    if (!needs_library && !chosen.prefix.empty())
        throw failure(exit_code::usage, "--prefix: only C++ projects use the library; leave it out");
    const fs::path prefix = needs_library ? library_prefix(chosen.prefix) : fs::path();
    const project_files files = render_project(chosen.name, plan, prefix);
    write_project(directory, files);
    write_out(chosen.json ? json_of(chosen, directory, files, plan) : paths_of(directory, files));
    if (!chosen.json) write_err(advice_of(chosen, plan));
    if (needs_library && prefix.empty() && !library_is_in_usual_place())
        say("the library is not installed where CMake looks; install it, and name its place with CMAKE_PREFIX_PATH, or "
            "here "
            "with --prefix");
    return exit_code::ok;
}

}  // namespace

exit_code run(const new_command& chosen) {
    try {
        return make_project(chosen);
    } catch (...) {
        return explain(std::current_exception());
    }
}

}  // namespace mote::command
