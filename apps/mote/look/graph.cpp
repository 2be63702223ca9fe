#include <apps/mote/look/graph.hpp>

#include <apps/mote/look/commands.hpp>
#include <apps/mote/lookup.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/jetstream/context.hpp>

#include <boost/system/system_error.hpp>

#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// Where JetStream cannot be asked the graph is without streams, and that is said.
asio::awaitable<void> ask_for_streams(const server_access* access, service_graph* graph) {
    if (!access->connection.may_have_jetstream()) co_return;
    const jetstream::context js(access->connection);
    try {
        const auto streams = co_await js.streams();
        for (const std::string& name : add_streams(*graph, streams)) {
            auto consumers = co_await js.consumers(name);
            for (auto& each : consumers) {
                std::string consumer = each.name;
                graph->streams[name].consumers.emplace(std::move(consumer), std::move(each));
            }
        }
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == jetstream::errc::not_enabled) co_return;
        say("without streams: " + plain_reason(failed.what()));
    }
}

std::string printed(const service_graph& graph, const graph_command& chosen) {
    switch (chosen.format) {
        case graph_format::mermaid: return graph_mermaid(graph);
        case graph_format::dot: return graph_dot(graph);
        case graph_format::json: return graph_json(graph);
        case graph_format::text: break;
    }
    return graph_text(graph, look_at(STDOUT_FILENO, chosen.color));
}

asio::awaitable<exit_code> graph(graph_command chosen, server_access access) {
    service_choice whom;
    whom.name = chosen.name;
    if (!chosen.name.empty()) co_await ask_services(access, whom, &micro::discovery::ping);
    whom.name.clear();
    const auto services = co_await ask_services(access, whom, &micro::discovery::info);
    const auto statistics = co_await ask_services(access, whom, &micro::discovery::stats);
    service_graph made = graph_of(services, statistics);
    if (chosen.streams) co_await ask_for_streams(&access, &made);
    write_out(printed(chosen.name.empty() ? made : made.around(chosen.name), chosen));
    co_return exit_code::ok;
}

}  // namespace

std::string joined_names(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(printable(name));
    return text;
}

std::string title_of(const std::string& name, const graph_service& service) {
    const std::string versions = joined_names(service.versions);
    return printable(name) + (versions.empty() ? "" : " " + versions) + ", " + counted(service.ids.size(), "instance");
}

exit_code run(const graph_command& chosen) { return run_with_access(chosen, graph); }

}  // namespace mote::command
