// The commands that start something which stays: up, demo, node and gateway.

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/function_help.hpp>
#include <apps/mote/help_texts.hpp>

#include <mote/functions/callback_rules.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/duration.hpp>

#include <memory>
#include <string>

namespace mote::command {
namespace {

/// `up` and `demo` use the server that they start.
void refuse_server_options(const CLI::App& command) {
    for (const CLI::Option* const option : command.get_parent()->get_options())
        if (option->get_group() == server_group && option->count() != 0)
            throw CLI::ValidationError(option->get_name(),
                                       "`mote " + command.get_name() + "` starts a server of its own");
}

void add_up_options(CLI::App& app, up_command& into) {
    app.add_option("--dir", into.directory, "Where the data is; else $XDG_STATE_HOME/mote or ~/.local/state/mote");
    app.add_option("--port", into.port, "Port on 127.0.0.1, or the next free one")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    app.add_option("--http-port", into.http_port, "Port of the gateway on 127.0.0.1, or the next free one")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    app.add_flag("!--no-functions", into.functions, "Start only the server, without a node and the gateway");
    app.add_flag("!--no-sandbox", into.sandbox, "Functions may see and do what you may");
    app.add_flag("--nats-login", into.nats_login,
                 "NATS asks for a login: functions get one that is good for them alone");
}

void add_up(CLI::App& app, choices& into) {
    CLI::App& up = *app.add_subcommand("up", "Start a NATS server, functions and the HTTP gateway on this machine");
    const auto read = std::make_shared<up_command>();
    add_up_options(up, *read);
    up.footer(up_notes);
    up.callback([read, &up, &into] {
        refuse_server_options(up);
        into.chosen = *read;
    });
}

void add_demo(CLI::App& app, choices& into) {
    CLI::App& demo = *app.add_subcommand("demo", "Start all with an example service, and show what it does");
    const auto read = std::make_shared<demo_command>();
    add_up_options(demo, read->server);
    demo.add_option("--api", read->api, "Address of the Hacker News API, or of a server that plays it")
        ->envname("HN_API")
        ->check(CLI::Validator(check_url, "URL"));
    demo.add_option("--top", read->top, "How many stories to show")->check(CLI::Range(1, 500))->capture_default_str();
    demo.add_flag("--once", read->once, "Print them and end");
    add_color(demo, into);
    demo.footer(demo_notes);
    demo.callback([read, &demo, &into] {
        refuse_server_options(demo);
        read->color = into.color_of();
        into.chosen = *read;
    });
}

void add_node(CLI::App& app, choices& into) {
    CLI::App& node = *app.add_subcommand("node", "Run functions on this machine");
    const auto read = std::make_shared<node_command>();
    auto& settings = read->settings;
    node.add_option("--directory", settings.directory, "Of this node alone; else `node` in the state directory");
    node.add_option("--id", settings.id, "Letters, digits and -; else the one that the directory keeps");
    node.add_option("--label", settings.labels, "NAME=VALUE that constraints may ask for; may be repeated")
        ->allow_extra_args(false);
    node.add_flag("!--no-sandbox", settings.sandbox, "Functions may see and do what you may");
    auto* const seed =
        node.add_option("--login-seed", settings.login_seed,
                        "Seed of the NKey of an account, or of its signing key: mode micro gets logins made with it")
            ->type_name("FILE");
    node.add_option("--login-account", settings.login_account,
                    "The account's public key, where the seed is that of a signing key")
        ->needs(seed);
    node.fallthrough();
    node.footer(node_notes + std::string(server_notes));
    node.callback([read, &into] {
        read->server = into.server_of();
        into.chosen = *read;
    });
}

/// What is not yet what it says.
struct gateway_words {
    gateway_command command{};
    std::string listen = "127.0.0.1:8080";
    std::string system{};
    std::string operate = "127.0.0.1:8082";
    std::string timeout = "60s";
    std::string head_timeout = "10s";
    std::string body_timeout = "30s";
};

std::string check_callback_rule(const std::string& text) {
    try {
        functions::callback_rules::parse(text);
        return {};
    } catch (const boost::system::system_error& wrong) {
        return functions::detail_of(wrong);
    }
}

std::string check_operate(const std::string& text) { return text == "none" ? "" : check_listen(text); }

gateway_command command_of(const gateway_words& read, const choices& all) {
    gateway_command command = read.command;
    command.server = all.server_of();
    command.settings.listen = *parse_listen_address(read.listen);
    if (!read.system.empty()) command.settings.system = parse_listen_address(read.system);
    if (read.operate != "none") command.settings.operate = parse_listen_address(read.operate);
    command.settings.timeout = *nats::parse_duration(read.timeout);
    command.settings.head_timeout = *nats::parse_duration(read.head_timeout);
    command.settings.body_timeout = *nats::parse_duration(read.body_timeout);
    return command;
}

void add_gateway_logs(CLI::App& gateway, gateway_settings& settings) {
    gateway.add_option("--access-log", settings.access_log, "A JSON line for each request; `-`: standard output")
        ->type_name("FILE");
    gateway.add_option("--audit-log", settings.audit_log, "A JSON line for each change; `-`: standard output")
        ->type_name("FILE");
}

/// What clients may have of it.
void add_gateway_limits(CLI::App& gateway, gateway_words& read) {
    constexpr std::size_t most = 1'000'000;
    constexpr std::size_t least_head = 1024;
    constexpr std::size_t most_head = 32'768;  // goes into a message, and its room for the head is twice as much
    auto& settings = read.command.settings;
    gateway.add_option("--max-connections", settings.max_connections, "Open connections; past them 503")
        ->check(CLI::Range(std::size_t{1}, most))
        ->capture_default_str();
    gateway.add_option("--max-in-flight", settings.max_in_flight, "Requests that are worked on; past them 429")
        ->check(CLI::Range(std::size_t{1}, most))
        ->capture_default_str();
    gateway.add_option("--max-head", settings.max_head, "Bytes of a request's first line and headers; past them 431")
        ->check(CLI::Range(least_head, most_head))
        ->capture_default_str();
    const CLI::Validator duration(check_timeout, "DURATION");
    gateway.add_option("--head-timeout", read.head_timeout, "For the head of a request; past it 408")
        ->check(duration)
        ->capture_default_str();
    gateway.add_option("--body-timeout", read.body_timeout, "For each 256 bytes of a body; past it 408")
        ->check(duration)
        ->capture_default_str();
}

void add_gateway(CLI::App& app, choices& into) {
    CLI::App& gateway = *app.add_subcommand("gateway", "Let services and functions be asked by HTTP");
    const auto read = std::make_shared<gateway_words>();
    auto& settings = read->command.settings;
    const CLI::Validator address(check_listen, "ADDRESS:PORT");
    gateway.add_option("--listen", read->listen, "Where to listen for HTTP; port 0: a free one")
        ->check(address)
        ->capture_default_str();
    gateway
        .add_option("--system-listen", read->system,
                    "Where alone to answer /system, with all else; else it is at --listen")
        ->check(address);
    gateway.add_option("--operate-listen", read->operate, "Where to serve /metrics; `none`: nowhere")
        ->check(CLI::Validator(check_operate, "ADDRESS:PORT"))
        ->capture_default_str();
    gateway.add_option(
        "--credentials", settings.credentials,
        "Directory with the login of /system, made where it is missing; else `credentials` in the state directory");
    auto* const no_login =
        gateway.add_flag("!--no-auth", settings.login, "No login: only where nobody else reaches the port");
    gateway.add_flag("--auth-functions", settings.protect_functions, "Ask for the login for functions, too")
        ->excludes(no_login);
    auto* const certificate =
        gateway.add_option("--tls-certificate", settings.certificate, "A chain as PEM: HTTPS")->type_name("FILE");
    auto* const key = gateway.add_option("--tls-key", settings.key, "Its key as PEM")->type_name("FILE");
    certificate->needs(key);
    key->needs(certificate);
    gateway.add_option("--cors-origin", settings.origins, "Pages from there may ask, or `*`; may be repeated")
        ->allow_extra_args(false);
    add_gateway_logs(gateway, settings);
    gateway.add_option("--expose", settings.expose, "A service, SERVICE/ENDPOINT or *; may be repeated")
        ->allow_extra_args(false);
    gateway
        .add_option("--callback-allow", settings.callbacks,
                    "Where results of queued calls may be sent; may be repeated; else everywhere but loopback and the "
                    "like, and loopback when it listens there")
        ->check(CLI::Validator(check_callback_rule, "HOST[:PORT]|CIDR"))
        ->allow_extra_args(false);
    gateway.add_option("--request-timeout", read->timeout, "The longest wait for an answer; X-Timeout asks for less")
        ->check(CLI::Validator(check_timeout, "DURATION"))
        ->capture_default_str();
    add_gateway_limits(gateway, *read);
    gateway.fallthrough();
    gateway.footer(gateway_notes + std::string(server_notes));
    gateway.callback([read, &into] { into.chosen = command_of(*read, into); });
}

}  // namespace

void add_platform_commands(CLI::App& app, choices& into) {
    add_up(app, into);
    add_demo(app, into);
    add_node(app, into);
    add_gateway(app, into);
}

}  // namespace mote::command
