#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/help_texts.hpp>

#include <memory>

namespace mote::command {
namespace {

constexpr const char* dev_notes =
    R"(Builds the project in DIR and runs it; at each save it builds again, starts the new version, and ends the old one when the new
one answers, so that no request fails. When a build fails the old version goes on. A NATS server is started where there is none at the
address that is chosen, if that is on this machine; the program finds it by NATS_URL.
The project is what DIR/mote.json says: name (of the service), build (a list of commands, each a list of words), run (words),
watch, ignore (patterns), env. Without that file: CMakePresets.json, go.mod, package.json, or a *.py.
On a terminal keys do the usual things: h shows which.
Examples:
  mote dev
  mote dev services/orders --functions
  mote dev --build 'make -s' --run ./hello --name hello
Exit codes: 0 ended by Ctrl-C, SIGTERM or q, 2 it is not clear how to build or to run, 3 the server that was named cannot be reached.
)";

std::string check_service_name(const std::string& text) {
    constexpr const char* allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return text.find_first_not_of(allowed) == std::string::npos ? "" : "only letters, digits, - and _: " + text;
}

}  // namespace

void add_dev_commands(CLI::App& app, choices& into) {
    CLI::App& dev = *app.add_subcommand("dev", "Build and run a project, and again at each save, beside a NATS server");
    const auto read = std::make_shared<dev_command>();
    dev.add_option("DIR", read->directory, "The project's directory")->capture_default_str();
    dev.add_option("--build", read->build, "How to build it, for a shell; may be repeated")
        ->type_name("CMD")
        ->allow_extra_args(false);
    dev.add_option("--run", read->program, "How to run it, for a shell")->type_name("CMD");
    dev.add_option("--name", read->name, "Name of its service")->check(CLI::Validator(check_service_name, ""));
    dev.add_option("--dir", read->data, "Where the data of a server that is started is; else as `mote up`");
    dev.add_flag("--functions", read->functions, "Deploy stack.yml, too, with a node and a gateway");
    add_color(dev, into);
    dev.fallthrough();
    dev.footer(dev_notes + std::string(server_notes));
    dev.callback([read, &into] {
        read->server = into.server_of();
        read->color = into.color_of();
        into.chosen = *read;
    });
}

}  // namespace mote::command
