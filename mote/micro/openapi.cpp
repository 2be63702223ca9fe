#include <mote/micro/openapi.hpp>

#include <mote/json/utf8.hpp>
#include <mote/micro/detail/component_schemas.hpp>
#include <mote/micro/detail/openapi_operation.hpp>
#include <mote/micro/detail/openapi_parameters.hpp>
#include <mote/micro/detail/schema_store.hpp>
#include <mote/micro/http_route.hpp>
#include <mote/micro/semver.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace mote::micro {
namespace {

using mote::json::valid_utf8;

/// A service with the endpoints of all its instances.
struct merged_service {
    const service_info* newest = nullptr;
    std::vector<const endpoint_info*> endpoints{};  // each name once
};

merged_service merged(std::vector<const service_info*> instances) {
    // What is no version comes before all that are.
    const auto version_of = [](const service_info* each) { return semver::try_parse(each->version); };
    std::ranges::stable_sort(instances, [&](const service_info* left, const service_info* right) {
        const auto newer = version_of(left);
        const auto older = version_of(right);
        return newer && (!older || *newer > *older);
    });
    merged_service service;
    service.newest = instances.front();
    std::set<std::string_view> seen;
    for (const auto* const instance : instances)
        for (const auto& endpoint : instance->endpoints)
            if (endpoint.name != detail::schema_endpoint && seen.insert(endpoint.name).second)
                service.endpoints.push_back(&endpoint);
    return service;
}

std::vector<merged_service> merge(std::span<const service_info> services) {
    std::map<std::string_view, std::vector<const service_info*>> by_name;
    for (const auto& each : services) by_name[each.name].push_back(&each);
    std::vector<merged_service> all;
    for (auto& [name, instances] : by_name) all.push_back(merged(std::move(instances)));
    return all;
}

class writer {
public:
    explicit writer(const openapi_options& options) : options_(options) {
        schemas_.add_own(detail::error_schema_name, detail::error_schema());
    }

    /// The routes come last, so that none takes the way of an endpoint that has nothing else.
    void add(const std::vector<merged_service>& services) {
        for (const auto& service : services) {
            add_tag(*service.newest);
            for (const auto* const endpoint : service.endpoints) add(service.newest->name, *endpoint);
        }
        for (auto& [route, operation, owner] : routed_) add_operation(route, std::move(operation), owner);
    }

    openapi_document finish(const std::vector<merged_service>& services) && {
        boost::json::object document{{"openapi", "3.1.0"}, {"info", info_of(services, options_)}};
        if (!options_.servers.empty()) {
            boost::json::array servers;
            for (const auto& url : options_.servers) servers.push_back(boost::json::object{{"url", valid_utf8(url)}});
            document["servers"] = std::move(servers);
        }
        document["tags"] = std::move(tags_);
        document["paths"] = std::move(paths_);
        document["components"] = {{"schemas", schemas_.all()}, {"responses", detail::shared_responses()}};
        return {boost::json::serialize(document), std::move(warnings_)};
    }

private:
    struct routed {
        http_route route;
        boost::json::object operation;
        std::string owner;
    };

    static boost::json::object info_of(const std::vector<merged_service>& services, const openapi_options& options) {
        const auto* const only = services.size() == 1 ? services.front().newest : nullptr;
        const auto chosen = [&](const std::string& given, std::string service_info::* of_the_only,
                                const char* otherwise) {
            const std::string& text = given.empty() && only != nullptr ? only->*of_the_only : given;
            return text.empty() ? std::string(otherwise) : valid_utf8(text);
        };
        boost::json::object info{{"title", chosen(options.title, &service_info::name, "NATS services")},
                                 {"version", chosen(options.version, &service_info::version, "1")}};
        const auto description = chosen(options.description, &service_info::description, "");
        if (!description.empty()) info["description"] = description;
        return info;
    }

    void add_tag(const service_info& service) {
        boost::json::object tag{{"name", valid_utf8(service.name)}, {"x-nats-version", valid_utf8(service.version)}};
        if (!service.description.empty()) tag["description"] = valid_utf8(service.description);
        tags_.push_back(std::move(tag));
    }

