#include <apps/mote/stack_variables.hpp>

#include <apps/mote/exit_code.hpp>

#include <algorithm>
#include <cstdlib>

namespace mote::command {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/// Where an error is.
struct place {
    const std::string& file;
    std::size_t line = 1;

    [[noreturn]] void refuse(const std::string& what) const {
        throw failure(exit_code::usage, file + ":" + std::to_string(line) + ": " + what);
    }
};

/// What `${expression}` stands for.
std::string value_of(std::string_view expression, const place& at, const variable_source& variables) {
    const auto end = std::min(expression.find_first_not_of(letters), expression.size());
    const std::string name(expression.substr(0, end));
    const auto rest = expression.substr(end);
    const bool has_default = rest.starts_with(":-");
    if (name.empty() || (!rest.empty() && !has_default))
        at.refuse("${" + std::string(expression) + "}: neither ${NAME} nor ${NAME:-default}; write $${ for a plain ${");
    const auto value = variables(name);
    if (value && value->find_first_of("\r\n") != std::string::npos)
        at.refuse("${" + name + "}: its value has line breaks, which would change the file");
    if (value && (!value->empty() || !has_default)) return *value;
    if (!has_default) at.refuse("${" + name + "} is not set; set it, or write ${" + name + ":-default}");
    return std::string(rest.substr(2));
}

std::string line_with_variables(std::string_view line, const place& at, const variable_source& variables) {
    const auto first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && line[first] == '#') return std::string(line);
    std::string result;
    for (;;) {
        const auto begin = line.find("${");
        result += line.substr(0, begin);
        if (begin == std::string_view::npos) return result;
        line.remove_prefix(begin + 2);
        if (result.ends_with('$')) {
            result += '{';
            continue;
        }
        const auto end = line.find('}');
        if (end == std::string_view::npos) at.refuse("${" + std::string(line) + ": has no }");
        result += value_of(line.substr(0, end), at, variables);
        line.remove_prefix(end + 1);
    }
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string with_variables(std::string_view text, const std::string& file, const variable_source& variables) {
    std::string result;
    place at{.file = file};
    while (!text.empty()) {
        const auto end = text.find('\n');
        const bool last = end == std::string_view::npos;
        result += line_with_variables(text.substr(0, end), at, variables);
        if (!last) result += '\n';
        text.remove_prefix(last ? text.size() : end + 1);
        ++at.line;
    }
    return result;
}

}  // namespace mote::command
