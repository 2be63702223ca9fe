// The commands that ask services: req and bench.

#include <apps/mote/ask/body_words.hpp>
#include <apps/mote/ask/help_texts.hpp>
#include <apps/mote/ask/request_rate.hpp>
#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/help_texts.hpp>

#include <mote/nats/duration.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace mote::command {
namespace {

constexpr std::size_t most_in_flight = 65'536;
constexpr std::size_t largest_body = 64UL * 1024 * 1024;

std::string check_rate(const std::string& text) {
    return parse_rate(text) ? "" : "not a rate such as 100/s, 2.5/s or 30/m: " + text;
}

std::string check_duration(const std::string& text) {
    return nats::parse_duration(text) ? "" : "not a duration such as 500ms, 5s or 1m: " + text;
}

/// What the parser writes to, before it becomes a command.
struct words_read {
    std::string second{}, third{}, file{};
    std::vector<std::string> headers{};
};

void add_words(CLI::App& app, asked_words& into, words_read& read) {
    app.fallthrough();
    app.add_option("SUBJECT|SERVICE", into.first, "Where to send it")->required();
    app.add_option("DATA|ENDPOINT", read.second, "What to send, `-` for standard input; or an endpoint's name");
    app.add_option("DATA", read.third, "What to send to the endpoint");
    app.add_option("-f,--file", read.file, "Send the bytes of a file; `-` for standard input")->type_name("FILE");
    app.add_option("-H,--header", read.headers, "A header, Name:value; may be repeated")
        ->check(CLI::Validator(check_header, "NAME:VALUE"))
        ->allow_extra_args(false);
    app.add_flag("!--no-check", into.check, "Send a body that is no JSON also where JSON is wanted");
}

void take_words(const CLI::App& parsed, const words_read& read, choices& from, asked_words& into) {
    if (parsed.count("DATA|ENDPOINT") != 0) into.second = read.second;
    if (parsed.count("DATA") != 0) into.third = read.third;
    if (parsed.count("--file") != 0) into.file = read.file;
    for (const std::string& text : read.headers) into.headers.push_back(header_of(text));
    into.flags = std::move(from.body.flags);
    into.own_options = std::move(from.body.own_options);
    into.own_given = std::move(from.body.own_given);
}

/// Those of the options that were given must be at most one.
void refuse_together(const CLI::App& app, const std::vector<std::string>& names) {
    std::string first;
    for (const std::string& name : names) {
        if (app.count(name) == 0) continue;
        if (!first.empty()) throw CLI::ValidationError(first, "does not go together with " + name);
        first = name;
    }
}

void finish_req(const CLI::App& req, const std::string& rate, const std::string& stall, req_command& into) {
    for (const char* const several : {"--repeat", "--rate"})
        refuse_together(req, {"--all", "--stream", "--replies", several});
    refuse_together(req, {"--raw", "--json"});
    if (!rate.empty()) into.rate = parse_rate(rate);
    if (!stall.empty()) into.stall = nats::parse_duration(stall);
    if (into.stall && !into.all && !into.replies)
        throw CLI::ValidationError("--stall", "is the pause after which --all and --replies end");
}

void add_req(CLI::App& app, choices& into) {
    CLI::App& req =
        *app.add_subcommand("req", "Send a request and print the answer: SUBJECT [DATA], or SERVICE ENDPOINT [DATA]");
    req.alias("request");
    const auto read = std::make_shared<req_command>();
    const auto words = std::make_shared<words_read>();
    const auto rate = std::make_shared<std::string>();
    const auto stall = std::make_shared<std::string>();
    add_words(req, read->asked, *words);
    req.add_flag("--flags", read->show_flags, "List the flags of the endpoint's body, and send nothing");
    req.add_flag("-a,--all", read->all, "Ask every instance of the service");
    req.add_flag("--stream", read->stream, "Read a stream of replies also from a plain subject");
    req.add_option("--replies", read->replies, "Take so many answers to one request; 0: until none comes for --stall")
        ->check(CLI::Range(0, 1'000'000'000));
    req.add_option("--stall", *stall, "The pause that is the end of --replies 0 (300ms) or --all (none)")
        ->check(CLI::Validator(check_timeout, "DURATION"));
    req.add_option("-n,--repeat", read->repeat, "Ask so many times, one after the other")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
    req.add_option("--rate", *rate, "At most so often, 20/s or 30/m; without --repeat until Ctrl-C")
        ->check(CLI::Validator(check_rate, "RATE"));
    req.add_flag("-r,--raw", read->raw, "Print the body byte for byte, and nothing else");
    req.add_flag("-j,--json", into.json, "Print a JSON object an answer: subject, rtt in ns, headers, data");
    add_color(req, into);
    req.footer(req_notes + std::string("\n") + server_notes);
    req.callback([read, words, rate, stall, &req, &into] {
        read->server = into.server_of();
        read->json = into.json;
        read->color = into.color_of();
        take_words(req, *words, into, read->asked);
        finish_req(req, *rate, *stall, *read);
        into.chosen = std::move(*read);
    });
}

void add_bench(CLI::App& app, choices& into) {
    CLI::App& bench = *app.add_subcommand(
        "bench", "Measure how many requests are answered, and how fast: SUBJECT [DATA], or SERVICE ENDPOINT [DATA]");
    const auto read = std::make_shared<bench_command>();
    const auto words = std::make_shared<words_read>();
    const auto times = std::make_shared<std::pair<std::string, std::string>>();
    const auto rate = std::make_shared<std::string>();
    add_words(bench, read->asked, *words);
    bench
        .add_option("-c,--in-flight,--clients,--concurrency", read->in_flight, "Requests without an answer at any time")
        ->check(CLI::Range(std::size_t{1}, most_in_flight))
        ->capture_default_str();
    bench.add_option("-d,--duration", times->first, "How long it is measured; 10s, unless --count")
        ->check(CLI::Validator(check_timeout, "DURATION"));
    bench.add_option("-n,--count,--msgs,--requests", read->count, "How many requests are measured instead")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
    bench.add_option("--warm-up", times->second, "How long before that; 500ms, 0s: not at all")
        ->check(CLI::Validator(check_duration, "DURATION"));
    bench.add_option("--rate", *rate, "So many a second (100/s), and not as many as possible")
        ->check(CLI::Validator(check_rate, "RATE"));
    bench.add_option("--size", read->size, "Send so many bytes instead of data")
        ->check(CLI::Range(std::size_t{0}, largest_body));
    bench.add_option("--csv", read->csv, "Write the result as CSV, too; `-`: to standard output, instead of the text")
        ->type_name("FILE");
    bench.add_flag("!--no-progress", read->progress, "Draw no bar on a terminal");
    bench.add_flag("-j,--json", into.json, "Print the result as a JSON object");
    add_color(bench, into);
    bench.footer(bench_notes + std::string("\n") + server_notes);
    bench.callback([read, words, times, rate, &bench, &into] {
        read->server = into.server_of();
        read->json = into.json;
        read->color = into.color_of();
        take_words(bench, *words, into, read->asked);
        refuse_together(bench, {"--duration", "--count"});
        if (read->json && read->csv == "-") throw CLI::ValidationError("--csv -", "does not go together with --json");
        if (!times->first.empty()) read->duration = *nats::parse_duration(times->first);
        if (!times->second.empty()) read->warm_up = *nats::parse_duration(times->second);
        if (!rate->empty()) read->rate = parse_rate(*rate);
        into.chosen = std::move(*read);
    });
}

/// What the options of two apps are called, without the dashes of the long ones.
std::vector<std::string> long_names(const CLI::App& app, const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::App* const each : {&app, &command})
        for (const CLI::Option* const option : each->get_options())
            for (const std::string& name : option->get_lnames()) names.push_back(name);
    return names;
}

/// The option that a word names; null for none.
const CLI::Option* option_of(const CLI::App& app, const CLI::App& command, const std::string& word) {
    std::string name = word.substr(0, word.find('='));
    if (!word.starts_with("--")) name = word.substr(0, 2);  // -HName:value
    const CLI::Option* const own = command.get_option_no_throw(name);
    return own != nullptr ? own : app.get_option_no_throw(name);
}

/// True when the value of the option is the next word.
bool takes_next_word(const CLI::Option* option, const std::string& word) {
    if (option == nullptr || option->get_items_expected_max() == 0) return false;
    return word.starts_with("--") ? word.find('=') == std::string::npos : word.size() == 2;
}

}  // namespace

void add_ask_commands(CLI::App& app, choices& into) {
    add_req(app, into);
    add_bench(app, into);
}

std::vector<std::string> without_body_flags(const CLI::App& app, int argc, const char* const* argv, choices& into) {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const CLI::App* command = nullptr;
    const auto option = [&](const std::string& word) {
        return option_of(app, command == nullptr ? app : *command, word);
    };
    std::size_t begin = 0;
    for (; begin < words.size() && words[begin].starts_with('-'); ++begin)
        if (takes_next_word(option(words[begin]), words[begin])) ++begin;
    const std::string name = begin < words.size() ? words[begin] : std::string();
    std::vector<std::string> rest = words;
    if (name == "req" || name == "request" || name == "bench") {
        command = app.get_subcommand(name);
        known_options known;
        known.is_option = [&](const std::string& word) { return option(word) != nullptr; };
        known.takes_next = [&](const std::string& word) { return takes_next_word(option(word), word); };
        into.body.own_options = long_names(app, *command);
        rest = take_body_flags(words, begin + 1, known, into.body);
    }
    std::ranges::reverse(rest);  // as CLI11 wants them
    return rest;
}

}  // namespace mote::command
