#include <apps/mote/usage_hint.hpp>

#include <mote/nats/environment.hpp>

#include <boost/system/system_error.hpp>

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

}  // namespace

std::string greeting(const local_server& server, const std::string& version, std::uint16_t wanted) {
    std::string text;
    if (server.port() != wanted)
        text +=
            "Port " + std::to_string(wanted) + " is taken: this server uses " + std::to_string(server.port()) + ".\n";
    return text + "nats-server " + version + " with JetStream on " + server.url() + ", data in " +
           server.directory().string() + "\n";
}

std::string lines_to_copy(const local_server& server, const std::vector<std::string>& arguments) {
    const bool usual = server.port() == usual_port && environment_is_usual();
    const std::string program = usual ? "  mote " : "  mote -s " + server.url() + " ";
    std::string text;
    for (const std::string& each : arguments) text += program + each + "\n";
    return text;
}

}  // namespace mote::command
