#include <mote/gateway/detail/function_openapi.hpp>

#include <mote/gateway/authorization.hpp>

#include <boost/json.hpp>

namespace mote::gateway::detail {
namespace {

boost::json::object any_bytes() {
    boost::json::object content;
    content["application/octet-stream"] = boost::json::object();
    return content;
}

boost::json::object operation_of(const functions::function_name& name, const functions::description& what) {
    boost::json::object body;
    body["content"] = any_bytes();
    boost::json::object answered;
    answered["description"] = "What the function answers, with a status of its own.";
    answered["content"] = any_bytes();
    boost::json::object responses;
    responses["default"] = std::move(answered);
    boost::json::object operation;
    operation["operationId"] = "function." + name.full();
    operation["tags"] = boost::json::array{"functions"};
    const auto summary = what.annotation("description");
    operation["summary"] = summary.empty() ? "function " + name.full() : std::string(summary);
    operation["requestBody"] = std::move(body);
    operation["responses"] = std::move(responses);
    return operation;
}

}  // namespace

std::string with_functions(const std::string& document, const functions::function_table& functions) {
    boost::json::error_code failed;
    auto whole = boost::json::parse(document, failed);
    if (failed || !whole.is_object()) return document;
    auto& paths = whole.get_object()["paths"];
    if (!paths.is_object()) paths.emplace_object();
    for (const auto& [name, stored] : functions.all()) {
        if (stored.what.paused) continue;
        boost::json::object item;
        item["post"] = operation_of(name, stored.what);
        paths.get_object()["/function/" + name.full()] = std::move(item);
    }
    return boost::json::serialize(whole);
}

std::string with_logins(const std::string& document, bool everywhere) {
    boost::json::error_code failed;
    auto whole = boost::json::parse(document, failed);
    auto* const root = failed ? nullptr : whole.if_object();
    auto* const paths = root != nullptr ? (*root)["paths"].if_object() : nullptr;
    if (paths == nullptr) return document;
    const boost::json::array either{boost::json::object{{"basic", boost::json::array()}},
                                    boost::json::object{{"bearer", boost::json::array()}}};
    bool any = false;
    for (auto& [path, item] : *paths) {
        const auto where = area_of(path);
        if (!item.is_object() || where == area::open || (where == area::functions && !everywhere)) continue;
        for (auto& [method, operation] : item.get_object()) operation.as_object()["security"] = either;
        any = true;
    }
    if (!any) return document;
    auto& components = (*root)["components"];
    if (!components.is_object()) components.emplace_object();
    const auto kind = [](const char* name) { return boost::json::object{{"type", "http"}, {"scheme", name}}; };
    components.get_object()["securitySchemes"] =
        boost::json::object{{"basic", kind("basic")}, {"bearer", kind("bearer")}};
    return boost::json::serialize(whole);
}

}  // namespace mote::gateway::detail
