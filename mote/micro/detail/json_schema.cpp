#include <mote/micro/detail/json_schema.hpp>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

namespace mote::micro::detail {
namespace {

constexpr std::size_t largest = 1024 * 1024;
constexpr std::size_t deepest = 64;
constexpr std::string_view dialect = "https://json-schema.org/draft/2020-12/schema";

/// What stands behind a keyword.
enum class form { schema, schemas, named_schemas, text, texts, flag, number, count, type, list, reference, refused };

struct keyword {
    std::string_view name;
    form of;
    bool in_place = false;  // its schemas are for the very value that the schema is for
};

/// Those whose form matters; what stands behind others is data.
constexpr std::array keywords{
    keyword{"$anchor", form::refused},
    keyword{"$defs", form::named_schemas},
    keyword{"$dynamicAnchor", form::refused},
    keyword{"$dynamicRef", form::refused},
    keyword{"$id", form::refused},
    keyword{"$recursiveRef", form::refused},
    keyword{"$ref", form::reference, true},
    keyword{"$schema", form::refused},
    keyword{"additionalProperties", form::schema},
    keyword{"allOf", form::schemas, true},
    keyword{"anyOf", form::schemas, true},
    keyword{"contains", form::schema},
    keyword{"contentEncoding", form::text},
    keyword{"contentMediaType", form::text},
    keyword{"contentSchema", form::schema},
    keyword{"definitions", form::named_schemas},
    keyword{"dependentSchemas", form::named_schemas, true},
    keyword{"deprecated", form::flag},
    keyword{"description", form::text},
    keyword{"discriminator", form::refused},  // of OpenAPI: its mapping has references of another form
    keyword{"else", form::schema, true},
    keyword{"enum", form::list},
    keyword{"exclusiveMaximum", form::number},
    keyword{"exclusiveMinimum", form::number},
    keyword{"format", form::text},
    keyword{"if", form::schema, true},
    keyword{"items", form::schema},
    keyword{"maxContains", form::count},
    keyword{"maxItems", form::count},
    keyword{"maxLength", form::count},
    keyword{"maxProperties", form::count},
    keyword{"maximum", form::number},
    keyword{"minContains", form::count},
    keyword{"minItems", form::count},
    keyword{"minLength", form::count},
    keyword{"minProperties", form::count},
    keyword{"minimum", form::number},
    keyword{"multipleOf", form::number},
    keyword{"not", form::schema, true},
    keyword{"oneOf", form::schemas, true},
    keyword{"pattern", form::text},
    keyword{"patternProperties", form::named_schemas},
    keyword{"prefixItems", form::schemas},
    keyword{"properties", form::named_schemas},
    keyword{"propertyNames", form::schema},
    keyword{"readOnly", form::flag},
    keyword{"required", form::texts},
    keyword{"then", form::schema, true},
    keyword{"title", form::text},
    keyword{"type", form::type},
    keyword{"unevaluatedItems", form::schema},
    keyword{"unevaluatedProperties", form::schema},
    keyword{"uniqueItems", form::flag},
    keyword{"writeOnly", form::flag},
};
static_assert(std::ranges::is_sorted(keywords, {}, &keyword::name));

const keyword* find_keyword(std::string_view name) {
    const auto* const found = std::ranges::lower_bound(keywords, name, {}, &keyword::name);
    return found != keywords.end() && found->name == name ? found : nullptr;
}

bool is_type(const boost::json::value& value) {
    static constexpr std::array<std::string_view, 7> known{"null",   "boolean", "object", "array",
                                                           "number", "string",  "integer"};
    const auto* const text = value.if_string();
    return text != nullptr && std::ranges::find(known, std::string_view(*text)) != known.end();
}

bool is_number_from(const boost::json::value& value, double least) {
    return value.is_number() && value.to_number<double>() >= least;
}

bool are_distinct_texts(const boost::json::value& value, bool (*allowed)(const boost::json::value&)) {
    const auto* const elements = value.if_array();
    if (elements == nullptr) return false;
    std::set<std::string_view> seen;
    return std::ranges::all_of(*elements, [&](const boost::json::value& each) {
        return allowed(each) && seen.insert(std::string_view(each.get_string())).second;
    });
}

bool has_form(const boost::json::value& value, const keyword& key) {
    switch (key.of) {
        case form::schema: return value.is_object() || value.is_bool();
        case form::schemas: return value.is_array() && !value.get_array().empty();
        case form::named_schemas: return value.is_object();
        case form::reference:
        case form::text: return value.is_string();
        case form::texts:
            return are_distinct_texts(value, [](const boost::json::value& each) { return each.is_string(); });
        case form::flag: return value.is_bool();
        case form::number: return value.is_number() && (key.name != "multipleOf" || value.to_number<double>() > 0);
        case form::count:
            return is_number_from(value, 0) && std::floor(value.to_number<double>()) == value.to_number<double>();
        case form::list: return value.is_array();
        case form::type:
            return is_type(value) ||
                   (value.is_array() && !value.get_array().empty() && are_distinct_texts(value, is_type));
        case form::refused: return false;
    }
    return false;
}

/// Calls `visit` with each schema that stands behind the keyword.
template <class Visit>
void for_each_schema(const keyword& key, boost::json::value& value, Visit visit) {
    if (key.of == form::schema) visit(value);
    if (key.of == form::schemas)
        for (auto& each : value.get_array()) visit(each);
    if (key.of == form::named_schemas)
        for (auto& each : value.get_object()) visit(each.value());
}

/// Data is no schema, but many programs take a `$ref` for one wherever it stands, and fetch what it names.
bool has_reference(const boost::json::value& data) {
    if (const auto* const elements = data.if_array()) return std::ranges::any_of(*elements, has_reference);
    const auto* const members = data.if_object();
    return members != nullptr && std::ranges::any_of(*members, [](const auto& each) {
               return (each.key() == "$ref" && each.value().is_string()) || has_reference(each.value());
           });
}

void check_schema(boost::json::value& schema, std::string& problem) {
    if (!problem.empty() || schema.is_bool()) return;
    if (!schema.is_object()) {
        problem = "something that is no schema stands where one should be";
        return;
    }
    for (auto& member : schema.get_object()) {
        const auto* const key = find_keyword(member.key());
        if ((key == nullptr || key->of == form::list) && has_reference(member.value()))
            problem = "$ref in what is no schema";
        if (key == nullptr) continue;
        if (!has_form(member.value(), *key))
            problem = key->of == form::refused ? std::string(key->name) + " within a schema is not supported"
                                               : "a wrong value for " + std::string(key->name);
        if (!problem.empty()) return;
        for_each_schema(*key, member.value(), [&](boost::json::value& each) { check_schema(each, problem); });
    }
}

/// Boost.JSON reads and writes numbers that JSON does not have.
bool has_only_numbers(const boost::json::value& value) {
    if (const auto* const number = value.if_double()) return std::isfinite(*number);
    if (const auto* const elements = value.if_array()) return std::ranges::all_of(*elements, has_only_numbers);
    if (const auto* const members = value.if_object())
        return std::ranges::all_of(*members, [](const auto& each) { return has_only_numbers(each.value()); });
    return true;
}

/// Takes off what is of the document and not of the schema.
void take_off_names(boost::json::object& root, std::string& problem) {
    if (const auto* const named = root.if_contains("$schema")) {
        const auto* const text = named->if_string();
        auto wanted = text != nullptr ? std::string_view(*text) : std::string_view();
        if (wanted.ends_with('#')) wanted.remove_suffix(1);
        if (wanted != dialect) problem = "its $schema is not that of draft 2020-12";
    }
    root.stable_erase("$schema");
    root.stable_erase("$id");
}

}  // namespace

boost::json::value parse_json_schema(std::string_view text, std::string& problem) {
    problem.clear();
    if (text.size() > largest) {
        problem = "larger than " + std::to_string(largest) + " bytes";
        return nullptr;
    }
    boost::json::parse_options options;
    options.max_depth = deepest;
    boost::system::error_code failed;
    auto schema = boost::json::parse(boost::json::string_view(text.data(), text.size()), failed, {}, options);
    if (failed)
        problem = "not JSON: " + failed.message();
    else if (!has_only_numbers(schema))
        problem = "a number that is none";
    if (problem.empty() && schema.is_object()) take_off_names(schema.get_object(), problem);
    check_schema(schema, problem);
    return problem.empty() ? std::move(schema) : nullptr;
}

namespace {

void visit_references(boost::json::value& schema, const reference_visitor& visit, bool in_place, bool at_root) {
    if (!schema.is_object()) return;
    for (auto& member : schema.get_object()) {
        const auto* const key = find_keyword(member.key());
        if (key == nullptr || (at_root && key->name == "$defs")) continue;
        const bool of_the_value = in_place && key->in_place;
        if (key->of == form::reference) visit(member.value().get_string(), of_the_value);
        for_each_schema(*key, member.value(),
                        [&](boost::json::value& each) { visit_references(each, visit, of_the_value, false); });
    }
}

}  // namespace

void visit_references(boost::json::value& schema, const reference_visitor& visit) {
    visit_references(schema, visit, true, true);
}

bool read_reference(std::string_view reference, std::string& name) {
    constexpr std::string_view prefix = "#/$defs/";
    if (!reference.starts_with(prefix)) return false;
    reference.remove_prefix(prefix.size());
    name.clear();
    // A JSON pointer in a fragment: %XX for bytes, then ~1 for a slash and ~0 for a tilde.
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
    std::string pointer;
    for (; !reference.empty(); reference.remove_prefix(1)) {
        if (reference[0] == '%') {
            if (reference.size() < 3 || !is_hex(reference[1]) || !is_hex(reference[2])) return false;
            pointer += static_cast<char>(digit(reference[1]) * 16 + digit(reference[2]));
            reference.remove_prefix(2);
        } else {
            pointer += reference[0];
        }
    }
    for (std::size_t at = 0; at < pointer.size(); ++at) {
        if (pointer[at] == '/') return false;
        if (pointer[at] == '~') {
            ++at;
            if (at == pointer.size() || (pointer[at] != '0' && pointer[at] != '1')) return false;
            name += pointer[at] == '0' ? '~' : '/';
        } else {
            name += pointer[at];
        }
    }
    return true;
}

}  // namespace mote::micro::detail
