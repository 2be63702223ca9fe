#pragma once

#include <apps/mote/create/commands.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// What is made of a kind in a language.
struct project_plan {
    std::vector<std::string_view>
        layers{};        ///< LANGUAGE/LAYER/ of the templates; a file of a later one goes over the same of an earlier
    std::string what{};  ///< like `a NATS micro service in C++`
    std::string program{};            ///< path in the project of what is built; empty: nothing is
    std::string before{};             ///< a line of its README, with its end: what `mote dev` does not start; or empty
    std::string request{};            ///< a command that asks it, once it runs
    std::vector<std::string> next{};  ///< three commands from an empty directory to an answer
};

std::string_view name_of(project_kind kind);
std::string_view name_of(project_language language);

/// Throws `failure` (usage) for a kind that a language has not, with the reason. `directory` is what `next` changes to.
project_plan plan_project(const std::string& name, project_kind kind, project_language language,
                          const std::filesystem::path& directory);

/// The text as one word of a shell.
std::string shell_word(std::string_view text);

}  // namespace mote::command
