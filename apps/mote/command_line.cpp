#include <apps/mote/command_line.hpp>

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/create/command_line.hpp>
#include <apps/mote/help_texts.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/shell/command_line.hpp>
#include <apps/mote/shell/describe.hpp>

#include <mote/nats/duration.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>

namespace mote::command {
namespace {

void add_server_options(CLI::App& app, choices& into) {
    auto& overrides = into.server.overrides;
    app.add_option("-s,--server", overrides.server, "NATS server, or several divided by commas")->group(server_group);
    app.add_option("--user", overrides.user, "User; without a password it is a token")->group(server_group);
    app.add_option("--password", overrides.password, "Password")->group(server_group);
    app.add_option("--token", overrides.token, "Token")->group(server_group);
    app.add_option("--creds", overrides.creds, "Credentials file")->type_name("FILE")->group(server_group);
    app.add_option("--nkey", overrides.nkey, "File with the seed of an NKey")->type_name("FILE")->group(server_group);
    app.add_option("--jwt", overrides.user_jwt, "JWT of a user, or env://NAME")->group(server_group);
    app.add_option("--seed", overrides.user_seed, "Its seed, or env://NAME")->group(server_group);
    app.add_option("--tlscert", overrides.tls_certificate, "Own certificate")->type_name("FILE")->group(server_group);
    app.add_option("--tlskey", overrides.tls_key, "Its key")->type_name("FILE")->group(server_group);
    app.add_option("--tlsca", overrides.tls_ca, "Authorities to trust")->type_name("FILE")->group(server_group);
    app.add_flag("--tlsfirst,--tls-first", overrides.tls_first, "TLS before the server says a word")
        ->group(server_group);
    app.add_option("--socks-proxy", overrides.socks_proxy, "SOCKS5 proxy, socks5://[user:password@]host[:port]")
        ->type_name("URL")
        ->group(server_group);
    app.add_option("--context", overrides.context, "NATS context, or a path that ends in .json")->group(server_group);
    app.add_flag("--no-context", overrides.no_context, "Ignore the selected NATS context")->group(server_group);
    app.add_option("--inbox-prefix", overrides.inbox_prefix, "Prefix of the subjects of replies")->group(server_group);
    app.add_option("--js-domain", overrides.jetstream_domain, "JetStream domain")
        ->type_name("DOMAIN")
        ->group(server_group);
    app.add_option("--js-api-prefix", overrides.jetstream_api_prefix, "Prefix of JetStream's API, for imports")
        ->type_name("PREFIX")
        ->group(server_group);
    app.add_option("--connection-name", overrides.connection_name, "What the server's monitoring calls this connection")
        ->type_name("NAME")
        ->group(server_group);
    app.add_option("--timeout", into.timeout, "How long to wait for an answer: 5s, else NATS_TIMEOUT")
        ->check(CLI::Validator(check_timeout, "DURATION"))
        ->group(server_group);
}

void add_service_options(CLI::App& app, choices& into) {
    app.fallthrough();
    app.add_flag("-j,--json", into.json, "Print a JSON array, with the names of ADR-32");
    add_color(app, into);
}

std::uint64_t sequence_of(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number == 0)
        throw CLI::ValidationError("SEQ", "not a number of a letter: " + text);
    return number;
}

CLI::App& add_dead_action(CLI::App& dead, choices& into, const char* name, const char* does) {
    CLI::App& action = *dead.add_subcommand(name, does);
    action.fallthrough();
    action.add_flag("-j,--json", into.json, "Print JSON");
    action.footer(dead_notes + std::string("\n") + server_notes);
    return action;
}

void add_dead(CLI::App& app, choices& into) {
    CLI::App& dead = *app.add_subcommand("dead", "Look at the dead letters of work endpoints, retry or drop them");
    dead.fallthrough();
    dead.require_subcommand(1);
    dead.footer(dead_notes + std::string("\n") + server_notes);
    CLI::App& ls = add_dead_action(dead, into, "ls", "List them, oldest first");
    ls.alias("list");
    ls.add_option("SERVICE", into.dead.whose.service, "Only of this service")->check(CLI::Validator(check_name, ""));
    ls.add_option("ENDPOINT", into.dead.whose.endpoint, "Only of this endpoint")->check(CLI::Validator(check_name, ""));
    ls.add_option("--from", into.dead.page.from, "Begin with this number")->capture_default_str();
    ls.add_option("--limit", into.dead.page.limit, "How many")->check(CLI::Range(1, 1000))->capture_default_str();
    add_color(ls, into);
    CLI::App& show = add_dead_action(dead, into, "show", "Show one with its headers and payload");
    show.add_option("SEQ", into.letters, "The letter")->required()->expected(1);
    add_color(show, into);
    for (CLI::App* const each : {&add_dead_action(dead, into, "retry", "Publish them once more: SEQ..., or --all"),
                                 &add_dead_action(dead, into, "drop", "Throw them away: SEQ..., or --all --yes")}) {
        each->add_option("SEQ", into.letters, "The letters; with --all: [SERVICE [ENDPOINT]], only of these");
        each->add_flag("--all", into.dead.all, "All that there are, of the service and endpoint that follow");
        if (each->get_name() == "drop")
            each->add_flag("-y,--yes", into.yes, "Do not refuse --all: they are gone for good");
    }
}

void add_commands(CLI::App& app, choices& into) {
    add_platform_commands(app, into);
    add_dev_commands(app, into);

    CLI::App& ls = *app.add_subcommand("ls", "List the services on the server");
    ls.alias("list");
    ls.add_option("NAME", into.whom.name, "Only instances of this service")->check(CLI::Validator(check_name, ""));
    add_service_options(ls, into);
    ls.footer(ls_notes + std::string(server_notes));
    CLI::App& info = *app.add_subcommand("info", "Show a service: what it is, its endpoints and subjects");
    CLI::App& stats = *app.add_subcommand("stats", "Show what became of the requests to a service");
    for (CLI::App* const each : {&info, &stats}) {
        each->add_option("NAME", into.whom.name, "The service")->required()->check(CLI::Validator(check_name, ""));
        each->add_option("ID", into.whom.id, "Only this instance")->check(CLI::Validator(check_name, ""));
        add_service_options(*each, into);
    }
    info.footer(info_notes + std::string(server_notes));
    stats.footer(stats_notes + std::string(server_notes));
    add_look_commands(app, into);
    CLI::App& metrics = *app.add_subcommand("metrics", "Print what became of all requests as Prometheus reads it");
    metrics.add_option("NAME", into.whom.name, "Only this service")->check(CLI::Validator(check_name, ""));
    metrics
        .add_option("--listen", into.metrics_listen,
                    "Serve them to Prometheus there, until interrupted; port 0: a free one")
        ->check(CLI::Validator(check_listen, "ADDRESS:PORT"));
    metrics.fallthrough();
    metrics.footer(metrics_notes + std::string(server_notes));
    CLI::App& openapi = *app.add_subcommand("openapi", "Print what services offer over HTTP, as OpenAPI 3.1");
    openapi.add_option("NAME", into.whom.name, "Only this service")->check(CLI::Validator(check_name, ""));
    openapi.add_option("--base-url", into.urls, "Address of the gateway, for the document; may be repeated")
        ->check(CLI::Validator(check_url, "URL"))
        ->allow_extra_args(false);
    openapi.fallthrough();
    openapi.footer(openapi_notes + std::string(server_notes));
    add_ask_commands(app, into);
    add_dead(app, into);
    add_data_commands(app, into);
    add_function_commands(app, into);
    add_context_commands(app, into);
    add_doctor_commands(app, into);
    add_shell_commands(app, into);
    add_create_commands(app, into);
}

template <class Command>
Command service_command_of(const choices& read) {
    Command command;
    command.server = read.server;
    command.whom = read.whom;
    command.json = read.json;
    command.color = read.color_of();
    return command;
}

dead_action action_of(const std::string& name) {
    if (name == "show") return dead_action::show;
    if (name == "retry") return dead_action::retry;
    return name == "drop" ? dead_action::drop : dead_action::list;
}

/// The words are numbers of letters or, with --all, whose letters.
dead_command dead_of(const choices& read, const CLI::App& parsed) {
    dead_command command = read.dead;
    const std::string name = parsed.get_subcommands().front()->get_name();
    command.action = action_of(name);
    command.server = read.server;
    command.json = read.json;
    command.color = read.color_of();
    if (command.action == dead_action::list) return command;
    const auto& words = read.letters;
    if (command.all) {
        if (words.size() > 2) throw CLI::ValidationError("--all", "takes a service and an endpoint, not more");
        if (command.action == dead_action::drop && !read.yes)
            throw CLI::ValidationError("drop --all", "throws away for good; say --yes as well");
        for (const std::string& word : words)
            if (const auto wrong = check_name(word); !wrong.empty()) throw CLI::ValidationError("SERVICE", wrong);
        if (!words.empty()) command.whose.service = words[0];
        if (words.size() > 1) command.whose.endpoint = words[1];
        return command;
    }
    if (words.empty()) throw CLI::ValidationError("SEQ", "is required, or --all");
    for (const std::string& word : words) command.sequences.push_back(sequence_of(word));
    return command;
}

any_command command_of(choices& read, const CLI::App& app) {
    const CLI::App& parsed = *app.get_subcommands().front();
    if (read.chosen) return std::move(*read.chosen);
    read.server.timeout = read.timeout_of();
    const std::string name = parsed.get_name();
    if (name == "ls") return service_command_of<ls_command>(read);
    if (name == "info") return service_command_of<info_command>(read);
    if (name == "stats") return service_command_of<stats_command>(read);
    if (name == "metrics") {
        auto command = service_command_of<metrics_command>(read);
        command.listen = read.metrics_listen.empty() ? std::nullopt : parse_listen_address(read.metrics_listen);
        return command;
    }
    if (name == "openapi") {
        auto command = service_command_of<openapi_command>(read);
        command.urls = read.urls;
        return command;
    }
    return dead_of(read, parsed);
}

}  // namespace

