#include <apps/mote/commands.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/table.hpp>

#include <mote/micro/detail/wire.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string names_of(const std::vector<micro::endpoint_info>& endpoints) {
    std::vector<std::string> names;
    for (const auto& endpoint : endpoints) names.push_back(endpoint.name);
    return listed(names, names.size());
}

std::string table_of(const std::vector<micro::service_info>& services, const terminal& reader) {
    table shown({{.title = "Name"},
                 {.title = "Version"},
                 {.title = "ID"},
                 {.title = "Description", .flexible = true},
                 {.title = "Endpoints", .flexible = true}});
    for (const auto& each : services)
        shown.add({each.name, each.version, each.id, each.description, names_of(each.endpoints)});
    return shown.render(reader);
}

asio::awaitable<exit_code> ls(ls_command chosen, server_access access) {
    const auto services = co_await ask_services(access, chosen.whom, &micro::discovery::info);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : services) texts.push_back(micro::detail::info_json(each));
        write_out(json_array(texts));
    } else {
        write_out(table_of(services, look_at(STDOUT_FILENO, chosen.color)));
    }
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const ls_command& chosen) { return run_with_access(chosen, ls); }

}  // namespace mote::command
