// The command `mote`: reads what is asked, and has it done.

#include <apps/mote/command_line.hpp>
#include <apps/mote/output.hpp>

#include <csignal>
#include <variant>

int main(int argc, char** argv) {
    using mote::command::exit_code;
    mote::command::keep_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of the write, not the end
    exit_code code = exit_code::ok;
    const auto chosen = mote::command::parse_command_line(argc, argv, code);
    if (chosen) code = std::visit([](const auto& command) { return mote::command::run(command); }, *chosen);
    return static_cast<int>(code);
}
