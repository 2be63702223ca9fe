// mote doctor

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/doctor/commands.hpp>

#include <memory>

namespace mote::command {
namespace {

constexpr const char* doctor_notes =
    R"(Looks at this machine (nats-server, ports, sandbox, control groups, open files, disk, terminal, clock) and at the server that
commands ask (version, JetStream, permissions, clock). Changes nothing, and takes at most 5 seconds. Each finding that is not ok
comes with what mends it.
Exit codes: 0 nothing failed (there may be warnings), 1 something failed; but 3 or 4 when nothing else did than that the server is
away or refused the login.
Examples:
  mote doctor
  mote doctor --context production
  mote doctor --json | jq '.findings[] | select(.severity != "ok")')";

}  // namespace

void add_doctor_commands(CLI::App& app, choices& into) {
    CLI::App& doctor = *app.add_subcommand("doctor", "Say what is missing, away or forbidden here, and what mends it");
    const auto read = std::make_shared<doctor_command>();
    doctor.fallthrough();
    doctor.add_flag("-j,--json", read->json, "Print a JSON object");
    add_color(doctor, into);
    doctor.footer(doctor_notes);
    doctor.callback([read, &into] {
        read->server = into.server_of();
        read->color = into.color_of();
        into.chosen = *read;
    });
}

}  // namespace mote::command
