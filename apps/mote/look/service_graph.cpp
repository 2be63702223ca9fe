#include <apps/mote/look/service_graph.hpp>

#include <mote/micro/detail/schema_store.hpp>

#include <algorithm>

namespace mote::command {
namespace {

std::string_view first_token(std::string_view subject) noexcept { return subject.substr(0, subject.find('.')); }

void leave_first_token(std::string_view& subject) noexcept {
    subject.remove_prefix(std::min(first_token(subject).size() + 1, subject.size()));
}

graph_endpoint described(const std::string& service, const micro::endpoint_info& endpoint) {
    graph_endpoint made;
    made.name = endpoint.name;
    made.subject = endpoint.subject;
    made.queue_group = endpoint.queue_group;
    const auto& kind = micro::metadata_value(endpoint.metadata, "mote.kind");
    made.kind = kind.empty() ? "endpoint" : kind;
    made.stream = micro::metadata_value(endpoint.metadata, "mote.stream");
    if (!made.stream.empty()) made.consumer = service + "_" + endpoint.name;
    return made;
}

bool is_asked_by(const graph_service& service, const std::string& name) {
    return std::ranges::any_of(service.endpoints, [&](const auto& each) { return each.second.callers.contains(name); });
}

bool overlaps_any(const std::vector<std::string>& patterns, const std::string& subject) {
    return std::ranges::any_of(patterns, [&](const auto& each) { return subjects_overlap(each, subject); });
}

}  // namespace

bool subjects_overlap(std::string_view left, std::string_view right) noexcept {
    while (!left.empty() && !right.empty()) {
        const auto one = first_token(left);
        const auto other = first_token(right);
        if (one == ">" || other == ">") return true;
        if (one != "*" && other != "*" && one != other) return false;
        leave_first_token(left);
        leave_first_token(right);
    }
    return left.empty() && right.empty();
}

service_graph graph_of(const std::vector<micro::service_info>& services,
                       const std::vector<micro::service_stats>& statistics) {
    service_graph graph;
    for (const auto& instance : services) {
        auto& service = graph.services[instance.name];
        service.ids.insert(instance.id);
        if (!instance.version.empty()) service.versions.insert(instance.version);
        for (const auto& endpoint : instance.endpoints) {
            if (endpoint.name == micro::detail::schema_endpoint) continue;
            const auto made = described(instance.name, endpoint);
            if (!made.stream.empty()) graph.streams[made.stream];
            service.endpoints.try_emplace(endpoint.name, made).first->second.ids.insert(instance.id);
        }
    }
    for (const auto& instance : statistics) {
        const auto service = graph.services.find(instance.name);
        if (service == graph.services.end()) continue;
        for (const auto& endpoint : instance.endpoints) {
            const auto found = service->second.endpoints.find(endpoint.name);
            if (found == service->second.endpoints.end()) continue;
            found->second.requests += endpoint.requests;
            for (const auto& [name, count] : endpoint.callers) found->second.callers[name] += count;
        }
    }
    return graph;
}

std::vector<std::string> add_streams(service_graph& graph, const std::vector<jetstream::stream_info>& streams) {
    std::set<std::string> wanted;
    for (const auto& stream : streams) {
        const auto& subjects = stream.config.subjects;
        for (auto& [name, service] : graph.services)
            for (auto& [endpoint_name, endpoint] : service.endpoints) {
                const bool keeps_work = endpoint.stream == stream.config.name;
                if (!keeps_work && !overlaps_any(subjects, endpoint.subject)) continue;
                if (!keeps_work) endpoint.kept_by.insert(stream.config.name);
                wanted.insert(stream.config.name);
            }
        if (!wanted.contains(stream.config.name)) continue;
        auto& shown = graph.streams[stream.config.name];
        shown.there = true;
        shown.subjects = subjects;
        std::ranges::sort(shown.subjects);
        shown.messages = stream.state.messages;
    }
    return {wanted.begin(), wanted.end()};
}

std::set<std::string> service_graph::strangers() const {
    std::set<std::string> names;
    for (const auto& [name, service] : services)
        for (const auto& [endpoint_name, endpoint] : service.endpoints)
            for (const auto& [caller, count] : endpoint.callers)
                if (!services.contains(caller)) names.insert(caller);
    return names;
}

service_graph service_graph::around(const std::string& name) const {
    service_graph part;
    const auto own = services.find(name);
    if (own == services.end()) return part;
    part.services.insert(*own);
    for (const auto& [other, service] : services)
        if (is_asked_by(service, name) || is_asked_by(own->second, other)) part.services.emplace(other, service);
    // What neighbours have to do with others is not of interest.
    for (auto& [other, service] : part.services) {
        if (other == name) continue;
        for (auto& [endpoint_name, endpoint] : service.endpoints)
            std::erase_if(endpoint.callers, [&](const auto& each) { return each.first != name; });
    }
    for (const auto& [other, service] : part.services)
        for (const auto& [endpoint_name, endpoint] : service.endpoints) {
            auto related = endpoint.kept_by;
            if (!endpoint.stream.empty()) related.insert(endpoint.stream);
            for (const auto& stream : related)
                if (const auto found = streams.find(stream); found != streams.end()) part.streams.insert(*found);
        }
    return part;
}

}  // namespace mote::command
