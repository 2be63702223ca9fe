#include <apps/mote/look/activity_json.hpp>

#include <apps/mote/json_output.hpp>

#include <mote/micro/detail/wire.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <optional>

namespace mote::command {
namespace {

namespace json = boost::json;

json::value json_of_time(const std::optional<std::chrono::nanoseconds>& time) {
    return time ? json::value(time->count()) : json::value();
}

/// With three decimals: more is noise.
double rounded(double rate) { return std::round(rate * 1000) / 1000; }

json::object json_of_activity(const activity& row, const char* name) {
    json::object object;
    object[name] = valid_json(row.name);
    object["requests"] = row.requests;
    object["errors"] = row.errors;
    object["rate"] = rounded(row.rate);
    object["error_rate"] = rounded(row.error_rate);
    object["average"] = json_of_time(row.average);
    object["p50"] = json_of_time(row.p50);
    object["p99"] = json_of_time(row.p99);
    object["in_flight"] = row.in_flight ? json::value(*row.in_flight) : json::value();
    if (row.pending != 0) object["pending"] = row.pending;
    if (!row.last_error.empty()) object["last_error"] = valid_json(row.last_error);
    return object;
}

}  // namespace

std::string activity_json(const traffic& seen, std::chrono::system_clock::time_point now, const std::string& only) {
    json::array services;
    for (const auto& service : seen.services()) {
        if (!only.empty() && service.name != only) continue;
        auto one = json_of_activity(service, "name");
        one["instances"] = service.instances;
        json::array endpoints;
        for (const auto& endpoint : seen.endpoints(service.name)) {
            auto offered = json_of_activity(endpoint, "name");
            json::array instances;
            for (const auto& each : seen.instances(service.name, endpoint.name))
                instances.push_back(json_of_activity(each, "id"));
            offered["instances"] = std::move(instances);
            endpoints.push_back(std::move(offered));
        }
        one["endpoints"] = std::move(endpoints);
        services.push_back(std::move(one));
    }
    json::object document;
    document["time"] = micro::detail::utc_text(std::chrono::time_point_cast<std::chrono::milliseconds>(now));
    document["services"] = std::move(services);
    return json::serialize(document) + "\n";
}

}  // namespace mote::command
