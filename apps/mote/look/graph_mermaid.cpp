#include <apps/mote/look/graph.hpp>
#include <apps/mote/look/graph_drawing.hpp>
#include <apps/mote/text.hpp>

namespace mote::command {
namespace {

/// Text inside of quotes: what means something there becomes an entity.
std::string in_mermaid(const std::string& text) {
    std::string result;
    for (const char c : printable(text)) {
        switch (c) {
            case '"': result += "#quot;"; break;
            case '#': result += "#35;"; break;
            case '<': result += "#lt;"; break;
            case '>': result += "#gt;"; break;
            case '&': result += "#amp;"; break;
            case '`': result += "#96;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string mermaid_endpoint(const graph_endpoint& endpoint) {
    std::string text = in_mermaid(endpoint.name) + "<br/>" + in_mermaid(endpoint.subject);
    if (!endpoint.queue_group.empty()) text += "<br/>queue group " + in_mermaid(endpoint.queue_group);
    return text;
}

std::string mermaid_stream(const std::string& name, const graph_stream& stream) {
    std::string text = in_mermaid(name);
    for (const auto& subject : stream.subjects) text += "<br/>" + in_mermaid(subject);
    return text + (stream.there ? "<br/>" + counted(stream.messages, "message") : "");
}

}  // namespace

std::string graph_mermaid(const service_graph& graph) {
    const drawing_names names(graph);
    std::string text = "flowchart LR\n";
    for (const auto& [name, service] : graph.services) {
        text += "  subgraph " + names.service(name) + "[\"" + in_mermaid(title_of(name, service)) + "\"]\n";
        for (const auto& [endpoint_name, endpoint] : service.endpoints)
            text += "    " + names.endpoint(name, endpoint_name) + "[\"" + mermaid_endpoint(endpoint) + "\"]\n";
        text += "  end\n";
    }
    for (const auto& [name, stream] : graph.streams)
        text += "  " + names.stream(name) + "[(\"" + mermaid_stream(name, stream) + "\")]\n";
    for (const auto& [name, drawn] : names.strangers())
        text += "  " + drawn + "([\"" + in_mermaid(stranger_text(name)) + "\"])\n";
    for (const auto& [name, service] : graph.services)
        for (const auto& [endpoint_name, endpoint] : service.endpoints) {
            const auto& drawn = names.endpoint(name, endpoint_name);
            if (!endpoint.stream.empty())
                text += "  " + names.stream(endpoint.stream) + " -->|\"" + in_mermaid(endpoint.consumer) + "\"| " +
                        drawn + "\n";
            for (const auto& stream : endpoint.kept_by)
                text += "  " + drawn + " -.->|\"kept by\"| " + names.stream(stream) + "\n";
            for (const auto& [caller, count] : endpoint.callers)
                text += "  " + names.caller(caller) + " ==>|\"" + std::to_string(count) + "\"| " + drawn + "\n";
        }
    return text;
}

}  // namespace mote::command
