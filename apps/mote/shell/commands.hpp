#pragma once

#include <apps/mote/exit_code.hpp>

namespace mote::command {

enum class shell_kind { bash, zsh, fish };

/// `mote completion`: prints what makes a shell complete the words of `mote`.
struct completion_command {
    shell_kind shell = shell_kind::bash;
};

exit_code run(const completion_command& chosen);

}  // namespace mote::command
