#include <apps/mote/look/graph.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/text.hpp>

namespace mote::command {
namespace {

std::string callers_text(const graph_endpoint& endpoint, const std::set<std::string>& strangers) {
    std::string text;
    for (const auto& [name, count] : endpoint.callers) {
        const std::string shown = name == "*" ? "others" : name + (strangers.contains(name) ? " (not here)" : "");
        text.append(text.empty() ? "" : ", ").append(shown + " " + std::to_string(count));
    }
    return text;
}

std::string stream_text(const graph_endpoint& endpoint, const service_graph& graph) {
    const auto& stream = graph.streams.at(endpoint.stream);
    if (!stream.there) return endpoint.stream;
    std::string text = endpoint.stream + " (" + counted(stream.messages, "message") + ")";
    const auto consumer = stream.consumers.find(endpoint.consumer);
    if (consumer == stream.consumers.end()) return text + ", no consumer " + endpoint.consumer;
    return text + ", consumer " + endpoint.consumer + " (" + std::to_string(consumer->second.pending) + " pending, " +
           std::to_string(consumer->second.ack_pending) + " in work)";
}

/// All that each service asks, as its endpoints were told who asks them.
std::map<std::string, std::set<std::string>> calls_of(const service_graph& graph) {
    std::map<std::string, std::set<std::string>> calls;
    for (const auto& [name, service] : graph.services)
        for (const auto& [endpoint_name, endpoint] : service.endpoints)
            for (const auto& [caller, count] : endpoint.callers) calls[caller].insert(name + "/" + endpoint_name);
    return calls;
}

void describe_stream(sheet& page, const std::string& name, const graph_stream& stream) {
    page.heading(2, name);
    if (!stream.there) return page.field(4, "state", "not known");
    std::set<std::string> subjects(stream.subjects.begin(), stream.subjects.end());
    page.field(4, "subjects", joined_names(subjects));
    page.field(4, "messages", std::to_string(stream.messages));
    for (const auto& [consumer_name, consumer] : stream.consumers) {
        const std::set<std::string> filters(consumer.config.filter_subjects.begin(),
                                            consumer.config.filter_subjects.end());
        page.field(4, "consumer",
                   consumer_name + (filters.empty() ? "" : " of " + joined_names(filters)) + ", " +
                       std::to_string(consumer.pending) + " pending, " + std::to_string(consumer.ack_pending) +
                       " in work");
    }
}

}  // namespace

std::string graph_text(const service_graph& graph, const terminal& reader) {
    sheet page(reader);
    const auto strangers = graph.strangers();
    const auto calls = calls_of(graph);
    for (const auto& [name, service] : graph.services) {
        page.heading(0, title_of(name, service));
        page.field(2, "instances", joined_names(service.ids));
        if (const auto asked = calls.find(name); asked != calls.end())
            page.field(2, "asks", joined_names(asked->second));
        for (const auto& [endpoint_name, endpoint] : service.endpoints) {
            page.heading(2, endpoint_name + (endpoint.kind == "endpoint" ? "" : " (" + endpoint.kind + ")"));
            page.field(4, "subject", endpoint.subject);
            page.field(4, "queue group", endpoint.queue_group);
            if (endpoint.ids.size() != service.ids.size()) page.field(4, "only of", joined_names(endpoint.ids));
            if (!endpoint.stream.empty()) page.field(4, "stream", stream_text(endpoint, graph));
            page.field(4, "kept by", joined_names(endpoint.kept_by));
            page.field(4, "asked by", callers_text(endpoint, strangers));
        }
    }
    if (!graph.streams.empty()) page.heading(0, "Streams");
    for (const auto& [name, stream] : graph.streams) describe_stream(page, name, stream);
    return page.text();
}

}  // namespace mote::command
