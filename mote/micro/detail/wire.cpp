#include <mote/micro/detail/wire.hpp>

#include <mote/json/utf8.hpp>

#include <boost/json.hpp>
#include <ctime>

namespace mote::micro::detail {
namespace {

boost::json::object to_json(const metadata& values) {
    boost::json::object object;
    for (const auto& [key, value] : values) object[json::valid_utf8(key)] = json::valid_utf8(value);
    return object;
}

template <class Identity>
boost::json::object identity(const Identity& service, std::string_view type) {
    boost::json::object object;
    object["name"] = service.name;
    object["id"] = service.id;
    object["version"] = service.version;
    object["metadata"] = to_json(service.metadata);
    object["type"] = "io.nats.micro.v1." + std::string(type) + "_response";
    return object;
}

/// Text and not an object, because a number in `data` has to stay as its author wrote it.
std::string endpoint_json(const endpoint_stats& stats) {
    boost::json::object object;
    object["name"] = stats.name;
    object["subject"] = stats.subject;
    object["queue_group"] = stats.queue_group;
    object["num_requests"] = stats.requests;
    object["num_errors"] = stats.errors;
    object["last_error"] = json::valid_utf8(stats.last_error);  // it may have bytes of a request in it
    object["processing_time"] = stats.processing_time.count();
    object["average_processing_time"] = stats.average_processing_time.count();
    auto text = boost::json::serialize(object);
    if (stats.data && is_json_object(*stats.data)) text.insert(text.size() - 1, ",\"data\":" + *stats.data);
    return text;
}

}  // namespace

std::string ping_json(const service_info& info) { return boost::json::serialize(identity(info, "ping")); }

std::string info_json(const service_info& info) {
    auto object = identity(info, "info");
    object["description"] = json::valid_utf8(info.description);
    boost::json::array endpoints;
    for (const auto& endpoint : info.endpoints) {
        boost::json::object one;
        one["name"] = endpoint.name;
        one["subject"] = endpoint.subject;
        one["queue_group"] = endpoint.queue_group;
        one["metadata"] = to_json(endpoint.metadata);
        endpoints.push_back(std::move(one));
    }
    object["endpoints"] = std::move(endpoints);
    return boost::json::serialize(object);
}

std::string stats_json(const service_stats& stats) {
    auto object = identity(stats, "stats");
    object["started"] = stats.started;
    auto text = boost::json::serialize(object);
    text.back() = ',';
    text += "\"endpoints\":[";
    for (const auto& endpoint : stats.endpoints) text += endpoint_json(endpoint) + ",";
    if (text.back() == ',') text.pop_back();
    return text + "]}";
}

bool is_json_object(std::string_view text) {
    boost::system::error_code failed;
    return boost::json::parse(boost::json::string_view(text.data(), text.size()), failed).is_object() && !failed;
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    const std::time_t whole = seconds.count();
    std::tm parts{};
    gmtime_r(&whole, &parts);
    char text[40];
    std::string result(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
    if (const auto fraction = (since - seconds).count(); fraction != 0) {
        auto digits = std::to_string(1'000'000'000 + fraction);
        digits.erase(digits.find_last_not_of('0') + 1);
        result += "." + digits.substr(1);
    }
    return result + "Z";
}

}  // namespace mote::micro::detail