    void add(const std::string& service, const endpoint_info& endpoint) {
        const auto owner = service + "." + endpoint.name;
        if (service.empty() || endpoint.name.empty()) return warn(owner, "it has no name to be called by");
        if (endpoint.subject.find_first_of("*>") != std::string::npos)
            return warn(owner, "its subject " + endpoint.subject + " has wildcards, which a path cannot fill");
        const auto bodies = detail::describe_bodies(endpoint, owner, schemas_, warnings_);
        boost::json::object operation{{"tags", boost::json::array{valid_utf8(service)}},
                                      {"x-nats-subject", valid_utf8(endpoint.subject)}};
        if (const auto& text = metadata_value(endpoint.metadata, "mote.description"); !text.empty())
            operation["description"] = valid_utf8(text);
        operation["requestBody"] = bodies.request;
        operation["responses"] = bodies.responses;

        add_route(endpoint, operation, bodies.json_schema, owner);
        http_route by_name;
        by_name.method = "post";
        by_name.path = "/service/" + path_segment(service) + "/" + path_segment(endpoint.name);
        by_name.form = by_name.path;
        add_operation(by_name, operation, owner);
        if (metadata_value(endpoint.metadata, "http.method") != "GET") return;
        by_name.method = "get";
        add_operation(by_name, with_parameters(std::move(operation), by_name, bodies.json_schema), owner);
    }

    void add_route(const endpoint_info& endpoint, const boost::json::object& operation,
                   const boost::json::value& json_schema, const std::string& owner) {
        const auto& text = metadata_value(endpoint.metadata, "http.route");
        if (text.empty()) return;
        std::string problem;
        const auto route = parse_http_route(text, problem);
        if (!route) return warn(owner, "its http.route: " + problem);
        const auto method = text.substr(0, text.find(' '));
        if (options_.taken && options_.taken(method, route->path))
            return warn(owner, "its http.route " + text + ": the gateway answers that itself");
        routed_.push_back({*route, with_parameters(operation, *route, json_schema), owner});
    }

    boost::json::object with_parameters(boost::json::object operation, const http_route& route,
                                        const boost::json::value& json_schema) const {
        detail::parameter_source from;
        from.schema = json_schema;
        from.in_path = route.parameters;
        from.in_query = !route.has_body();
        if (from.in_query) operation.stable_erase("requestBody");
        auto parameters = detail::parameters_of(from, schemas_.all());
        if (!parameters.empty()) operation["parameters"] = std::move(parameters);
        return operation;
    }

    /// Two paths that differ only in the names of their parameters are one, which has the names of the first.
    void add_operation(const http_route& route, boost::json::object operation, const std::string& owner) {
        const auto& path = forms_.try_emplace(route.form, route.path).first->second;
        if (path != route.path) return warn(owner, "its http.route: the path is the same as " + path);
        auto& item = paths_[path].is_null() ? paths_[path].emplace_object() : paths_[path].get_object();
        if (item.contains(route.method)) return warn(owner, "its http.route: another endpoint has it already");
        operation["operationId"] = free_id(owner);
        item[route.method] = std::move(operation);
    }

    std::string free_id(const std::string& owner) {
        const auto wanted = valid_utf8(owner);
        auto id = wanted;
        for (int number = 2; !ids_.insert(id).second; ++number) id = wanted + "_" + std::to_string(number);
        return id;
    }

    void warn(const std::string& owner, const std::string& what) { warnings_.push_back(owner + ": " + what); }

    const openapi_options& options_;
    detail::component_schemas schemas_;
    boost::json::array tags_;
    boost::json::object paths_;
    std::map<std::string, std::string> forms_;  // of paths
    std::vector<routed> routed_;
    std::set<std::string> ids_;
    std::vector<std::string> warnings_;
};

}  // namespace

openapi_document openapi(std::span<const service_info> services, const openapi_options& options) {
    const auto all = merge(services);
    writer document(options);
    document.add(all);
    return std::move(document).finish(all);
}

}  // namespace mote::micro
