#include <apps/mote/json_output.hpp>
#include <apps/mote/look/graph.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace mote::command {
namespace {

namespace json = boost::json;

template <class Names>
json::array json_of_names(const Names& names) {
    json::array array;
    for (const auto& name : names) array.emplace_back(valid_json(name));
    return array;
}

json::object json_of_endpoint(const graph_endpoint& endpoint) {
    json::object object;
    object["name"] = valid_json(endpoint.name);
    object["subject"] = valid_json(endpoint.subject);
    object["queue_group"] = valid_json(endpoint.queue_group);
    object["kind"] = valid_json(endpoint.kind);
    object["instances"] = json_of_names(endpoint.ids);
    object["requests"] = endpoint.requests;
    if (!endpoint.stream.empty()) {
        object["stream"] = valid_json(endpoint.stream);
        object["consumer"] = valid_json(endpoint.consumer);
    }
    if (!endpoint.kept_by.empty()) object["kept_by"] = json_of_names(endpoint.kept_by);
    return object;
}

json::object json_of_stream(const std::string& name, const graph_stream& stream) {
    json::object object;
    object["name"] = valid_json(name);
    object["known"] = stream.there;
    object["subjects"] = json_of_names(stream.subjects);
    object["messages"] = stream.messages;
    json::array consumers;
    for (const auto& [consumer_name, consumer] : stream.consumers) {
        json::object one;
        one["name"] = valid_json(consumer_name);
        one["filter_subjects"] = json_of_names(consumer.config.filter_subjects);
        one["pending"] = consumer.pending;
        one["ack_pending"] = consumer.ack_pending;
        consumers.push_back(std::move(one));
    }
    object["consumers"] = std::move(consumers);
    return object;
}

}  // namespace

std::string graph_json(const service_graph& graph) {
    json::array services;
    json::array calls;
    json::array streams;
    for (const auto& [name, service] : graph.services) {
        json::object one;
        one["name"] = valid_json(name);
        one["versions"] = json_of_names(service.versions);
        one["instances"] = json_of_names(service.ids);
        json::array endpoints;
        for (const auto& [endpoint_name, endpoint] : service.endpoints) {
            endpoints.push_back(json_of_endpoint(endpoint));
            for (const auto& [caller, count] : endpoint.callers) {
                json::object call;
                call["from"] = valid_json(caller);
                call["service"] = valid_json(name);
                call["endpoint"] = valid_json(endpoint_name);
                call["requests"] = count;
                calls.push_back(std::move(call));
            }
        }
        one["endpoints"] = std::move(endpoints);
        services.push_back(std::move(one));
    }
    for (const auto& [name, stream] : graph.streams) streams.push_back(json_of_stream(name, stream));
    json::object document;
    document["services"] = std::move(services);
    document["streams"] = std::move(streams);
    document["calls"] = std::move(calls);
    return json::serialize(document) + "\n";
}

}  // namespace mote::command
