#include <apps/mote/usage_hint.hpp>

#include <apps/mote/gateway_client.hpp>

#include <mote/nats/environment.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mote::command {
namespace {

constexpr std::uint16_t usual_port = 4222;

/// Whether a command without an address asks the usual place: no variable and no NATS context says otherwise.
bool environment_is_usual() {
    try {
        return nats::options_from_environment().servers == nats::options().servers;
    } catch (const boost::system::system_error&) {
        return false;
    }
}

/// Of a shell, where it needs it.
std::string shell_word(const std::string& word) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string lines_of(const std::string& program, const std::vector<std::string>& arguments) {
    std::string text;
    for (const std::string& each : arguments) text += program + each + "\n";
    return text;
}

}  // namespace

std::string greeting(const local_server& server, const std::string& version, std::uint16_t wanted) {
    std::string text;
    if (server.port() != wanted)
        text +=
            "Port " + std::to_string(wanted) + " is taken: this server uses " + std::to_string(server.port()) + ".\n";
    text += "nats-server " + version + " with JetStream on " + server.url() + ", data in " +
            server.directory().string() + "\n";
    if (server.login()) text += "It asks for a login: " + server.login()->credentials().string() + "\n";
    return text;
}

std::string lines_to_copy(const local_server& server, const std::vector<std::string>& arguments) {
    std::string said = "  mote ";
    if (server.port() != usual_port || !environment_is_usual()) said += "-s " + server.url() + " ";
    if (server.login()) said += "--creds " + shell_word(server.login()->credentials().string()) + " ";
    return lines_of(said, arguments);
}

std::string lines_to_copy(const gateway_server& gateway, const std::vector<std::string>& arguments) {
    const gateway_choice nothing_said;
    std::string said;
    if (gateway_url_of(nothing_said) != gateway.url()) said += " --gateway " + gateway.url();
    if (credentials_of(nothing_said, gateway.url()) != gateway.credentials())
        said += " --credentials " + shell_word(gateway.credentials().string());
    std::vector<std::string> lines;
    for (const std::string& each : arguments) {
        const auto word = std::min(each.find(' '), each.size());
        lines.push_back(each.substr(0, word) + said + each.substr(word));
    }
    return lines_of("  mote ", lines);
}

}  // namespace mote::command
