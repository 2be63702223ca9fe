// The command `mote`: reads what is asked, and has it done.

#include <apps/mote/command_line.hpp>
#include <apps/mote/dev/guard.hpp>
#include <apps/mote/http_echo.hpp>
#include <apps/mote/output.hpp>

#include <mote/node/guard.hpp>
#include <mote/process/spawner.hpp>

#include <csignal>
#include <optional>
#include <string_view>
#include <variant>

namespace {

/// What nodes and `mote dev` start and nobody else, before anything of a command is set up: an exit code, or nothing for
/// another word.
std::optional<int> run_for_others(int argc, char** argv) {
    if (argc > 2 && argv[1] == std::string_view("guard")) return mote::command::run_guard(argv + 2);
    if (argc == 3 && argv[1] == std::string_view("node-guard")) return mote::node::run_guard(argv[2]);
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "spawn-server") return mote::process::run_spawn_server(0);
    if (word == "http-echo") return mote::command::run_http_echo();
    return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
    using mote::command::exit_code;
    if (const auto ended = run_for_others(argc, argv)) return *ended;
    mote::command::keep_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of the write, not the end
    exit_code code = exit_code::ok;
    const auto chosen = mote::command::parse_command_line(argc, argv, code);
    if (chosen) code = std::visit([](const auto& command) { return mote::command::run(command); }, *chosen);
    return static_cast<int>(code);
}
