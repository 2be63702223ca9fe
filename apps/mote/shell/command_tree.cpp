#include <apps/mote/shell/command_tree.hpp>

#include <apps/mote/suggestion.hpp>

#include <algorithm>

namespace mote::command {
namespace {

bool is_option_word(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

const described_command* find_command(const described_command& parent, std::string_view word) {
    const auto found = std::ranges::find_if(parent.commands, [&](const auto& each) { return each.is_called(word); });
    return found == parent.commands.end() ? nullptr : &*found;
}

/// `--name`, `--name=value`, `-n`, `-nvalue`, or flags of one letter together.
void follow_option(place_in_line& at, const std::string& word) {
    const auto equals = word.find('=');
    const bool is_long = word.starts_with("--");
    const std::string name = is_long ? word.substr(0, equals) : word.substr(0, 2);
    const auto* const option = at.find_option(name);
    if (option == nullptr) {
        if (at.unknown.empty()) at.unknown = is_long ? name : word;
        return;
    }
    const bool has_value = is_long ? equals != std::string::npos : word.size() > 2;
    if (option->value.empty()) {
        at.said.emplace_back(option->name(), "");
        if (!is_long && has_value) follow_option(at, "-" + word.substr(2));
    } else if (has_value) {
        at.said.emplace_back(option->name(), word.substr(is_long ? equals + 1 : 2));
    } else {
        at.awaits_value = option;
    }
}

void follow_word(place_in_line& at, const std::string& word) {
    if (at.awaits_value != nullptr) {
        at.said.emplace_back(at.awaits_value->name(), word);
        at.awaits_value = nullptr;
    } else if (!at.only_arguments && word == "--") {
        at.only_arguments = true;
    } else if (!at.only_arguments && is_option_word(word)) {
        follow_option(at, word);
    } else if (const auto* const below = at.arguments.empty() ? find_command(at.innermost(), word) : nullptr) {
        at.path.push_back(below);
    } else {
        if (!at.innermost().commands.empty() && at.innermost().arguments.empty() && at.unknown.empty())
            at.unknown = word;
        at.arguments.push_back(word);
    }
}

std::vector<std::string> names_of_commands(const described_command& parent) {
    std::vector<std::string> names;
    for (const auto& each : parent.commands) {
        names.push_back(each.name);
        names.insert(names.end(), each.aliases.begin(), each.aliases.end());
    }
    return names;
}

std::vector<std::string> names_of_options(const place_in_line& at) {
    std::vector<std::string> names;
    for (const auto* const command : at.path)
        for (const auto& option : command->options) names.insert(names.end(), option.names.begin(), option.names.end());
    // Of one letter each is as near as the next.
    std::erase_if(names, [](const std::string& name) { return name.size() < 4; });
    return names;
}

}  // namespace

const std::string& described_option::name() const {
    const auto found = std::ranges::find_if(names, [](const auto& each) { return each.starts_with("--"); });
    return found == names.end() ? names.front() : *found;
}

bool described_command::is_called(std::string_view word) const {
    return name == word || std::ranges::find(aliases, word) != aliases.end();
}

const described_option* place_in_line::find_option(std::string_view name) const {
    for (auto command = path.rbegin(); command != path.rend(); ++command)
        for (const auto& option : (*command)->options)
            if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    return nullptr;
}

const described_option* place_in_line::next_argument() const {
    const auto& all = innermost().arguments;
    if (arguments.size() < all.size()) return &all[arguments.size()];
    return !all.empty() && all.back().many ? &all.back() : nullptr;
}

place_in_line follow(const described_command& program, const std::vector<std::string>& words) {
    place_in_line at;
    at.path = {&program};
    for (const std::string& word : words) follow_word(at, word);
    return at;
}

std::string explain_unknown_word(const described_command& program, const std::vector<std::string>& words) {
    place_in_line at;
    at.path = {&program};
    for (const std::string& word : words) {
        follow_word(at, word);
        if (!at.unknown.empty()) break;
    }
    if (at.unknown.empty()) return {};
    const bool is_option = is_option_word(at.unknown);
    const auto known = is_option ? names_of_options(at) : names_of_commands(at.innermost());
    const auto near = nearest(at.unknown, known);
    const std::string what = std::string("no ") + (is_option ? "option" : "command") + " \"" + at.unknown + "\"";
    return near.empty() ? what : what + "; did you mean " + listed(near) + "?";
}

}  // namespace mote::command
