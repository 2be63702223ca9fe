#include <apps/mote/shell/describe.hpp>

#include <algorithm>
#include <sstream>

namespace mote::command {
namespace {

/// `TEXT:DURATION` is a DURATION, `TEXT:{a,b}` one of a|b, and `TEXT:` nothing special. Empty for a flag.
std::string shown_type(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) return {};  // a flag
    std::string type = option.get_type_name();
    for (const std::string_view prefix : {"TEXT:", "TEXT"})
        if (type.starts_with(prefix) && type.size() > prefix.size()) type.erase(0, prefix.size());
    if (type == "TEXT:" || type.empty()) return "TEXT";
    // `UINT:INT in [1 - 1000]`
    if (const auto bounds = type.find(" in ["); bounds != std::string::npos && type.ends_with(']')) {
        type = type.substr(bounds + 5, type.size() - bounds - 6);
        return CLI::detail::find_and_replace(type, " - ", "..");
    }
    if (type.starts_with('{') && type.ends_with('}')) {
        type = type.substr(1, type.size() - 2);
        std::ranges::replace(type, ',', '|');
    }
    return type;
}

std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> choices;
    if (type.find('|') == std::string::npos || type.find_first_of("[]: ") != std::string::npos) return choices;
    for (std::size_t begin = 0; begin <= type.size();) {
        const auto end = std::min(type.find('|', begin), type.size());
        choices.push_back(type.substr(begin, end - begin));
        begin = end + 1;
    }
    // `HOST[:PORT]|CIDR` and the like say what kind of text it is.
    const bool are_kinds = std::ranges::all_of(choices, [](const std::string& each) {
        return std::ranges::none_of(each, [](char c) { return c >= 'a' && c <= 'z'; });
    });
    return are_kinds ? std::vector<std::string>() : choices;
}

described_option described(const CLI::Option& option) {
    described_option made;
    if (option.get_positional()) {
        made.names = {option.get_name(true, false)};
    } else {
        for (const auto& each : option.get_snames()) made.names.push_back("-" + each);
        for (const auto& each : option.get_lnames()) made.names.push_back("--" + each);
    }
    made.help = option.get_description();
    made.value = shown_type(option);
    made.choices = choices_in(made.value);
    if (!option.get_default_str().empty() && !made.value.empty())
        made.help += " (else " + option.get_default_str() + ")";
    if (!option.get_envname().empty()) made.help += " (variable " + option.get_envname() + ")";
    made.group = option.get_group();
    made.required = option.get_required();
    made.many = option.get_items_expected_max() >= CLI::detail::expected_max_vector_size;
    return made;
}

bool is_hidden(const CLI::App& app) { return app.get_group().empty() || app.get_name().empty(); }

/// Options under names that are at most this wide have their help in the same line.
constexpr std::size_t name_column = 30;

class help_with_examples_first final : public CLI::Formatter {
public:
    help_with_examples_first() { column_width(name_column); }

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
        const auto footer = divide_footer(app->get_footer());
        std::string text = make_description(app);
        if (!footer.examples.empty()) text += "\nExamples:\n" + footer.examples;
        text += "\n" + make_usage(app, std::move(name));
        text += make_subcommands(app, mode);
        text += make_positionals(app);
        text += make_groups(app, mode);
        if (!footer.notes.empty()) text += "\n" + footer.notes;
        return CLI::detail::find_and_replace(text, "\n\n\n", "\n\n");
    }

    /// Without the values that flags such as `--no-auth` stand for.
    std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
        if (is_positional) return option->get_name(true, false);
        std::string text;
        for (const auto& name : described(*option).names) text += (text.empty() ? "" : ", ") + name;
        return text;
    }

    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = shown_type(*option);
        std::string text = type.empty() || type == "TEXT" ? "" : " " + type;
        if (type == "TEXT" && !option->get_positional()) text += " TEXT";
        if (!type.empty() && !option->get_default_str().empty()) text += "=" + option->get_default_str();
        if (option->get_items_expected_max() >= CLI::detail::expected_max_vector_size) text += " ...";
        if (option->get_required()) text += " (required)";
        if (!option->get_envname().empty()) text += " (variable " + option->get_envname() + ")";
        return text;
    }
};

}  // namespace

divided_footer divide_footer(const std::string& footer) {
    divided_footer parts;
    std::istringstream lines(footer);
    bool in_examples = false;
    for (std::string line; std::getline(lines, line);) {
        const bool is_title = line == "Examples:" || line == "Example:";
        if (is_title) {
            in_examples = true;
            continue;
        }
        if (in_examples && !line.starts_with("  ")) {
            in_examples = false;
            if (line.empty()) continue;
        }
        (in_examples ? parts.examples : parts.notes) += line + "\n";
    }
    return parts;
}

described_command describe(const CLI::App& app) {
    described_command made;
    made.name = app.get_name();
    made.aliases = app.get_aliases();
    made.about = app.get_description();
    const auto footer = divide_footer(app.get_footer());
    made.examples = footer.examples;
    made.notes = footer.notes;
    for (const CLI::Option* const option : app.get_options()) {
        if (option->get_group().empty()) continue;
        (option->get_positional() ? made.arguments : made.options).push_back(described(*option));
    }
    for (const CLI::App* const each : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!is_hidden(*each)) made.commands.push_back(describe(*each));
    return made;
}

std::shared_ptr<CLI::Formatter> examples_first() { return std::make_shared<help_with_examples_first>(); }

}  // namespace mote::command
