#include <apps/mote/stack_choice.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <regex>

namespace mote::command {
namespace {

[[noreturn]] void refuse(const stack& all, const std::string& what) {
    std::vector<std::string> known;
    for (const auto& each : all.functions) known.push_back(each.wanted.service);
    throw failure(exit_code::not_found, what + " the stack file; it has " + listed(known));
}

std::vector<stack_function> named(const stack& all, const std::vector<std::string>& names) {
    std::vector<stack_function> chosen;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(all.functions, name, [](const auto& each) { return each.wanted.service; });
        if (found == all.functions.end()) refuse(all, name + ": not in");
        chosen.push_back(*found);
    }
    return chosen;
}

template <class Match>
std::vector<stack_function> matching(const stack& all, const std::string& pattern, Match is_meant) {
    std::vector<stack_function> chosen;
    for (const auto& each : all.functions)
        if (is_meant(each.wanted.service)) chosen.push_back(each);
    if (chosen.empty()) refuse(all, pattern + ": matches no function of");
    return chosen;
}

}  // namespace

bool is_regex(const std::string& text) {
    std::regex compiled;
    try {
        compiled.assign(text);
        return true;
    } catch (const std::regex_error&) {
        return false;
    }
}

std::vector<stack_function> chosen_of(const stack& all, const stack_choice& choice) {
    if (!choice.filter.empty()) {
        const auto is_meant = [&](const std::string& name) {
            return ::fnmatch(choice.filter.c_str(), name.c_str(), 0) == 0;
        };
        return matching(all, choice.filter, is_meant);
    }
    if (!choice.regex.empty()) {
        const std::regex expression(choice.regex);
        return matching(all, choice.regex,
                        [&](const std::string& name) { return std::regex_search(name, expression); });
    }
    return choice.names.empty() ? all.functions : named(all, choice.names);
}

}  // namespace mote::command
