#include <apps/mote/json_output.hpp>
#include <apps/mote/look/commands.hpp>
#include <apps/mote/look/pretty_json.hpp>
#include <apps/mote/lookup.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/schema_store.hpp>
#include <mote/micro/fetch_schemas.hpp>
#include <mote/micro/semver.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// What goes one way: a media type, and the text of its schema where it has one.
struct schema_of_side {
    std::string type{};
    std::string schema{};
};

schema_of_side side_of(const micro::endpoint_info& endpoint, const std::string& side) {
    return {micro::metadata_value(endpoint.metadata, "mote." + side + ".type"),
            micro::metadata_value(endpoint.metadata, "mote." + side + ".schema")};
}

/// Of the newest instance that has it; what is no version is older than all that are.
std::map<std::string, micro::endpoint_info> endpoints_of(std::vector<micro::service_info> instances) {
    std::ranges::stable_sort(instances, [](const auto& left, const auto& right) {
        const auto newer = micro::semver::try_parse(left.version);
        const auto older = micro::semver::try_parse(right.version);
        return newer && (!older || *newer > *older);
    });
    std::map<std::string, micro::endpoint_info> endpoints;
    for (const auto& instance : instances)
        for (const auto& endpoint : instance.endpoints)
            if (endpoint.name != micro::detail::schema_endpoint) endpoints.try_emplace(endpoint.name, endpoint);
    return endpoints;
}

failure no_endpoint(const schema_command& chosen, const std::map<std::string, micro::endpoint_info>& endpoints) {
    std::vector<std::string> names;
    for (const auto& [name, endpoint] : endpoints) names.push_back(name);
    const auto near = nearest(chosen.endpoint, names);
    const std::string hint = names.empty()  ? "it has none"
                             : near.empty() ? "there is: " + listed(names)
                                            : "did you mean " + listed(near) + "?";
    return {exit_code::not_found,
            "service \"" + chosen.service + "\" has no endpoint \"" + chosen.endpoint + "\"; " + hint};
}

void describe_side(sheet& page, const char* name, const schema_of_side& side, const terminal& reader) {
    page.field(2, name, side.type.empty() ? "not told" : side.type);
    if (side.schema.empty()) return;
    page.lines(4, pretty_json(side.schema, reader));
}

std::string sheet_of_schemas(const std::map<std::string, micro::endpoint_info>& endpoints, const terminal& reader) {
    sheet page(reader);
    for (const auto& [name, endpoint] : endpoints) {
        if (!page.text().empty()) page.blank_line();
        page.heading(0, name);
        page.field(2, "subject", endpoint.subject);
        page.field(2, "kind", micro::metadata_value(endpoint.metadata, "mote.kind"));
        describe_side(page, "request", side_of(endpoint, "request"), reader);
        describe_side(page, "response", side_of(endpoint, "response"), reader);
    }
    return page.text();
}

boost::json::value json_of_side(const schema_of_side& side) {
    boost::json::object object;
    object["type"] = side.type.empty() ? boost::json::value() : boost::json::value(valid_json(side.type));
    const auto schema = parse_json(side.schema);
    object["schema"] = schema ? *schema : boost::json::value();
    return object;
}

std::string json_of_schemas(const std::string& service, const std::map<std::string, micro::endpoint_info>& endpoints) {
    std::vector<std::string> texts;
    for (const auto& [name, endpoint] : endpoints) {
        boost::json::object object;
        object["service"] = service;
        object["endpoint"] = valid_json(name);
        object["subject"] = valid_json(endpoint.subject);
        object["request"] = json_of_side(side_of(endpoint, "request"));
        object["response"] = json_of_side(side_of(endpoint, "response"));
        texts.push_back(boost::json::serialize(object));
    }
    return json_array(texts);
}

std::string schema_alone(const schema_command& chosen, const micro::endpoint_info& endpoint) {
    const std::string side = chosen.side == schema_side::request ? "request" : "response";
    const auto found = side_of(endpoint, side);
    if (found.schema.empty())
        throw failure(exit_code::not_found,
                      chosen.service + "/" + chosen.endpoint + " tells no schema of its " + side +
                          (found.type.empty() ? "; is it a typed handler?" : "; its type is " + found.type));
    terminal plain = look_at(STDOUT_FILENO, chosen.color);
    return pretty_json(found.schema, plain) + "\n";
}

asio::awaitable<exit_code> schema(schema_command chosen, server_access access) {
    service_choice whom;
    whom.name = chosen.service;
    auto services = co_await ask_services(access, whom, &micro::discovery::info);
    auto fetched = co_await micro::fetch_schemas(access.connection, std::move(services), access.timeout);
    for (const auto& each : fetched.warnings) say("left out: " + each);
    auto endpoints = endpoints_of(std::move(fetched.services));
    if (!chosen.endpoint.empty()) {
        const auto found = endpoints.find(chosen.endpoint);
        if (found == endpoints.end()) throw no_endpoint(chosen, endpoints);
        auto only = endpoints.extract(found);
        endpoints.clear();
        endpoints.insert(std::move(only));
    }
    if (chosen.side != schema_side::both)
        write_out(schema_alone(chosen, endpoints.begin()->second));
    else if (chosen.json)
        write_out(json_of_schemas(chosen.service, endpoints));
    else
        write_out(sheet_of_schemas(endpoints, look_at(STDOUT_FILENO, chosen.color)));
    if (endpoints.empty()) say("service \"" + chosen.service + "\" has no endpoints");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const schema_command& chosen) { return run_with_access(chosen, schema); }

}  // namespace mote::command
