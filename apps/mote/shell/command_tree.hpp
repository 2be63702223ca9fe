#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// One option or argument of a command, as a person reads about it.
struct described_option {
    std::vector<std::string> names{};  ///< `-j`, `--json`; of an argument its one name, such as `SERVICE`
    std::string help{};
    std::string value{};                 ///< what it takes: `FILE`, `DURATION`, `auto|never`; empty: nothing
    std::vector<std::string> choices{};  ///< all values that it takes, where it says so
    std::string group{};
    bool required = false;
    bool many = false;  ///< takes all words that follow, or may be repeated

    /// The long name where there is one.
    const std::string& name() const;
};

/// One command with all that is below it: what help, manual pages and completion are made of, so that none of them can tell of
/// what is not there. Made by `describe`.
struct described_command {
    std::string name{};
    std::vector<std::string> aliases{};
    std::string about{};
    std::string examples{};  ///< lines, each with two spaces before it
    std::string notes{};     ///< what else `--help` says
    std::vector<described_option> options{};
    std::vector<described_option> arguments{};
    std::vector<described_command> commands{};

    bool is_called(std::string_view word) const;
};

/// Where the words of a command line have come to, and what the next one may be.
struct place_in_line {
    std::vector<const described_command*> path{};             ///< the program first; never empty
    std::vector<std::string> arguments{};                     ///< of the innermost command, so far
    std::vector<std::pair<std::string, std::string>> said{};  ///< options with their values, by their long names
    const described_option* awaits_value = nullptr;           ///< the next word is the value of this one
    bool only_arguments = false;                              ///< behind `--`
    std::string unknown{};  ///< the first word that is no option or command; empty: none

    const described_command& innermost() const { return *path.back(); }
    /// The option of that name, of the innermost command or of one around it.
    const described_option* find_option(std::string_view name) const;
    /// The argument that the next word would be; nothing when there is none left.
    const described_option* next_argument() const;
};

/// Reads the words behind the program's name, as far as they go.
place_in_line follow(const described_command& program, const std::vector<std::string>& words);

/// What somebody may have meant who wrote these words, of which one is no option or no command: `no command "lss"; did you mean ls?`.
/// Empty when it is not that.
std::string explain_unknown_word(const described_command& program, const std::vector<std::string>& words);

}  // namespace mote::command
