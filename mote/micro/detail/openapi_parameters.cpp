#include <mote/micro/detail/openapi_parameters.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace mote::micro::detail {
namespace {

constexpr std::string_view component_prefix = "#/components/schemas/";

/// The schema itself, or the component that it refers to; null for one that is no object.
const boost::json::object* resolved(const boost::json::value& schema, const boost::json::object& components) {
    const auto* const object = schema.if_object();
    const auto* const reference = object != nullptr ? object->if_contains("$ref") : nullptr;
    if (reference == nullptr) return object;
    auto name = std::string_view(reference->get_string());
    name.remove_prefix(std::min(component_prefix.size(), name.size()));
    const auto* const found = components.if_contains(name);
    return found != nullptr ? found->if_object() : nullptr;
}

/// The one type beside null; empty when there are several, or none is said.
std::string_view type_of(const boost::json::object* schema) {
    const auto* const type = schema != nullptr ? schema->if_contains("type") : nullptr;
    if (type == nullptr) return {};
    if (const auto* const one = type->if_string()) return *one;
    std::string_view found;
    for (const auto& each : type->get_array()) {
        const auto name = std::string_view(each.get_string());
        if (name == "null") continue;
        if (!found.empty()) return {};
        found = name;
    }
    return found;
}

bool is_one_value(std::string_view type) {
    return type == "string" || type == "integer" || type == "number" || type == "boolean";
}

boost::json::object parameter(std::string_view name, const char* where, bool required, boost::json::value schema) {
    boost::json::object made{{"name", name}, {"in", where}};
    if (required) made["required"] = true;
    made["schema"] = std::move(schema);
    return made;
}

bool is_required(const boost::json::object& whole, std::string_view name) {
    const auto* const required = whole.if_contains("required");
    return required != nullptr && std::ranges::any_of(required->get_array(), [&](const boost::json::value& each) {
               return std::string_view(each.get_string()) == name;
           });
}

}  // namespace

boost::json::array parameters_of(const parameter_source& from, const boost::json::object& components) {
    const boost::json::value text = boost::json::object{{"type", "string"}};
    const auto* const whole = resolved(from.schema, components);
    const auto type = type_of(whole);
    const bool is_value = is_one_value(type);
    const auto* const members = whole != nullptr && !is_value ? whole->if_contains("properties") : nullptr;
    boost::json::array made;
    for (const auto& name : from.in_path) {
        const auto* const member = members != nullptr ? members->get_object().if_contains(name) : nullptr;
        const bool fits = member != nullptr && is_one_value(type_of(resolved(*member, components)));
        made.push_back(parameter(name, "path", true, fits ? *member : is_value ? from.schema : text));
    }
    if (!from.in_query) return made;
    if (is_value && from.in_path.empty()) made.push_back(parameter("value", "query", true, from.schema));
    if (members == nullptr) return made;
    for (const auto& member : members->get_object()) {
        const auto name = std::string_view(member.key());
        if (std::ranges::find(from.in_path, name) != from.in_path.end()) continue;
        if (is_one_value(type_of(resolved(member.value(), components))))
            made.push_back(parameter(name, "query", is_required(*whole, name), member.value()));
    }
    return made;
}

}  // namespace mote::micro::detail
