#include <apps/mote/commands.hpp>
#include <apps/mote/output.hpp>

#include <mote/gateway/own_paths.hpp>
#include <mote/micro/fetch_schemas.hpp>
#include <mote/micro/openapi.hpp>

#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

void report_left_out(const std::vector<std::string>& warnings) {
    for (const auto& each : warnings) say("left out: " + each);
}

asio::awaitable<exit_code> openapi(openapi_command chosen, server_access access) {
    auto services = co_await ask_services(access, chosen.whom, &micro::discovery::info);
    const auto fetched = co_await micro::fetch_schemas(access.connection, std::move(services), access.timeout);
    micro::openapi_options options;
    options.servers = chosen.urls;
    options.taken = gateway::is_of_front;
    const auto document = micro::openapi(fetched.services, options);
    report_left_out(fetched.warnings);
    report_left_out(document.warnings);
    write_out(document.text + "\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const openapi_command& chosen) { return run_with_access(chosen, openapi); }

}  // namespace mote::command
