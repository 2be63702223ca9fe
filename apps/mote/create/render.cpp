#include <apps/mote/create/render.hpp>

#include <apps/mote/create/installed_prefix.hpp>
#include <apps/mote/create/template_files.hpp>

#include <functional>
#include <stdexcept>

namespace mote::command {
namespace {

/// npm wants lower case, and no `_` first.
std::string package_name(const std::string& name) {
    std::string lower = name;
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return lower;
}

std::string capitalised(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - ('a' - 'A'));
    return text;
}

/// In this repository a file `.gitignore` would be heard.
std::string path_in_project(std::string_view template_path) {
    return template_path == "gitignore" ? ".gitignore" : std::string(template_path);
}

bool is_placeholder_character(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

std::string with_values(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
    std::string filled;
    while (!text.empty()) {
        const std::size_t at = text.find('@');
        filled += text.substr(0, at);
        if (at == std::string_view::npos) break;
        std::size_t end = at + 1;
        while (end < text.size() && is_placeholder_character(text[end])) ++end;
        if (end == at + 1 || end == text.size() || text[end] != '@') {  // such as @nats-io/services
            filled += text.substr(at, end - at);
            text.remove_prefix(end);
            continue;
        }
        const std::string_view word = text.substr(at + 1, end - at - 1);
        const auto found = values.find(word);
        if (found == values.end()) throw std::logic_error("a template has @" + std::string(word) + "@");
        filled += found->second;
        text.remove_prefix(end + 1);
    }
    return filled;
}

project_files render_project(const std::string& name, const project_plan& plan, const std::filesystem::path& prefix) {
    const std::map<std::string, std::string, std::less<>> values = {
        {"NAME", name},
        {"PACKAGE", package_name(name)},
        {"WHAT", capitalised(plan.what)},
        {"BEFORE", plan.before},
        {"REQUEST", plan.request},
        {"PROGRAM", plan.program},
        {"MOTE_VERSION", MOTE_MINOR_VERSION},
        {"PREFIX_VARIABLE", prefix.empty() ? "" : ", \"CMAKE_PREFIX_PATH\": " + preset_text(prefix)}};
    project_files files;
    for (const std::string_view layer : plan.layers)
        for (const template_file& each : template_files())
            if (each.path.starts_with(layer))
                files[path_in_project(each.path.substr(layer.size()))] = with_values(each.text, values);
    return files;
}

}  // namespace mote::command
