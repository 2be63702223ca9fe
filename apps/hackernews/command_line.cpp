#include <apps/hackernews/command_line.hpp>

#include <mote/nats/duration.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>

namespace hackernews {
namespace {

constexpr int usage_error = 2;
constexpr auto shortest_refresh = std::chrono::seconds(1);

/// Empty when the text is fine, as CLI11 wants it.
std::string check_every(const std::string& text) {
    const auto duration = mote::nats::parse_duration(text);
    if (!duration) return "not a duration such as 90s, 10m or 1h: " + text;
    if (duration->count() != 0 && *duration < shortest_refresh) return "shorter than a second: " + text;
    return {};
}

std::string check_api(const std::string& text) {
    const auto scheme = text.find("://");
    const bool known = text.starts_with("http://") || text.starts_with("https://");
    if (!known || scheme + 3 >= text.size()) return "not an http:// or https:// address: " + text;
    return {};
}

}  // namespace

std::optional<command_line> parse_command_line(int argc, const char* const* argv, int& exit_code) {
    command_line read;
    std::string every = "0";
    CLI::App app{"The NATS micro service HackerNews: most voted entries in the last 24 hours.", "hackernews"};
    app.set_version_flag("--version", "hackernews 1.0.0");
    app.add_option("--api", read.service.api, "Address of the Hacker News API")
        ->envname("HN_API")
        ->check(CLI::Validator(check_api, "URL"))
        ->capture_default_str();
    app.add_option("--concurrency", read.service.concurrency, "Items asked of the API at once")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_option("--every", every, "Fetch and sort by itself so often, for example 10m; 0: only on request")
        ->check(CLI::Validator(check_every, "DURATION"))
        ->capture_default_str();
    app.add_option("-s,--server", read.server.server, "NATS server, else NATS_URL, else the NATS context");
    app.add_option("--context", read.server.context, "NATS context");
    app.add_option("--js-domain", read.server.jetstream_domain, "JetStream domain, else that of the NATS context");
    app.add_option("--js-api-prefix", read.server.jetstream_api_prefix, "JetStream API prefix, for imports");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error) == 0 ? 0 : usage_error;
        return std::nullopt;
    }
    read.service.every = std::chrono::floor<std::chrono::seconds>(mote::nats::parse_duration(every).value());
    while (read.service.api.ends_with('/')) read.service.api.pop_back();
    return read;
}

}  // namespace hackernews
