#pragma once

#include <apps/mote/ask/body_words.hpp>
#include <apps/mote/commands.hpp>

#include <CLI/CLI.hpp>  // only in the files of the command line: it takes long to compile

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

inline constexpr const char* server_group = "Server";

/// What the parser writes to that several commands share, and what a command becomes.
struct choices {
    server_choice server{};
    std::string timeout{};
    std::string color = "auto";
    bool json = false;
    service_choice whom{};
    std::vector<std::string> urls{};
    dead_command dead{};
    std::string metrics_listen{};
    bool yes = false;
    std::vector<std::string> letters{};
    body_words body{};
    /// Set by the commands that put themselves together.
    std::optional<any_command> chosen{};

    color_mode color_of() const noexcept;
    std::optional<std::chrono::nanoseconds> timeout_of() const;
    server_choice server_of() const;  ///< with the time-out
};

// Empty when the text is fine, as CLI11 wants it.
std::string check_timeout(const std::string& text);
std::string check_listen(const std::string& text);
std::string check_url(const std::string& text);
std::string check_name(const std::string& text);
std::string check_header(const std::string& text);

/// `Name: value`, checked before.
std::pair<std::string, std::string> header_of(const std::string& text);
void add_color(CLI::App& app, choices& into);

/// up, demo, node and gateway.
void add_platform_commands(CLI::App& app, choices& into);
/// Those that ask services: req and bench.
void add_ask_commands(CLI::App& app, choices& into);
/// The words of the command line, last one first, as the parser wants them; of `req` and `bench` without the flags that are
/// members of the body, which `into` gets.
std::vector<std::string> without_body_flags(const CLI::App& app, int argc, const char* const* argv, choices& into);
/// Those about data: kv and obj.
void add_data_commands(CLI::App& app, choices& into);
/// dev.
void add_dev_commands(CLI::App& app, choices& into);
/// ping, graph, schema, watch and events.
void add_look_commands(CLI::App& app, choices& into);
/// Those about functions.
void add_function_commands(CLI::App& app, choices& into);
void add_context_commands(CLI::App& app, choices& into);
void add_doctor_commands(CLI::App& app, choices& into);

}  // namespace mote::command
