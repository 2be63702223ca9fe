#include <apps/mote/yaml_reader.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>

#include <set>

namespace mote::command {
namespace {

constexpr std::string_view merge_key = "<<";
constexpr int deepest_merge = 16;

}  // namespace

YAML::Node yaml_reader::parse(const std::string& text) const {
    try {
        const auto documents = YAML::LoadAll(text);
        if (documents.size() > 1) refuse(documents[1], "a second document; a file has one");
        return documents.empty() ? YAML::Node() : documents.front();
    } catch (const YAML::Exception& wrong) {
        const std::string line = wrong.mark.is_null() ? "" : ":" + std::to_string(wrong.mark.line + 1);
        throw failure(exit_code::usage, file_ + line + ": no YAML: " + wrong.msg);
    }
}

void yaml_reader::fields(const YAML::Node& map, const std::string& path,
                         const std::map<std::string, field_handler, std::less<>>& known) const {
    members(map, path, [&](const YAML::Node& value, const std::string& name) {
        const auto found = known.find(name);
        const std::string field = path.empty() ? name : path + "." + name;
        if (found != known.end()) return found->second(value, field);
        std::vector<std::string> names;
        for (const auto& [each, handler] : known) names.push_back(each);
        const auto meant = nearest(name, names);
        refuse(value, field + ": a field that is not known; " +
                          (meant.empty() ? "known are " + listed(names, names.size())
                                         : "did you mean " + meant.front() + "?"));
    });
}

std::string yaml_reader::text(const YAML::Node& value, const std::string& field) const {
    if (value.IsNull()) return {};
    if (!value.IsScalar()) refuse(value, field + ": expected a text");
    return value.Scalar();
}

bool yaml_reader::flag(const YAML::Node& value, const std::string& field) const {
    bool result = false;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, result))
        refuse(value, field + ": expected true or false");
    return result;
}

std::vector<std::string> yaml_reader::list(const YAML::Node& value, const std::string& field) const {
    std::vector<std::string> result;
    if (value.IsNull()) return result;
    if (!value.IsSequence()) refuse(value, field + ": expected a list, a `- ` before each");
    for (const auto& each : value) result.push_back(text(each, field));
    return result;
}

functions::text_map yaml_reader::texts(const YAML::Node& value, const std::string& field) const {
    functions::text_map result;
    if (value.IsNull()) return result;
    members(value, field,
            [&](const YAML::Node& each, const std::string& name) { result[name] = text(each, field + "." + name); });
    return result;
}

void yaml_reader::members(const YAML::Node& map, const std::string& field, const field_handler& each) const {
    all_members(map, field, each, 0);
}

void yaml_reader::all_members(const YAML::Node& map, const std::string& field, const field_handler& each,
                              int depth) const {
    if (depth > deepest_merge) refuse(map, (field.empty() ? "the file" : field) + ": << in << without end");
    const std::string what = field.empty() ? "the file" : field;
    if (!map.IsMap()) refuse(map, what + ": expected names with values");
    std::set<std::string> seen;
    std::vector<YAML::Node> merged;
    for (const auto& member : map) {
        if (!member.first.IsScalar()) refuse(member.first, what + ": a name that is no text");
        const std::string& name = member.first.Scalar();
        if (!seen.insert(name).second) refuse(member.first, what + ": " + name + " is there twice");
        if (name != merge_key) {
            each(member.second, name);
        } else if (member.second.IsSequence()) {
            for (const auto& one : member.second) merged.push_back(one);
        } else {
            merged.push_back(member.second);
        }
    }
    // What is said here goes over it, and so does what is said sooner.
    for (const auto& one : merged) {
        const auto unless_said = [&](const YAML::Node& value, const std::string& name) {
            if (seen.insert(name).second) each(value, name);
        };
        all_members(one, field, unless_said, depth + 1);
    }
}

void yaml_reader::refuse(const YAML::Node& at, const std::string& what) const {
    const auto mark = at.Mark();
    const std::string line = mark.is_null() ? "" : ":" + std::to_string(mark.line + 1);
    throw failure(exit_code::usage, file_ + line + ": " + what);
}

}  // namespace mote::command
