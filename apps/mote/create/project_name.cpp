#include <apps/mote/create/project_name.hpp>

#include <apps/mote/text.hpp>

#include <mote/functions/name.hpp>

#include <algorithm>

namespace mote::command {
namespace {

constexpr std::size_t longest_project_name = 63;  // as of a function

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_name_character(char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; }

bool is_project_name(std::string_view name, project_kind kind) {
    if (kind == project_kind::function) return functions::is_function_name(name);
    return !name.empty() && name.size() <= longest_project_name && is_letter_or_digit(name.front()) &&
           std::ranges::all_of(name, is_name_character);
}

std::string reason(std::string_view name, project_kind kind) {
    if (name.empty()) return "is empty";
    if (name.size() > longest_project_name)
        return "has more than " + std::to_string(longest_project_name) + " characters";
    if (kind == project_kind::function)
        return "a function's name has only letters a to z, digits and -, and does not begin or end with a -";
    if (!std::ranges::all_of(name, is_name_character)) return "a service's name has only letters, digits, - and _";
    return "a project's name begins with a letter or a digit";
}

}  // namespace

std::string nearest_project_name(std::string_view name, project_kind kind) {
    std::string near;
    for (const char c : name) {
        const bool fits = kind == project_kind::function ? is_letter_or_digit(c) : is_name_character(c);
        if (fits)
            near += c;
        else if (!near.empty() && near.back() != '-')
            near += '-';
    }
    if (kind == project_kind::function)
        for (char& c : near)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    near.erase(near.begin(), std::ranges::find_if(near, is_letter_or_digit));
    if (near.size() > longest_project_name) near.resize(longest_project_name);
    while (!near.empty() && near.back() == '-') near.pop_back();
    return near.empty() ? "hello" : near;
}

void check_project_name(std::string_view name, project_kind kind) {
    if (is_project_name(name, kind)) return;
    const std::string shown = name.empty() ? "NAME" : printable(name);
    if (name.find('/') != std::string_view::npos) {
        const std::string_view rest = name.substr(0, name.find_last_not_of('/') + 1);
        throw failure(exit_code::usage, shown + ": a name, not a path, is wanted; try: mote new " +
                                            nearest_project_name(rest.substr(rest.rfind('/') + 1), kind) + " --dir " +
                                            shown);
    }
    throw failure(exit_code::usage, shown + ": " + reason(name, kind) + "; try " + nearest_project_name(name, kind));
}

}  // namespace mote::command
