#include <apps/mote/shell/manual.hpp>

#include <algorithm>
#include <sstream>

namespace mote::command {
namespace {

/// Text as roff shows it, character by character: a dash is one that can be copied, and no line is a request.
std::string roff(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '\\': escaped += "\\e"; break;
            case '-': escaped += "\\-"; break;
            case '\'': escaped += "\\(aq"; break;
            case '`': escaped += "\\(ga"; break;
            case '^': escaped += "\\(ha"; break;
            case '~': escaped += "\\(ti"; break;
            default: escaped += c;
        }
    }
    return escaped.starts_with('.') ? "\\&" + escaped : escaped;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string capitals(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    return text;
}

/// Each line that is indented is kept as it is; the others run on.
std::string paragraphs(const std::string& text) {
    std::istringstream lines(text);
    std::string page;
    bool kept = false;
    for (std::string line; std::getline(lines, line);) {
        const bool keep = line.starts_with("  ");
        if (keep != kept) page += keep ? ".PP\n.nf\n" : ".fi\n.PP\n";
        kept = keep;
        if (line.empty()) {
            if (!page.ends_with(".PP\n")) page += ".PP\n";
            continue;
        }
        page += roff(line) + "\n";
    }
    while (page.ends_with(".PP\n")) page.resize(page.size() - 4);
    return page + (kept ? ".fi\n" : "");
}

std::string example_section(const std::string& title, const std::string& examples) {
    if (examples.empty()) return {};
    std::istringstream lines(examples);
    std::string page = title + "\n.nf\n";
    for (std::string line; std::getline(lines, line);) page += roff(line) + "\n";
    return page + ".fi\n";
}

std::string option_item(const described_option& option) {
    std::string page = ".TP\n";
    for (const auto& name : option.names) page += (&name == &option.names.front() ? "" : ", ") + bold(name);
    if (!option.value.empty() && option.names.front().starts_with('-')) page += " " + italic(option.value);
    return page + "\n" + roff(option.help.empty() ? option.name() : option.help) + "\n";
}

std::string usage(const std::string& called, const described_command& command) {
    std::string line = bold(called);
    if (!command.options.empty()) line += " [" + italic("OPTIONS") + "]";
    for (const auto& each : command.arguments) {
        const std::string name = italic(each.names.front()) + (each.many ? "..." : "");
        line += each.required ? " " + name : " [" + name + "]";
    }
    if (!command.commands.empty()) line += " " + italic("COMMAND");
    return line + "\n";
}

bool is_help(const described_option& option) { return option.name() == "--help"; }

/// Arguments, and the options by their groups, each under a title of its own.
std::string all_options(const described_command& command, const std::string& title_macro) {
    std::string page;
    if (!command.arguments.empty()) {
        page += title_macro + " \"" + (title_macro == ".SH" ? "ARGUMENTS" : "Arguments") + "\"\n";
        for (const auto& each : command.arguments) page += option_item(each);
    }
    std::vector<std::string> groups;
    for (const auto& each : command.options)
        if (std::ranges::find(groups, each.group) == groups.end()) groups.push_back(each.group);
    for (const auto& group : groups) {
        std::string items;
        for (const auto& each : command.options)
            if (each.group == group && !is_help(each)) items += option_item(each);
        if (items.empty()) continue;
        const std::string name = group == "Options" ? group : group + " options";
        page += title_macro + " \"" + roff(title_macro == ".SH" ? capitals(name) : name) + "\"\n" + items;
    }
    return page;
}

/// The commands below one, each as a section of its page.
std::string sections_below(const std::string& called, const described_command& command,
                           const std::string& notes_above) {
    std::string page;
    for (const auto& each : command.commands) {
        const std::string name = called + " " + each.name;
        page += ".SH \"" + roff(capitals(name)) + "\"\n" + roff(each.about) + ".\n";
        page += ".PP\n" + usage(name, each);
        if (!each.aliases.empty()) {
            page += ".PP\nAlso called ";
            for (const auto& alias : each.aliases) page += (&alias == &each.aliases.front() ? "" : ", ") + bold(alias);
            page += ".\n";
        }
        page += all_options(each, ".SS");
        if (each.notes != notes_above && !each.notes.empty()) page += ".PP\n" + paragraphs(each.notes);
        if (each.examples != command.examples) page += example_section(".SS Examples", each.examples);
        page += sections_below(name, each, each.notes);
    }
    return page;
}

std::string heading(const std::string& page_name, const std::string& about, const std::string& version) {
    return ".TH \"" + roff(capitals(page_name)) + "\" 1 \"\" \"mote " + roff(version) + "\" \"mote\"\n.SH NAME\n" +
           roff(page_name) + " \\- " + roff(about) + "\n";
}

std::string page_of_command(const described_command& command, const std::string& version) {
    const std::string called = "mote " + command.name;
    std::string page = heading("mote-" + command.name, command.about, version);
    page += ".SH SYNOPSIS\n" + usage(called, command);
    for (const auto& alias : command.aliases) page += ".PP\nAlso called " + bold("mote " + alias) + ".\n";
    page += example_section(".SH EXAMPLES", command.examples);
    page += all_options(command, ".SH");
    if (!command.notes.empty()) page += ".SH DESCRIPTION\n" + paragraphs(command.notes);
    page += sections_below(called, command, command.notes);
    return page + ".SH SEE ALSO\n.BR mote (1)\n";
}

std::string page_of_program(const described_command& program, const std::string& version) {
    std::string page = heading(program.name, program.about, version);
    page += ".SH SYNOPSIS\n" + usage(program.name, program);
    page += example_section(".SH EXAMPLES", program.examples);
    page += ".SH COMMANDS\nEach has a page of its own.\n";
    for (const auto& each : program.commands)
        page += ".TP\n.BR mote\\-" + roff(each.name) + " (1)\n" + roff(each.about) + "\n";
    page += all_options(program, ".SH");
    if (!program.notes.empty()) page += ".SH NOTES\n" + paragraphs(program.notes);
    page += ".SH SEE ALSO\n";
    for (const auto& each : program.commands)
        page += ".BR mote\\-" + roff(each.name) + " (1)" + (&each == &program.commands.back() ? "\n" : ",\n");
    return page;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> manual_pages(const described_command& program,
                                                              const std::string& version) {
    std::vector<std::pair<std::string, std::string>> pages;
    pages.emplace_back(program.name + ".1", page_of_program(program, version));
    for (const auto& each : program.commands)
        pages.emplace_back(program.name + "-" + each.name + ".1", page_of_command(each, version));
    return pages;
}

}  // namespace mote::command
