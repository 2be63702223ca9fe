#include <tests/mote/command.hpp>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace mote::test {
namespace {

constexpr auto patience = std::chrono::seconds(60);

const std::vector<std::string> settings_of_others = {
    "NATS_URL",     "NATS_USER",        "NATS_PASSWORD",     "NATS_TOKEN",    "NATS_CONTEXT", "NATS_CREDS",
    "NATS_NKEY",    "NATS_JWT",         "NATS_SEED",         "NATS_CA",       "NATS_CERT",    "NATS_KEY",
    "NATS_TIMEOUT", "NATS_SOCKS_PROXY", "NATS_INBOX_PREFIX", "NATS_TLSFIRST", "NO_COLOR",     "HN_API",
    "LC_ALL",       "LC_CTYPE",         "XDG_STATE_HOME",    "http_proxy",    "https_proxy",  "HTTPS_PROXY",
    "all_proxy",    "ALL_PROXY",        "OPENFAAS_URL",      "SSL_CERT_FILE"};

}  // namespace

command_environment::command_environment() {
    if (const auto found = find_nats_server())
        std::filesystem::create_symlink(std::filesystem::absolute(*found), programs_.path() / "nats-server");
}

process_options command_environment::options(std::map<std::string, std::string> more) const {
    process_options options;
    options.unset = settings_of_others;
    options.env = std::move(more);
    options.env.emplace("HOME", home_.path().string());
    options.env.emplace("XDG_CONFIG_HOME", (home_.path() / "config").string());
    options.env.emplace("PATH", programs_.path().string() + ":/usr/bin:/bin");
    options.env.emplace("TERM", "xterm");
    options.env.emplace("LANG", "C.UTF-8");
    return options;
}

std::vector<std::string> command_environment::line(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), MOTE_PROGRAM);
    return arguments;
}

run_result command_environment::run(std::vector<std::string> arguments, std::map<std::string, std::string> env,
                                    std::string input) const {
    process_options chosen = options(std::move(env));
    chosen.input = std::move(input);
    return test::run(line(std::move(arguments)), std::move(chosen), patience);
}

std::string command_live::mote_on_terminal(std::vector<std::string> arguments, std::map<std::string, std::string> env,
                                           unsigned short columns) const {
    env.emplace("NATS_URL", server->url());
    pty_process started(command_environment::line(std::move(arguments)), environment.options(std::move(env)), columns);
    if (!started.wait(patience)) throw std::runtime_error("mote does not end: " + started.text());
    return started.text();
}

testing::AssertionResult is_one_line(const std::string& err, const std::vector<std::string>& parts) {
    if (std::ranges::count(err, '\n') != 1 || !err.ends_with('\n') || !err.starts_with("mote: "))
        return testing::AssertionFailure() << "not one line of mote: " << err;
    for (const std::string& part : parts)
        if (const auto found = has(err, part); !found) return found;
    return testing::AssertionSuccess();
}

testing::AssertionResult has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

testing::AssertionResult has_not(const std::string& text, const std::string& part) {
    if (text.find(part) == std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "\"" << part << "\" in:\n" << text;
}

std::vector<std::vector<std::string>> cells(const std::string& text) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(text);
    for (std::string each; std::getline(lines, each);) {
        auto& row = rows.emplace_back();
        for (std::size_t begin = 0; begin <= each.size();) {
            const std::size_t end = std::min(each.find('\t', begin), each.size());
            row.push_back(each.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return rows;
}

boost::json::array parse_array(const std::string& text) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(text, failed);
    if (failed || !value.is_array()) throw std::runtime_error("not a JSON array: " + text);
    return value.as_array();
}

}  // namespace mote::test
