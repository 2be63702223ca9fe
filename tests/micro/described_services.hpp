#pragma once

#include <mote/micro/info.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

/// An endpoint of the subject `orders.<name>`.
inline micro::endpoint_info described_endpoint(std::string name, micro::metadata metadata = {}) {
    micro::endpoint_info endpoint;
    endpoint.subject = "orders." + name;
    endpoint.name = std::move(name);
    endpoint.metadata = std::move(metadata);
    return endpoint;
}

inline micro::service_info described_service(std::string name, std::vector<micro::endpoint_info> endpoints,
                                             std::string version = "1.2.3") {
    micro::service_info service;
    service.name = std::move(name);
    service.id = service.name + version;
    service.version = std::move(version);
    service.endpoints = std::move(endpoints);
    return service;
}

/// The metadata of an endpoint whose both sides are JSON of these schemas.
inline micro::metadata typed_sides(std::string request, std::string response) {
    return {{"mote.request.type", "application/json"},
            {"mote.request.schema", std::move(request)},
            {"mote.response.type", "application/json"},
            {"mote.response.schema", std::move(response)}};
}

/// What stands at a JSON pointer; null when nothing does.
inline boost::json::value at(const boost::json::value& document, std::string_view pointer) {
    boost::system::error_code missing;
    const auto* const found = document.find_pointer(pointer, missing);
    return found == nullptr ? boost::json::value(nullptr) : *found;
}

}  // namespace mote::test
