#pragma once

#include <apps/mote/ask/commands.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mote::command {

/// What a command line says of the body in flags, taken out of it before its parser reads the rest.
struct body_words {
    std::vector<body_flag> flags{};
    std::vector<std::string> own_options{};  ///< long names of all options of the command
    std::vector<std::string> own_given{};    ///< those of them that stood behind the endpoint
};

/// What is known of the words of a command line.
struct known_options {
    std::function<bool(const std::string& word)> is_option{};   ///< `--json`, `--timeout=1s`, `-H`
    std::function<bool(const std::string& word)> takes_next{};  ///< the next word is its value
};

/// Takes what is `--name`, `--name VALUE` or `--name=VALUE`, stands behind SERVICE ENDPOINT (the first two words from `begin` on
/// that are no options) and is no option; with a dot, `--.name`, also what is called like one. A word that begins with a dash
/// is a value only when it is a number. Returns the other words.
std::vector<std::string> take_body_flags(const std::vector<std::string>& words, std::size_t begin,
                                         const known_options& known, body_words& into);

}  // namespace mote::command
