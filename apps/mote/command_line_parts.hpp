#pragma once

#include <apps/mote/commands.hpp>

#include <CLI/CLI.hpp>  // only in the three files of the command line: it takes long to compile

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
    req_command req{};
    dead_command dead{};
    std::string metrics_listen{};
    bool yes = false;
    std::vector<std::string> letters{};
    std::string second{}, third{};
    std::vector<std::string> headers{};
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
/// ping, graph, schema, watch and events.
void add_look_commands(CLI::App& app, choices& into);
/// Those about functions.
void add_function_commands(CLI::App& app, choices& into);

}  // namespace mote::command
