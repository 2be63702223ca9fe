#include <apps/mote/gateway_client.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>

#include <boost/json/array.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<exit_code> list_namespaces(namespace_command, gateway_client* gateway) {
    auto asked = gateway->request("GET", "/system/namespaces");
    const auto answer = co_await gateway->ask(std::move(asked), "namespaces");
    const auto told = json_of(answer);
    table shown({{.title = "Name"}});
    if (const auto* const names = told.if_array())
        for (const boost::json::value& each : *names)
            if (each.is_string()) shown.add({std::string(each.get_string())});
    write_out(shown.render(look_at(STDOUT_FILENO, color_mode::automatic)));
    co_return exit_code::ok;
}

asio::awaitable<exit_code> change_namespace(namespace_command chosen, gateway_client* gateway) {
    const bool is_new = chosen.action == namespace_action::create;
    auto asked = gateway->request(is_new ? "POST" : "DELETE", "/system/namespace/" + path_segment(chosen.name));
    co_await gateway->ask(std::move(asked), "namespace " + chosen.name, "mote namespace ls");
    write_err((is_new ? "Created namespace " : "Removed namespace ") + chosen.name + ".\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const namespace_command& chosen) {
    return run_with_gateway(chosen, chosen.action == namespace_action::list ? list_namespaces : change_namespace);
}

}  // namespace mote::command
