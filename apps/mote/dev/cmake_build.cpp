#include <apps/mote/dev/cmake_build.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>

namespace mote::command {
namespace {

namespace fs = std::filesystem;
namespace bj = boost::json;

constexpr const char* query = ".cmake/api/v1/query/client-mote/codemodel-v2";
constexpr const char* replies = ".cmake/api/v1/reply";
constexpr int deepest_inheritance = 16;

bj::value json_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    boost::system::error_code failed;
    auto value = bj::parse(text, failed);
    return failed ? bj::value() : value;
}

/// A member by its name; null where there is none.
const bj::value& member(const bj::value& value, std::string_view name) {
    static const bj::value nothing;
    const auto* const found = value.is_object() ? value.get_object().if_contains(name) : nullptr;
    return found == nullptr ? nothing : *found;
}
std::string text_of_member(const bj::value& value, std::string_view name) {
    const auto& found = member(value, name);
    return found.is_string() ? std::string(found.get_string()) : std::string();
}
bj::array array_of_member(const bj::value& value, std::string_view name) {
    const auto& found = member(value, name);
    return found.is_array() ? found.get_array() : bj::array();
}

class presets {
public:
    explicit presets(const fs::path& directory) : directory_(directory) {
        for (const char* const file : {"CMakePresets.json", "CMakeUserPresets.json"}) {
            const bj::value read = json_file(directory / file);
            for (const auto& each : array_of_member(read, "configurePresets")) {
                names_.push_back(text_of_member(each, "name"));
                configure_.insert_or_assign(names_.back(), each);
            }
            for (const auto& each : array_of_member(read, "buildPresets")) build_.push_back(each);
        }
    }

    std::optional<cmake_preset> chosen() const {
        std::vector<std::string> usable;
        for (const std::string& name : names_) {
            const auto& hidden = member(configure_.at(name), "hidden");
            if (!hidden.is_bool() || !hidden.get_bool()) usable.push_back(name);
        }
        if (usable.empty()) return std::nullopt;
        cmake_preset found;
        found.name = usable.front();
        for (const char* const usual : {"debug", "default", "dev"})
            if (std::ranges::find(usable, usual) != usable.end()) found.name = usual;
        for (const auto& each : build_)
            if (found.build_preset.empty() && text_of_member(each, "configurePreset") == found.name)
                found.build_preset = text_of_member(each, "name");
        found.binary_directory = expanded(binary_directory_of(found.name, 0), found.name);
        return found;
    }

private:
    std::string binary_directory_of(const std::string& name, int depth) const {
        const auto found = configure_.find(name);
        if (found == configure_.end() || depth > deepest_inheritance) return {};
        std::string own = text_of_member(found->second, "binaryDir");
        if (!own.empty()) return own;
        const auto& parents = member(found->second, "inherits");
        if (parents.is_string()) return binary_directory_of(std::string(parents.get_string()), depth + 1);
        for (const auto& parent : array_of_member(found->second, "inherits")) {
            if (!parent.is_string()) continue;
            own = binary_directory_of(std::string(parent.get_string()), depth + 1);
            if (!own.empty()) return own;
        }
        return {};
    }

    /// Empty for macros that only CMake knows.
    std::string expanded(std::string text, const std::string& preset) const {
        const auto root = fs::absolute(directory_).lexically_normal();
        const std::map<std::string, std::string> macros = {{"${sourceDir}", root.string()},
                                                           {"${sourceParentDir}", root.parent_path().string()},
                                                           {"${sourceDirName}", root.filename().string()},
                                                           {"${presetName}", preset}};
        for (const auto& [macro, value] : macros)
            for (std::size_t at = 0; (at = text.find(macro, at)) != std::string::npos; at += value.size())
                text.replace(at, macro.size(), value);
        if (text.empty() || text.find("${") != std::string::npos || text.find("$env{") != std::string::npos ||
            text.find("$penv{") != std::string::npos)
            return {};
        return (root / text).lexically_normal().string();
    }

    fs::path directory_;
    std::vector<std::string> names_;
    std::map<std::string, bj::value> configure_;
    std::vector<bj::value> build_;
};

/// The newest index, by its name, as CMake's documentation has it.
fs::path newest_index(const fs::path& directory) {
    fs::path newest;
    std::error_code failed;
    for (fs::directory_iterator each(directory, failed), end; !failed && each != end; each.increment(failed)) {
        const std::string name = each->path().filename().string();
        if (name.starts_with("index-") && name > newest.filename().string()) newest = each->path();
    }
    return newest;
}

}  // namespace

std::optional<cmake_preset> find_cmake_preset(const fs::path& directory) { return presets(directory).chosen(); }

void ask_for_cmake_targets(const fs::path& binary_directory) {
    std::error_code ignored;
    fs::create_directories((binary_directory / query).parent_path(), ignored);
    const std::ofstream made(binary_directory / query, std::ios::app);
}

std::vector<std::string> cmake_programs(const fs::path& binary_directory) {
    const fs::path directory = binary_directory / replies;
    const bj::value index = json_file(newest_index(directory));
    const std::string model_file =
        text_of_member(member(member(member(index, "reply"), "client-mote"), "codemodel-v2"), "jsonFile");
    if (model_file.empty()) return {};
    const bj::value model = json_file(directory / model_file);
    std::vector<std::string> programs, others;
    for (const auto& configuration : array_of_member(model, "configurations"))
        for (const auto& each : array_of_member(configuration, "targets")) {
            const bj::value target = json_file(directory / text_of_member(each, "jsonFile"));
            const auto artifacts = array_of_member(target, "artifacts");
            if (text_of_member(target, "type") != "EXECUTABLE" || artifacts.empty()) continue;
            const std::string name = text_of_member(target, "name");
            const fs::path file = binary_directory / text_of_member(artifacts.front(), "path");
            auto& into = name.find("test") == std::string::npos ? programs : others;
            into.push_back(file.lexically_normal().string());
        }
    return programs.empty() ? others : programs;
}

bool configures(const std::vector<std::string>& command) {
    if (command.size() < 2 || fs::path(command.front()).filename() != "cmake") return false;
    const auto has = [&](std::string_view option) {
        return std::ranges::any_of(command, [&](const std::string& word) { return word.starts_with(option); });
    };
    constexpr std::array<std::string_view, 6> other_modes = {"--build", "--install", "--workflow",
                                                             "-E",      "-P",        "--open"};
    if (std::ranges::any_of(other_modes, has)) return false;
    return has("--preset") || has("-B") || has("-S");
}

}  // namespace mote::command
