#include <mote/gateway/detail/listing.hpp>

#include <mote/micro/discovery.hpp>

#include <boost/json.hpp>
#include <map>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

boost::json::object object_of(const micro::metadata& values) {
    boost::json::object result;
    for (const auto& [key, value] : values) result[key] = value;
    return result;
}

void add_counts(boost::json::object& into, const micro::endpoint_stats& counts) {
    into["num_requests"] = counts.requests;
    into["num_errors"] = counts.errors;
    into["last_error"] = counts.last_error;
    into["processing_time"] = counts.processing_time.count();
    into["average_processing_time"] = counts.average_processing_time.count();
    boost::json::error_code failed;
    if (counts.data)
        if (auto data = boost::json::parse(*counts.data, failed); !failed) into["data"] = std::move(data);
}

boost::json::object object_of(const micro::service_info& service, const micro::service_stats* stats) {
    boost::json::object result{{"name", service.name},
                               {"id", service.id},
                               {"version", service.version},
                               {"description", service.description},
                               {"metadata", object_of(service.metadata)}};
    if (stats != nullptr) result["started"] = stats->started;
    boost::json::array endpoints;
    for (const auto& endpoint : service.endpoints) {
        boost::json::object one{{"name", endpoint.name},
                                {"subject", endpoint.subject},
                                {"queue_group", endpoint.queue_group},
                                {"metadata", object_of(endpoint.metadata)}};
        if (stats != nullptr)
            for (const auto& counts : stats->endpoints)
                if (counts.name == endpoint.name && counts.subject == endpoint.subject) add_counts(one, counts);
        endpoints.push_back(std::move(one));
    }
    result["endpoints"] = std::move(endpoints);
    return result;
}

}  // namespace

asio::awaitable<std::string> listing(nats::connection connection, std::vector<micro::service_info> services) {
    std::map<std::string, micro::service_stats> by_id;
    micro::discovery others(connection);
    micro::discovery_options opts;
    opts.timeout = std::chrono::seconds(1);
    opts.stall = std::chrono::milliseconds(100);
    if (!services.empty()) {
        auto answered = co_await others.stats(opts);
        for (auto& each : answered) by_id.try_emplace(each.id, std::move(each));
    }
    boost::json::array all;
    for (const auto& service : services) {
        const auto stats = by_id.find(service.id);
        all.push_back(object_of(service, stats == by_id.end() ? nullptr : &stats->second));
    }
    co_return boost::json::serialize(boost::json::object{{"services", std::move(all)}});
}

bool says_kept(std::string_view acknowledgement) {
    boost::json::error_code failed;
    const auto said =
        boost::json::parse(boost::json::string_view(acknowledgement.data(), acknowledgement.size()), failed);
    return !failed && said.is_object() && said.get_object().contains("stream") && !said.get_object().contains("error");
}

}  // namespace mote::gateway::detail
