#include <apps/mote/gateway_client.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

boost::json::array array_of(const http::response& answer) {
    auto value = json_of(answer);
    if (!value.is_array()) throw failure(exit_code::error, "the gateway's answer is no list of functions");
    return std::move(value.get_array());
}

/// The one that is asked for, else all.
asio::awaitable<std::vector<std::string>> spaces_of(functions_command chosen, gateway_client* gateway) {
    std::vector<std::string> spaces;
    if (!chosen.space.empty()) {
        spaces.push_back(chosen.space);
        co_return spaces;
    }
    auto asked = gateway->request("GET", "/system/namespaces");
    const auto answer = co_await gateway->ask(std::move(asked), "namespaces");
    const auto names = array_of(answer);
    for (const boost::json::value& each : names)
        if (each.is_string()) spaces.emplace_back(each.get_string());
    co_return spaces;
}

/// Why the version of a function that is wanted has no process; empty: it has, or nobody says why not.
std::string trouble_of(const boost::json::value& function) {
    const auto* const members = function.if_object();
    const auto* const details = members == nullptr ? nullptr : members->if_contains("mote");
    return details == nullptr ? std::string() : text_of(*details, "trouble");
}

/// Ready and wanted.
std::string replicas_of(const boost::json::value& function) {
    const auto* const members = function.if_object();
    const auto* const details = members == nullptr ? nullptr : members->if_contains("mote");
    const auto* const paused =
        details == nullptr || !details->is_object() ? nullptr : details->as_object().if_contains("paused");
    const bool is_paused = paused != nullptr && paused->is_bool() && paused->get_bool();
    return (is_paused ? "paused " : "") + std::to_string(number_of(function, "availableReplicas")) + "/" +
           std::to_string(number_of(function, "replicas"));
}

/// The last column is there where a function has trouble: one that is updated has it while all its replicas answer, as these are
/// of the version before.
std::string table_of(const boost::json::array& functions, const terminal& reader) {
    std::vector<column> columns{{.title = "Name"},
                                {.title = "Namespace"},
                                {.title = "Image", .flexible = true},
                                {.title = "Replicas", .side = align::right},
                                {.title = "Calls", .side = align::right}};
    const bool any = std::ranges::any_of(functions, [](const auto& each) { return !trouble_of(each).empty(); });
    if (any) columns.push_back({.title = "Trouble", .flexible = true});
    table shown(std::move(columns));
    for (const boost::json::value& each : functions) {
        std::vector<std::string> cells{text_of(each, "name"), text_of(each, "namespace"), text_of(each, "image"),
                                       replicas_of(each), std::to_string(number_of(each, "invocationCount"))};
        if (any) cells.push_back(trouble_of(each));
        shown.add(std::move(cells));
    }
    return shown.render(reader);
}

asio::awaitable<exit_code> list_functions(functions_command chosen, gateway_client* gateway) {
    const auto spaces = co_await spaces_of(chosen, gateway);
    boost::json::array all;
    for (const std::string& space : spaces) {
        auto asked = gateway->request("GET", "/system/functions" + space_query(space));
        const auto answer = co_await gateway->ask(std::move(asked), "functions of " + space);
        auto some = array_of(answer);
        for (boost::json::value& each : some) all.push_back(std::move(each));
    }
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const boost::json::value& each : all) texts.push_back(boost::json::serialize(each));
        write_out(json_array(texts));
    } else {
        write_out(table_of(all, look_at(STDOUT_FILENO, chosen.color)));
        if (all.empty()) write_err("No functions. Deploy one: mote deploy NAME --image IMAGE\n");
    }
    co_return exit_code::ok;
}

asio::awaitable<exit_code> take_away(remove_command chosen, gateway_client* gateway) {
    auto asked = gateway->request("DELETE", "/system/functions");
    boost::json::object body;
    body["functionName"] = chosen.name;
    if (!chosen.space.empty()) body["namespace"] = chosen.space;
    asked.headers.emplace_back("Content-Type", "application/json");
    asked.body = boost::json::serialize(body);
    co_await gateway->ask(std::move(asked), shown_name(chosen));
    write_err("Removed " + shown_name(chosen) + ".\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> scale(scale_command chosen, gateway_client* gateway) {
    auto asked =
        gateway->request("POST", "/system/scale-function/" + path_segment(chosen.name) + space_query(chosen.space));
    boost::json::object body;
    body["serviceName"] = chosen.name;
    body["replicas"] = chosen.replicas;
    asked.headers.emplace_back("Content-Type", "application/json");
    asked.body = boost::json::serialize(body);
    const auto answer = co_await gateway->ask(std::move(asked), shown_name(chosen));
    // The gateway says how many it made of it: labels may allow less.
    write_err(answer.body.empty() ? "Scaled " + shown_name(chosen) + ".\n" : answer.body);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const functions_command& chosen) { return run_with_gateway(chosen, list_functions); }
exit_code run(const remove_command& chosen) { return run_with_gateway(chosen, take_away); }
exit_code run(const scale_command& chosen) { return run_with_gateway(chosen, scale); }

}  // namespace mote::command
