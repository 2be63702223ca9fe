// mote completion, and what shells and the build ask for

#include <apps/mote/shell/command_line.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/shell/commands.hpp>
#include <apps/mote/shell/completion.hpp>
#include <apps/mote/shell/describe.hpp>
#include <apps/mote/shell/live_words.hpp>
#include <apps/mote/shell/manual.hpp>

#include <filesystem>
#include <fstream>

namespace mote::command {
namespace {

constexpr const char* completion_notes =
    R"(The script asks `mote` at each press of the key, so it knows all commands and options of the `mote` that is installed, and the
services, endpoints, functions and contexts that are there now. A server that does not answer within 300 ms is none.
Packages install these scripts where the shells look for them.
Examples:
  source <(mote completion bash)
  mote completion bash > ~/.local/share/bash-completion/completions/mote
  mote completion zsh > ~/.zfunc/_mote
  mote completion fish > ~/.config/fish/completions/mote.fish)";

/// Lets the options of the server write to where they write when a line is whole.
void read_server_options(CLI::App& app, const place_in_line& at) {
    for (const auto& [name, value] : at.said) {
        CLI::Option* const option = app.get_option_no_throw(name);
        if (option == nullptr || option->get_group() != server_group) continue;
        option->add_result(value.empty() ? "true" : value);
        option->run_callback();
    }
}

std::string said_of(const place_in_line& at, std::string_view name) {
    std::string value;
    for (const auto& each : at.said)
        if (each.first == name) value = each.second;
    return value;
}

/// Whatever goes wrong, a shell only wants words.
exit_code complete_line(CLI::App& app, choices& read, const std::vector<std::string>& words) {
    try {
        const auto program = describe(app);
        const auto found = complete(program, words, [&](word_kind kind, const place_in_line& at) {
            read_server_options(app, at);
            return live_words(kind, at,
                              {read.server.overrides, said_of(at, "--gateway"), said_of(at, "--credentials")});
        });
        write_out(completion_lines(found));
    } catch (const std::exception&) {
        return exit_code::ok;
    }
    return exit_code::ok;
}

exit_code write_manual(const CLI::App& app, const std::filesystem::path& folder, const std::string& version) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    for (const auto& [name, page] : manual_pages(describe(app), version)) {
        std::ofstream file(folder / name, std::ios::binary);
        if (file << page << std::flush) continue;
        say((folder / name).string() + ": cannot be written; name another directory");
        return exit_code::error;
    }
    return exit_code::ok;
}

/// The words that call each command, a line each.
std::string lines_of_commands(const described_command& command, const std::string& called) {
    std::string text;
    for (const auto& each : command.commands)
        text += called + each.name + "\n" + lines_of_commands(each, called + each.name + " ");
    return text;
}

}  // namespace

void add_shell_commands(CLI::App& app, choices& into) {
    CLI::App& completion =
        *app.add_subcommand("completion", "Print the script that makes a shell complete words of `mote`");
    const auto shell = std::make_shared<std::string>();
    completion.add_option("SHELL", *shell, "Which shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion.footer(completion_notes);
    completion.callback([shell, &into] {
        completion_command command;
        if (*shell == "zsh") command.shell = shell_kind::zsh;
        if (*shell == "fish") command.shell = shell_kind::fish;
        into.chosen = command;
    });
}

std::optional<exit_code> run_hidden(CLI::App& app, choices& read, const std::vector<std::string>& words,
                                    const std::string& version) {
    if (words.empty()) return std::nullopt;
    if (words.front() == "__complete") return complete_line(app, read, {words.begin() + 1, words.end()});
    if (words.front() == "__commands") {
        write_out(lines_of_commands(describe(app), ""));
        return exit_code::ok;
    }
    if (words.front() == "__man" && words.size() == 2) return write_manual(app, words[1], version);
    return std::nullopt;
}

std::string explain_wrong_use(const CLI::App& app, const CLI::ParseError& error,
                              const std::vector<std::string>& words) {
    const bool is_unknown = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                            error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
    const std::string near = is_unknown ? explain_unknown_word(describe(app), words) : std::string();
    return near.empty() ? error.what() : near;
}

}  // namespace mote::command
