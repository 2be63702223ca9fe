#pragma once

#include <mote/functions/description.hpp>

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// Reads values of a YAML document, with errors that name the file, the line and the field: `failure`.
class yaml_reader {
public:
    explicit yaml_reader(std::string file) : file_(std::move(file)) {}

    /// The document of a text. Throws for what is no YAML.
    YAML::Node parse(const std::string& text) const;

    using field_handler = std::function<void(const YAML::Node& value, const std::string& field)>;
    /// Calls the handler of each field of a map. `path` is in front of the names in errors. Throws for a field without
    /// a handler, with those that are like it.
    void fields(const YAML::Node& map, const std::string& path,
                const std::map<std::string, field_handler, std::less<>>& known) const;

    std::string text(const YAML::Node& value, const std::string& field) const;  ///< of a scalar; empty for nothing
    bool flag(const YAML::Node& value, const std::string& field) const;
    std::vector<std::string> list(const YAML::Node& value, const std::string& field) const;
    functions::text_map texts(const YAML::Node& value, const std::string& field) const;

    /// Calls `each` for all members of a map, and for those that `<<` brings in. Throws for a key that is there twice or is no
    /// text.
    void members(const YAML::Node& map, const std::string& field, const field_handler& each) const;

    [[noreturn]] void refuse(const YAML::Node& at, const std::string& what) const;

private:
    void all_members(const YAML::Node& map, const std::string& field, const field_handler& each, int depth) const;

    std::string file_;
};

}  // namespace mote::command
