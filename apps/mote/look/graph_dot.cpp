#include <apps/mote/look/graph.hpp>
#include <apps/mote/look/graph_drawing.hpp>
#include <apps/mote/text.hpp>

namespace mote::command {
namespace {

/// Text inside of quotes.
std::string in_dot(const std::string& text) {
    std::string result;
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result;
}

std::string dot_endpoint(const graph_endpoint& endpoint) {
    std::string text = in_dot(endpoint.name) + "\\n" + in_dot(endpoint.subject);
    if (!endpoint.queue_group.empty()) text += "\\nqueue group " + in_dot(endpoint.queue_group);
    return text;
}

std::string dot_stream(const std::string& name, const graph_stream& stream) {
    std::string text = in_dot(name);
    for (const auto& subject : stream.subjects) text += "\\n" + in_dot(subject);
    return text + (stream.there ? "\\n" + counted(stream.messages, "message") : "");
}

std::string dot_edge(const std::string& from, const std::string& to, const std::string& attributes) {
    return "  " + from + " -> " + to + " [" + attributes + "];\n";
}

}  // namespace

std::string graph_dot(const service_graph& graph) {
    const drawing_names names(graph);
    std::string text = "digraph services {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const auto& [name, service] : graph.services) {
        const auto& drawn = names.service(name);
        text += "  subgraph cluster_" + drawn + " {\n    label=\"" + in_dot(title_of(name, service)) + "\";\n    " +
                drawn + " [label=\"" + in_dot(name) + "\" shape=component];\n";
        for (const auto& [endpoint_name, endpoint] : service.endpoints)
            text += "    " + names.endpoint(name, endpoint_name) + " [label=\"" + dot_endpoint(endpoint) + "\"];\n";
        text += "  }\n";
    }
    for (const auto& [name, stream] : graph.streams)
        text += "  " + names.stream(name) + " [label=\"" + dot_stream(name, stream) + "\" shape=cylinder];\n";
    for (const auto& [name, drawn] : names.strangers())
        text += "  " + drawn + " [label=\"" + in_dot(stranger_text(name)) + "\" shape=ellipse];\n";
    for (const auto& [name, service] : graph.services)
        for (const auto& [endpoint_name, endpoint] : service.endpoints) {
            const auto& drawn = names.endpoint(name, endpoint_name);
            if (!endpoint.stream.empty())
                text += dot_edge(names.stream(endpoint.stream), drawn, "label=\"" + in_dot(endpoint.consumer) + "\"");
            for (const auto& stream : endpoint.kept_by)
                text += dot_edge(drawn, names.stream(stream), "label=\"kept by\" style=dashed");
            for (const auto& [caller, count] : endpoint.callers)
                text += dot_edge(names.caller(caller), drawn, "label=\"" + std::to_string(count) + "\" style=bold");
        }
    return text + "}\n";
}

}  // namespace mote::command
