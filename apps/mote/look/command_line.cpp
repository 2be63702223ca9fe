#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/look/help_texts.hpp>

#include <mote/nats/duration.hpp>

#include <map>
#include <memory>
#include <string>

namespace mote::command {
namespace {

constexpr const char* look_server_notes =
    "`mote --help` has the options of the server: -s, --context, --timeout and others.";
constexpr std::chrono::nanoseconds shortest_look = std::chrono::milliseconds(100);

/// What the parser writes to that a command does not take as it is.
template <class Command>
struct look_words {
    Command command{};
    std::string interval = "1s";
    std::string format = "text";
    bool request = false;
    bool response = false;
};

std::string check_interval(const std::string& text) {
    const auto duration = nats::parse_duration(text);
    return duration && *duration >= shortest_look ? ""
                                                  : "not a duration of 100ms or more, such as 500ms or 2s: " + text;
}

/// A subcommand whose words become `into.chosen`, with the options that all of them share.
template <class Command>
std::shared_ptr<look_words<Command>> add_look(CLI::App& made, choices& into, const char* notes) {
    const auto words = std::make_shared<look_words<Command>>();
    made.fallthrough();
    made.footer(notes + std::string(look_server_notes));
    add_color(made, into);
    made.callback([words, &into] {
        Command& command = words->command;
        command.server = into.server_of();
        command.color = into.color_of();
        if constexpr (requires { command.json; }) command.json = into.json;
        if constexpr (requires { command.interval; }) command.interval = *nats::parse_duration(words->interval);
        if constexpr (requires { command.side; })
            command.side = words->request    ? schema_side::request
                           : words->response ? schema_side::response
                                             : schema_side::both;
        if constexpr (requires { command.format; }) {
            static const std::map<std::string, graph_format> formats{{"text", graph_format::text},
                                                                     {"mermaid", graph_format::mermaid},
                                                                     {"dot", graph_format::dot},
                                                                     {"json", graph_format::json}};
            command.format = into.json ? graph_format::json : formats.at(words->format);
        }
        into.chosen = command;
    });
    return words;
}

template <class Command>
void add_look_interval(CLI::App& made, look_words<Command>& words, const char* what) {
    made.add_option("--interval", words.interval, what)
        ->check(CLI::Validator(check_interval, "DURATION"))
        ->capture_default_str();
}

void add_ping(CLI::App& app, choices& into) {
    CLI::App& ping =
        *app.add_subcommand("ping", "Show which instances answer, how fast, and how many answers are lost");
    const auto words = add_look<ping_command>(ping, into, ping_notes);
    ping.add_option("NAME", words->command.name, "Only instances of this service")
        ->check(CLI::Validator(check_name, ""));
    ping.add_option("-n,--count", words->command.count, "How often to ask; 0: until interrupted")
        ->check(CLI::Range(0, 1'000'000'000))
        ->capture_default_str();
    add_look_interval(ping, *words, "Between two questions");
    ping.add_flag("-j,--json", into.json, "Print a JSON array; times are nanoseconds");
}

void add_graph(CLI::App& app, choices& into) {
    CLI::App& graph = *app.add_subcommand("graph", "Show services, endpoints and streams, and who asks whom");
    const auto words = add_look<graph_command>(graph, into, graph_notes);
    graph.add_option("NAME", words->command.name, "Only this service and its neighbours")
        ->check(CLI::Validator(check_name, ""));
    graph.add_option("--format", words->format, "What to print")
        ->check(CLI::IsMember({"text", "mermaid", "dot", "json"}))
        ->capture_default_str();
    graph.add_flag("!--no-streams", words->command.streams, "Do not ask JetStream, as where it may not be asked");
    graph.add_flag("-j,--json", into.json, "As --format json");
}

void add_schema(CLI::App& app, choices& into) {
    CLI::App& schema = *app.add_subcommand("schema", "Show the JSON Schemas of what endpoints take and give");
    const auto words = add_look<schema_command>(schema, into, schema_notes);
    schema.add_option("SERVICE", words->command.service, "The service")
        ->required()
        ->check(CLI::Validator(check_name, ""));
    auto* const endpoint = schema.add_option("ENDPOINT", words->command.endpoint, "Only this endpoint")
                               ->check(CLI::Validator(check_name, ""));
    auto* const request = schema.add_flag("--request", words->request, "Print the schema of its requests alone");
    auto* const response = schema.add_flag("--response", words->response, "Print the schema of its responses alone");
    request->needs(endpoint)->excludes(response);
    response->needs(endpoint);
    schema.add_flag("-j,--json", into.json, "Print a JSON array");
}

void add_watch(CLI::App& app, choices& into) {
    CLI::App& watch = *app.add_subcommand("watch", "Watch what services are doing, live");
    const auto words = add_look<watch_command>(watch, into, watch_notes);
    watch.add_option("SERVICE", words->command.name, "Only this service")->check(CLI::Validator(check_name, ""));
    add_look_interval(watch, *words, "Between two looks");
    watch.add_flag("--once", words->command.once, "A table of one interval, and the end");
    watch.add_flag("-j,--json", into.json, "A line of JSON for each interval");
}

void add_events(CLI::App& app, choices& into) {
    CLI::App& events = *app.add_subcommand("events", "Tell which instances of services come and go");
    const auto words = add_look<events_command>(events, into, events_notes);
    events.add_option("SERVICE", words->command.name, "Only of this service")->check(CLI::Validator(check_name, ""));
    add_look_interval(events, *words, "Between two looks");
    events.add_flag("-j,--json", into.json, "A line of JSON for each");
}

}  // namespace

void add_look_commands(CLI::App& app, choices& into) {
    add_ping(app, into);
    add_graph(app, into);
    add_schema(app, into);
    add_watch(app, into);
    add_events(app, into);
}

}  // namespace mote::command
