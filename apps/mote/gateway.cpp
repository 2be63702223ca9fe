#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// Named here, as g++ 12 wants no braces inside of a coroutine's await.
constexpr std::chrono::nanoseconds stop_patience = std::chrono::seconds(10);

std::string greeting(const gateway_server& gateway, const std::string& server) {
    const std::string url = gateway.url();
    const std::string system = gateway.system_url();
    std::string text = "Asks the services and functions on " + server + "; Ctrl-C ends it.\n";
    if (const auto operate = gateway.operate_url()) text += "Metrics: " + *operate + "/metrics\n";
    if (system != url) text += "Management: " + system + "/system\n";
    if (!gateway.credentials().empty())
        text += "The password for " + system + "/system is in " +
                (gateway.credentials() / "basic-auth-password").string() + "\n";
    return text + "Try:\n  curl " + url + "/services\n  curl " + url + "/openapi.json\n";
}

asio::awaitable<exit_code> serve(loop* running, gateway_command chosen) {
    chosen.server.stays = true;
    const auto access = co_await open_access(chosen.server, running);
    const auto gateway = co_await gateway_server::start(access.connection, chosen.settings);
    write_out(gateway->url() + "\n");
    write_err(greeting(*gateway, access.connection.connected_server()));
    co_await running->interrupted();
    co_await gateway->stop(stop_patience);
    co_await access.connection.drain(stop_patience);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const gateway_command& chosen) {
    loop running;
    return running.run(serve(&running, chosen));
}

}  // namespace mote::command
