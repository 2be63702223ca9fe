#pragma once

#include <apps/mote/shell/command_tree.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What a word may be that only a server, a gateway or a file knows.
enum class word_kind {
    service,
    instance,            // the id of one, of the service before it
    endpoint,            // of the service before it
    service_or_subject,  // of a request
    function,
    context,
    file,
    directory,
};

/// A word that may come next, and what it is.
struct candidate {
    std::string word{};
    std::string about{};
};

/// Who knows the words of a kind. The place tells which server is meant, and which service came before. Throws nothing.
using word_source = std::function<std::vector<candidate>(word_kind, const place_in_line&)>;

/// What may stand where the last of `words` is being written, which are those behind the program's name. Only what begins as that
/// word does.
struct completion {
    std::vector<candidate> candidates{};
    bool files = false;        ///< or a file of this machine
    bool directories = false;  ///< or a directory
};
completion complete(const described_command& program, const std::vector<std::string>& words, const word_source& source);

/// What kind of word an argument is; nothing for one that only its writer knows. By the name of the argument (SERVICE, ENDPOINT,
/// FUNCTION, CONTEXT, FILE, DIRECTORY), and for those called NAME by the command.
std::optional<word_kind> kind_of_argument(const place_in_line& at, const described_option& argument);

/// For the shells: a line for each candidate, the word, a tab, and what it is; then `:files` or `:directories`. Words that a shell
/// would have to quote are left out, since some come from the network.
std::string completion_lines(const completion& found);

}  // namespace mote::command
