// The commands about functions.

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/function_help.hpp>
#include <apps/mote/help_texts.hpp>

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/nats/duration.hpp>

#include <memory>
#include <string>

namespace mote::command {
namespace {

std::string check_pair(const std::string& text) {
    const auto equals = text.find('=');
    return equals == std::string::npos || equals == 0 ? "not NAME=VALUE: " + text : std::string();
}

std::string check_expression(const std::string& text) {
    return !text.empty() && is_regex(text) ? std::string() : "no regular expression: " + text;
}

std::pair<std::string, std::string> pair_of(const std::string& text) {
    const auto equals = text.find('=');
    return {text.substr(0, equals), text.substr(equals + 1)};
}

functions::text_map map_of(const std::vector<std::string>& texts) {
    functions::text_map map;
    for (const std::string& each : texts) map.insert_or_assign(pair_of(each).first, pair_of(each).second);
    return map;
}

/// `5m` is five minutes ago.
std::string time_of(const std::string& text) {
    if (text.empty()) return {};
    std::chrono::system_clock::time_point time;
    if (const auto ago = nats::parse_duration(text)) {
        time = std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(*ago);
        const std::string quoted = json::encode(time);
        return quoted.substr(1, quoted.size() - 2);
    }
    return text;
}

std::string check_since(const std::string& text) {
    if (nats::parse_duration(text)) return {};
    try {
        (void)json::decode<std::chrono::system_clock::time_point>('"' + text + '"');
        return {};
    } catch (const json::decode_error&) {
        return "neither a duration such as 5m nor a time such as 2026-01-31T12:00:00Z: " + text;
    }
}

void add_gateway_options(CLI::App& app, gateway_choice& into,
                         const char* help = "Its address; else OPENFAAS_URL, else http://127.0.0.1:8080") {
    app.fallthrough();
    app.add_option("--gateway", into.url, help);
    app.add_option("--credentials", into.credentials,
                   "Directory with its login; else the place where `mote up` keeps it");
    app.footer(gateway_client_notes);
}

void add_space(CLI::App& app, std::string& into) {
    app.add_option("-n,--namespace", into, "The namespace; else openfaas-fn")->check(CLI::Validator(check_name, ""));
}

void add_own_name(CLI::App& app, function_command& into, const char* what) {
    app.add_option("NAME", into.name, what)->required()->check(CLI::Validator(check_name, ""));
}

void add_function_name(CLI::App& app, function_command& into) {
    add_own_name(app, into, "The function");
    add_space(app, into.space);
}

/// A repeated option of one text each.
void add_list(CLI::App& app, const char* names, std::vector<std::string>& into, const char* help,
              const CLI::Validator& check) {
    app.add_option(names, into, help)->check(check)->allow_extra_args(false);
}

/// A command whose struct is complete when its options are read.
template <class Command>
CLI::App& add_command(CLI::App& app, choices& into, const char* name, const char* does,
                      const std::shared_ptr<Command>& read) {
    CLI::App& command = *app.add_subcommand(name, does);
    add_gateway_options(command, read->gateway);
    command.callback([read, &into] {
        read->gateway.timeout = into.timeout_of();
        into.chosen = *read;
    });
    return command;
}

void add_list_and_changes(CLI::App& app, choices& into) {
    const auto listed = std::make_shared<functions_command>();
    CLI::App& functions = *app.add_subcommand("functions", "List the functions");
    add_gateway_options(functions, listed->gateway);
    functions.add_option("-n,--namespace", listed->space, "Only of this namespace")
        ->check(CLI::Validator(check_name, ""));
    functions.add_flag("-j,--json", listed->json, "Print a JSON array, as the gateway has it");
    add_color(functions, into);
    functions.footer(functions_notes + std::string(gateway_client_notes));
    functions.callback([listed, &into] {
        listed->gateway.timeout = into.timeout_of();
        listed->color = into.color_of();
        into.chosen = *listed;
    });

    const auto removed = std::make_shared<remove_command>();
    CLI::App& remove = add_command(app, into, "remove", "Remove a function", removed);
    remove.alias("rm");
    remove.footer(remove_notes + std::string(gateway_client_notes));
    add_function_name(remove, *removed);

    const auto scaled = std::make_shared<scale_command>();
    CLI::App& scale = add_command(app, into, "scale", "Say how many processes a function has", scaled);
    add_function_name(scale, *scaled);
    scale.footer(scale_notes + std::string(gateway_client_notes));
    scale.add_option("REPLICAS", scaled->replicas, "How many; 0: none until it is asked")
        ->required()
        ->check(CLI::Range(0, 100'000));
}

/// The options of `deploy` as they are written.
struct deploy_words {
    deploy_command command{};
    std::vector<std::string> names{};
    std::string process{};
    std::vector<std::string> variables{}, secrets{}, labels{}, annotations{}, constraints{};
    std::string memory_limit{}, cpu_limit{}, memory_request{}, cpu_request{};
    bool read_only = false;
};

/// Nothing where neither is said.
std::optional<functions::resource_texts> resources_of(const std::string& memory, const std::string& cpu) {
    if (memory.empty() && cpu.empty()) return std::nullopt;
    functions::resource_texts said;
    if (!memory.empty()) said.memory = memory;
    if (!cpu.empty()) said.cpu = cpu;
    return said;
}

deploy_command command_of(const deploy_words& read, const CLI::App& parsed, const choices& all) {
    deploy_command command = read.command;
    command.server = all.server_of();
    command.gateway.timeout = all.timeout_of();
    if (!command.file.empty()) {
        for (const char* const other :
             {"--image", "--fprocess", "--env", "--secret", "--label", "--annotation", "--constraint", "--readonly",
              "--namespace", "--memory-limit", "--cpu-limit", "--memory-request", "--cpu-request"})
            if (parsed.count(other) != 0)
                throw CLI::ValidationError(other, "is for a single function; with -f the file says it");
        command.only.names = read.names;
        const bool has_names = !read.names.empty();
        if (has_names && parsed.count("--filter") + parsed.count("--regex") != 0)
            throw CLI::ValidationError("NAME", "cannot be said with --filter or --regex");
        return command;
    }
    for (const char* const of_file : {"--filter", "--regex"})
        if (parsed.count(of_file) != 0) throw CLI::ValidationError(of_file, "is for a stack file: -f stack.yml");
    if (command.watch) throw CLI::ValidationError("--watch", "needs a stack file with handlers: -f stack.yml");
    if (read.names.size() != 1) throw CLI::ValidationError("NAME", "name one function, or a stack file with -f");
    auto& wanted = command.wanted;
    if (wanted.image.empty()) throw CLI::ValidationError("--image", "is required, or a stack file with -f");
    wanted.service = read.names.front();
    if (!command.space.empty()) wanted.space = command.space;
    if (!read.process.empty()) wanted.process = read.process;
    if (!read.variables.empty()) wanted.variables = map_of(read.variables);
    if (!read.secrets.empty()) wanted.secrets = read.secrets;
    if (!read.labels.empty()) wanted.labels = map_of(read.labels);
    if (!read.annotations.empty()) wanted.annotations = map_of(read.annotations);
    if (!read.constraints.empty()) wanted.constraints = read.constraints;
    if (read.read_only) wanted.read_only = true;
    wanted.limits = resources_of(read.memory_limit, read.cpu_limit);
    wanted.requests = resources_of(read.memory_request, read.cpu_request);
    return command;
}

void add_deploy(CLI::App& app, choices& into) {
    CLI::App& deploy = *app.add_subcommand("deploy", "Deploy a function, or those of a stack file");
    const auto read = std::make_shared<deploy_words>();
    auto& command = read->command;
    const CLI::Validator pair(check_pair, "NAME=VALUE");
    const CLI::Validator name(check_name, "");
    add_gateway_options(deploy, command.gateway,
                        "Its address; else with -f provider.gateway of the file, unless that is the usual one; else "
                        "OPENFAAS_URL, else http://127.0.0.1:8080");
    add_space(deploy, command.space);
    deploy.add_option("NAME", read->names, "The function; with -f: only these of the file");
    deploy.add_option("-f,--yaml", command.file, "A stack file, as faas-cli has it")->type_name("FILE");
    deploy.add_flag("-w,--watch", command.watch,
                    "With -f: push and deploy again what has changed when it or a file of a handler does");
    CLI::Option* const filter =
        deploy.add_option("--filter", command.only.filter, "With -f: only what matches, such as 'web-*'")->check(name);
    deploy.add_option("--regex", command.only.regex, "With -f: only what this regular expression finds in")
        ->excludes(filter)
        ->check(CLI::Validator(check_expression, ""));
    deploy.add_option("--image", command.wanted.image, "A bundle by its name, or functions/alpine");
    deploy.add_option("--fprocess", read->process, "The command that it runs");
    add_list(deploy, "-e,--env", read->variables, "A variable; may be repeated", pair);
    add_list(deploy, "--secret", read->secrets, "The name of a secret that it may read; may be repeated", name);
    add_list(deploy, "-l,--label", read->labels, "A label; may be repeated", pair);
    add_list(deploy, "--annotation", read->annotations, "An annotation; may be repeated", pair);
    add_list(deploy, "--constraint", read->constraints,
             "What its nodes are, NAME==VALUE or NAME!=VALUE; may be repeated", name);
    deploy.add_option("--memory-limit", read->memory_limit, "The memory of each of its processes, such as 40Mi");
    deploy.add_option("--cpu-limit", read->cpu_limit, "What each may have of a core, such as 100m");
    deploy.add_option("--memory-request", read->memory_request, "What it needs: only kept, to be seen again");
    deploy.add_option("--cpu-request", read->cpu_request, "The same of a core");
    deploy.add_flag("--readonly", read->read_only, "It can write to /tmp and /dev/shm only, which are memory");
    deploy.footer(deploy_notes);
    deploy.callback([read, &deploy, &into] { into.chosen = command_of(*read, deploy, into); });
}

void add_invoke(CLI::App& app, choices& into) {
    CLI::App& invoke = *app.add_subcommand("invoke", "Call a function and print the answer");
    struct words {
        invoke_command command{};
        std::string data{};
        std::vector<std::string> headers{}, query{};
    };
    const auto read = std::make_shared<words>();
    auto& command = read->command;
    add_gateway_options(invoke, command.gateway);
    add_function_name(invoke, command);
    invoke.add_option("DATA", read->data, "What to send, `-` for standard input; else what is piped in");
    invoke.add_flag("-a,--async", command.later, "Queue it, and print the id of the call");
    invoke.add_flag("--auth", command.with_login, "Send the login, too: for a gateway with --auth-functions");
    invoke.add_option("-m,--method", command.method, "The method of HTTP")->capture_default_str();
    invoke.add_option("--path", command.path, "Below the function");
    add_list(invoke, "-H,--header", read->headers, "A header, Name:value; may be repeated",
             CLI::Validator(check_header, "NAME:VALUE"));
    add_list(invoke, "--query", read->query, "A value of the query; may be repeated",
             CLI::Validator(check_pair, "NAME=VALUE"));
    invoke.footer(invoke_notes);
    invoke.callback([read, &invoke, &into] {
        auto& chosen = read->command;
        chosen.gateway.timeout = into.timeout_of();
        if (invoke.count("DATA") != 0) chosen.data = read->data;
        for (const std::string& each : read->headers) chosen.headers.push_back(header_of(each));
        for (const std::string& each : read->query) chosen.query.push_back(pair_of(each));
        into.chosen = chosen;
    });
}

void add_logs(CLI::App& app, choices& into) {
    CLI::App& logs = *app.add_subcommand("logs", "Print what a function wrote");
    const auto read = std::make_shared<logs_command>();
    add_gateway_options(logs, read->gateway);
    add_function_name(logs, *read);
    logs.add_flag("-f,--follow", read->follow, "Go on with what it writes, until interrupted");
    logs.add_option("--tail", read->tail, "Only so many of the last lines")->check(CLI::Range(1, 1'000'000));
    logs.add_option("--since", read->since, "Only from then on: 5m ago, or a time")
        ->check(CLI::Validator(check_since, "DURATION|TIME"));
    logs.add_flag("-j,--json", read->json, "Print each line as JSON, as the gateway has it");
    logs.footer(logs_notes + std::string(gateway_client_notes));
    logs.callback([read, &into] {
        read->gateway.timeout = into.timeout_of();
        read->since = time_of(read->since);
        into.chosen = *read;
    });
}

void add_namespace(CLI::App& app, choices& into) {
    CLI::App& space = *app.add_subcommand("namespace", "Make and remove namespaces of functions and secrets");
    space.fallthrough();
    space.require_subcommand(1);
    space.footer(namespace_notes + std::string(gateway_client_notes));
    struct action {
        const char* name;
        const char* does;
        namespace_action what;
    };
    for (const action& each : {action{"ls", "List their names", namespace_action::list},
                               action{"create", "Make a new one", namespace_action::create},
                               action{"remove", "Remove an empty one", namespace_action::remove}}) {
        const auto read = std::make_shared<namespace_command>();
        read->action = each.what;
        CLI::App& command = add_command(space, into, each.name, each.does, read);
        command.footer(namespace_notes + std::string(gateway_client_notes));
        if (each.what == namespace_action::list) command.alias("list");
        if (each.what == namespace_action::remove) command.alias("rm");
        if (each.what != namespace_action::list) add_own_name(command, *read, "The namespace");
    }
}

void add_secret(CLI::App& app, choices& into) {
    CLI::App& secret = *app.add_subcommand("secret", "Keep what functions may read and nobody sees again");
    secret.fallthrough();
    secret.require_subcommand(1);
    secret.footer(secret_notes);
    struct action {
        const char* name;
        const char* does;
        secret_action what;
    };
    for (const action& each : {action{"ls", "List their names", secret_action::list},
                               action{"create", "Keep a new one", secret_action::create},
                               action{"update", "Change the value of one", secret_action::update},
                               action{"remove", "Remove one", secret_action::remove}}) {
        const auto read = std::make_shared<secret_command>();
        read->action = each.what;
        CLI::App& command = add_command(secret, into, each.name, each.does, read);
        command.footer(secret_notes);
        if (each.what == secret_action::list) command.alias("list");
        if (each.what == secret_action::remove) command.alias("rm");
        if (each.what != secret_action::list) add_own_name(command, *read, "The secret");
        add_space(command, read->space);
        if (each.what != secret_action::create && each.what != secret_action::update) continue;
        command.add_option("--from-file", read->file, "A file with the value; else standard input")->type_name("FILE");
        command.add_flag("!--no-trim", read->trim, "Keep the white space around it");
    }
}

void add_bundle(CLI::App& app, choices& into) {
    CLI::App& bundle = *app.add_subcommand("bundle", "Push what functions run, by NATS");
    bundle.fallthrough();
    bundle.require_subcommand(1);
    bundle.footer(bundle_notes + std::string(server_notes));
    const auto add = [&](const char* name, const char* does, bundle_action action) -> std::shared_ptr<bundle_command> {
        const auto read = std::make_shared<bundle_command>();
        read->action = action;
        CLI::App& command = *bundle.add_subcommand(name, does);
        command.fallthrough();
        command.footer(bundle_notes + std::string(server_notes));
        command.callback([read, &into] {
            read->server = into.server_of();
            read->color = into.color_of();
            into.chosen = *read;
        });
        return read;
    };
    const auto listed = add("ls", "List them", bundle_action::list);
    CLI::App& ls = *bundle.get_subcommand("ls");
    ls.alias("list");
    ls.add_flag("-j,--json", listed->json, "Print a JSON array");
    add_color(ls, into);
    const auto pushed =
        add("push", "Keep a directory under a name, for all nodes; prints its digest", bundle_action::push);
    CLI::App& push = *bundle.get_subcommand("push");
    push.add_option("NAME", pushed->name, "As `--image` of `mote deploy` names it")->required();
    push.add_option("DIRECTORY", pushed->directory, "Or a tar or tar.gz file")->required();
}

void add_call(CLI::App& app, choices& into) {
    CLI::App& call = *app.add_subcommand("call", "Show what became of an asynchronous call");
    const auto read = std::make_shared<call_command>();
    add_gateway_options(call, read->gateway);
    call.add_option("CALL-ID", read->id, "As `mote invoke --async` printed it")
        ->required()
        ->check(CLI::Validator(check_name, ""));
    call.footer(call_notes + std::string(gateway_client_notes));
    call.add_flag("--cancel", read->cancel, "Cancel it");
    call.add_flag("-j,--json", read->json, "Print JSON, as the gateway has it");
    add_color(call, into);
    call.callback([read, &into] {
        read->gateway.timeout = into.timeout_of();
        read->color = into.color_of();
        into.chosen = *read;
    });
}

}  // namespace

void add_function_commands(CLI::App& app, choices& into) {
    add_list_and_changes(app, into);
    add_deploy(app, into);
    add_invoke(app, into);
    add_logs(app, into);
    add_namespace(app, into);
    add_secret(app, into);
    add_bundle(app, into);
    add_call(app, into);
}

}  // namespace mote::command
