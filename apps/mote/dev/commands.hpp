#pragma once

#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

#include <string>
#include <vector>

namespace mote::command {

/// `mote dev`: a project that is built and run, and again at each save, beside a NATS server.
struct dev_command {
    server_choice server{};
    std::string directory = ".";       ///< of the project
    std::vector<std::string> build{};  ///< commands of a shell; empty: what the project says
    std::string program{};             ///< the same, that runs it
    std::string name{};                ///< of the service; empty: what the project says
    std::string data{};                ///< of a NATS server that is started; empty: the usual directory
    bool functions = false;            ///< those of stack.yml, with a node and a gateway
    color_mode color = color_mode::automatic;
};

/// Ends with `ok` by Ctrl-C, SIGTERM or the key q.
exit_code run(const dev_command& chosen);

}  // namespace mote::command
