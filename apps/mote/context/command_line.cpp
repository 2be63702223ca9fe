// mote context

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/context/commands.hpp>

#include <memory>
#include <string>

namespace mote::command {
namespace {

constexpr const char* context_notes =
    R"(Contexts are those of the `nats` command, in its own files below $XDG_CONFIG_HOME/nats (else ~/.config/nats): only
`select` writes, the name of the selected one. Passwords, tokens, seeds and JWTs are not shown.
A server is chosen by -s, else NATS_URL, else the context; `test` looks at the context alone.
Exit codes: 2 there is no such context, or it has a mistake, which is named with its file and field; 3 no server there;
4 it refused the login.
Examples:
  mote context ls
  mote context select staging
  mote context select -
  mote context test staging && mote ls --context staging)";

/// `test` asks the server of the context, and all others ask none.
void refuse_other_servers(const CLI::App& command) {
    for (const CLI::Option* const option : command.get_parent()->get_parent()->get_options())
        if (option->get_group() == server_group && option->count() != 0 && option->get_name() != "--timeout")
            throw CLI::ValidationError(option->get_name(), "a context says itself which server it means");
}

}  // namespace

void add_context_commands(CLI::App& app, choices& into) {
    CLI::App& context = *app.add_subcommand("context", "List, choose, show and test NATS contexts");
    context.fallthrough();
    context.require_subcommand(1);
    context.footer(context_notes);
    struct action {
        const char* name;
        const char* does;
        context_action what;
    };
    for (const action& each : {action{"ls", "List them", context_action::list},
                               action{"select", "Choose the one that commands use", context_action::select},
                               action{"show", "Show what is in one, without its secrets", context_action::show},
                               action{"test", "Connect to the server of one", context_action::test}}) {
        const auto read = std::make_shared<context_command>();
        read->action = each.what;
        CLI::App& command = *context.add_subcommand(each.name, each.does);
        command.fallthrough();
        if (each.what == context_action::list) command.alias("list");
        if (each.what == context_action::show) command.alias("info");
        if (each.what == context_action::select)
            command.add_option("CONTEXT", read->name, "Its name; `-`: the one that was selected before");
        if (each.what == context_action::show || each.what == context_action::test)
            command.add_option("CONTEXT", read->name, "Its name, or a path that ends in .json; else the selected one");
        if (each.what != context_action::select) {
            command.add_flag("-j,--json", read->json, "Print JSON");
            add_color(command, into);
        }
        command.callback([read, &command, &into] {
            refuse_other_servers(command);
            read->server.timeout = into.timeout_of();
            read->color = into.color_of();
            into.chosen = *read;
        });
    }
}

}  // namespace mote::command
