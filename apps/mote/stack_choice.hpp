#pragma once

#include <apps/mote/stack_file.hpp>

#include <string>
#include <vector>

namespace mote::command {

/// Which functions of a stack file are meant, as faas-cli's options say it. At most one of them; none: all.
struct stack_choice {
    std::vector<std::string> names{};
    std::string filter{};  ///< a pattern of names with `*`, `?` and `[a-z]`
    std::string regex{};   ///< of ECMAScript; it need not match the whole name; `is_regex`
};

bool is_regex(const std::string& text);

/// Those, in the order of the names, else of the file. Throws `failure` for a name that the stack has not, and when nothing
/// matches.
std::vector<stack_function> chosen_of(const stack& all, const stack_choice& choice);

}  // namespace mote::command