color_mode choices::color_of() const noexcept {
    if (color == "always") return color_mode::always;
    return color == "never" ? color_mode::never : color_mode::automatic;
}

std::optional<std::chrono::nanoseconds> choices::timeout_of() const {
    return timeout.empty() ? std::nullopt : nats::parse_duration(timeout);
}

server_choice choices::server_of() const {
    server_choice choice = server;
    choice.timeout = timeout_of();
    return choice;
}

std::string check_timeout(const std::string& text) {
    const auto duration = nats::parse_duration(text);
    if (!duration || duration->count() == 0) return "not a duration such as 500ms, 5s or 1m: " + text;
    return {};
}

std::string check_listen(const std::string& text) {
    return parse_listen_address(text) ? "" : "not an address and a port such as 127.0.0.1:8080 or [::1]:8080: " + text;
}

std::string check_url(const std::string& text) {
    const auto scheme = text.find("://");
    const bool known = text.starts_with("http://") || text.starts_with("https://");
    if (!known || scheme + 3 >= text.size()) return "not an http:// or https:// address: " + text;
    return {};
}

/// What else a name may not be, the library says.
std::string check_name(const std::string& text) { return text.empty() ? "is empty" : std::string(); }

std::string check_header(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0) return "not a header such as Name:value: " + text;
    return {};
}

