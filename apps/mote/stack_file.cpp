#include <apps/mote/stack_file.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/yaml_reader.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

std::string file_text(const fs::path& file, const std::string& hint) {
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) throw failure(exit_code::usage, file.string() + ": is a directory");
    std::ifstream in(file, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || in.bad())
        throw failure(exit_code::usage, file.string() + ": cannot be read: " + std::strerror(errno) + hint);
    return text;
}

/// Reads what one file says.
class stack_reader {
public:
    stack_reader(const fs::path& file, const variable_source& variables)
        : file_(file), variables_(variables), yaml_(file.string()) {}

    stack read() {
        const auto document =
            yaml_.parse(with_variables(file_text(file_, "; name a stack file with -f"), file_.string(), variables_));
        stack result;
        read_.assign(1, file_);
        const auto skip = [](const YAML::Node&, const std::string&) {};
        bool has_functions = false;
        yaml_.fields(document, "",
                     {{"version", skip},
                      {"configuration", skip},
                      {"provider", [&](const auto& value, const auto& field) { read_provider(value, field, result); }},
                      {"functions", [&](const auto& value, const auto& field) {
                           has_functions = true;
                           yaml_.members(value, field, [&](const YAML::Node& each, const std::string& name) {
                               result.functions.push_back(function_of(each, name));
                           });
                       }}});
        if (!has_functions) throw failure(exit_code::usage, file_.string() + ": functions: is missing");
        result.files = std::move(read_);
        return result;
    }

private:
    void read_provider(const YAML::Node& value, const std::string& field, stack& into) const {
        yaml_.fields(value, field,
                     {{"name", [&](const auto& node, const auto& at) { check_provider(node, at); }},
                      {"gateway", [&](const auto& node, const auto& at) { into.gateway = yaml_.text(node, at); }}});
    }

    void check_provider(const YAML::Node& value, const std::string& field) const {
        const std::string name = yaml_.text(value, field);
        if (!name.empty() && name != "openfaas" && name != "mote")
            yaml_.refuse(value, field + ": expected openfaas: " + name);
    }

    stack_function function_of(const YAML::Node& node, const std::string& name) {
        stack_function made;
        functions::deployment& wanted = made.wanted;
        wanted.service = name;
        bool skip_build = false;
        functions::text_map variables;
        std::vector<std::string> files;
        const auto skip = [](const YAML::Node&, const std::string&) {};
        const auto text_into = [this](auto& to) {
            return [this, &to](const YAML::Node& value, const std::string& field) { to = yaml_.text(value, field); };
        };
        const auto list_into = [this](auto& to) {
            return [this, &to](const YAML::Node& value, const std::string& field) { to = yaml_.list(value, field); };
        };
        const auto texts_into = [this](auto& to) {
            return [this, &to](const YAML::Node& value, const std::string& field) { to = yaml_.texts(value, field); };
        };
        const auto amounts_into = [this](auto& to) {
            return [this, &to](const YAML::Node& value, const std::string& field) { to = amounts_of(value, field); };
        };
        std::string handler;
        yaml_.fields(node, "functions." + name,
                     {{"lang", skip},
                      {"build_options", skip},
                      {"build_args", skip},
                      {"build_secrets", skip},
                      {"platforms", skip},
                      {"skip_build", [&](const auto& value, const auto& at) { skip_build = yaml_.flag(value, at); }},
                      {"handler", text_into(handler)},
                      {"image", text_into(wanted.image)},
                      {"fprocess", text_into(wanted.process)},
                      {"namespace", text_into(wanted.space)},
                      {"environment", texts_into(variables)},
                      {"environment_file", list_into(files)},
                      {"secrets", list_into(wanted.secrets)},
                      {"constraints", list_into(wanted.constraints)},
                      {"labels", texts_into(wanted.labels)},
                      {"annotations", texts_into(wanted.annotations)},
                      {"limits", amounts_into(wanted.limits)},
                      {"requests", amounts_into(wanted.requests)},
                      {"readonly_root_filesystem",
                       [&](const auto& value, const auto& at) { wanted.read_only = yaml_.flag(value, at); }}});
        if (wanted.image.empty()) yaml_.refuse(node, "functions." + name + ".image: is missing");
        for (const std::string& each : files)
            read_variables(each, "functions." + name + ".environment_file", variables);
        if (!variables.empty()) wanted.variables = std::move(variables);
        if (!handler.empty() && !skip_build) made.handler = beside(handler);
        return made;
    }

    std::optional<functions::resource_texts> amounts_of(const YAML::Node& value, const std::string& field) const {
        if (value.IsNull()) return std::nullopt;
        functions::resource_texts amounts;
        const auto into = [this](auto& to) {
            return [this, &to](const YAML::Node& node, const std::string& at) { to = yaml_.text(node, at); };
        };
        yaml_.fields(value, field,
                     {{"memory", into(amounts.memory)},
                      {"cpu", into(amounts.cpu)},
                      {"nvidia.com/gpu", into(amounts.nvidia_gpu)},
                      {"amd.com/gpu", into(amounts.amd_gpu)},
                      {"intel.com/gpu", into(amounts.intel_gpu)}});
        return amounts;
    }

    /// A file with a map `environment`: what it says goes over what was said before.
    void read_variables(const std::string& name, const std::string& said_by, functions::text_map& into) {
        const fs::path file = beside(name);
        const std::string hint = "; " + said_by + " of " + file_.string() + " names it";
        read_.push_back(file);
        const yaml_reader yaml(file.string());
        const auto document = yaml.parse(with_variables(file_text(file, hint), file.string(), variables_));
        yaml.fields(document, "", {{"environment", [&](const YAML::Node& value, const std::string& field) {
                                        for (auto& [key, text] : yaml.texts(value, field)) into[key] = text;
                                    }}});
    }

    fs::path beside(const std::string& name) const { return (file_.parent_path() / name).lexically_normal(); }

    fs::path file_;
    const variable_source& variables_;
    std::vector<fs::path> read_;
    yaml_reader yaml_;
};

}  // namespace

stack read_stack(const fs::path& file, const variable_source& variables) {
    return stack_reader(file, variables).read();
}

}  // namespace mote::command