std::pair<std::string, std::string> header_of(const std::string& text) {
    const auto colon = text.find(':');
    const auto value = text.find_first_not_of(' ', colon + 1);
    return {text.substr(0, colon), value == std::string::npos ? std::string() : text.substr(value)};
}

void add_color(CLI::App& app, choices& into) {
    app.add_option("--color", into.color, "When to use colours; auto: on a terminal, without NO_COLOR")
        ->check(CLI::IsMember({"auto", "always", "never"}));
}

std::optional<any_command> parse_command_line(int argc, const char* const* argv, exit_code& code) {
    choices read;
    CLI::App app{about, "mote"};
    app.formatter(examples_first());
    app.set_version_flag("--version", "mote " MOTE_VERSION);
    app.require_subcommand(1);
    app.footer(program_notes);
    add_server_options(app, read);
    add_commands(app, read);
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (const auto done = run_hidden(app, read, words, MOTE_VERSION)) {
        code = *done;
        return std::nullopt;
    }
    try {
        app.parse(without_body_flags(app, argc, argv, read));
        return command_of(read, app);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            code = static_cast<exit_code>(app.exit(error));
            return std::nullopt;
        }
        std::string help = "mote ";
        for (const CLI::App* at = &app; !at->get_subcommands().empty(); help += at->get_name() + " ")
            at = at->get_subcommands().front();
        say(explain_wrong_use(app, error, words) + "; see `" + help + "--help`");
        code = exit_code::usage;
        return std::nullopt;
    }
}

}  // namespace mote::command
