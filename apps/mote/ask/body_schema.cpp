#include <apps/mote/ask/body_schema.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mote::command {
namespace {

namespace json = boost::json;
using kind = value_form::kind;

constexpr std::size_t deepest_reference = 32;  // alternatives within alternatives, references to references
constexpr std::size_t most_forms = 64;         // of one value
constexpr std::size_t most_visits = 10'000;  // of schemas within it: a small document may have alternatives without end
constexpr std::size_t most_listed = 12;      // choices in one line

const json::value anything = json::object();

std::string_view text_of(const json::value& value) {
    return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

kind kind_named(std::string_view type) noexcept {
    constexpr std::array<std::pair<std::string_view, kind>, 7> names{{{"integer", kind::integer},
                                                                      {"number", kind::number},
                                                                      {"boolean", kind::boolean},
                                                                      {"array", kind::array},
                                                                      {"object", kind::object},
                                                                      {"string", kind::text},
                                                                      {"null", kind::null}}};
    const auto found = std::ranges::find(names, type, [](const auto& each) { return each.first; });
    return found == names.end() ? kind::any : found->second;
}

/// What a schema without a `type` is about, by what it says of it.
kind kind_of_untyped(const json::object& schema) noexcept {
    if (schema.contains("properties") || schema.contains("additionalProperties")) return kind::object;
    if (schema.contains("items") || schema.contains("prefixItems")) return kind::array;
    return kind::any;
}

const json::value* alternatives_of(const json::object& schema) {
    for (const char* const word : {"anyOf", "oneOf"})
        if (const auto* const found = schema.if_contains(word); found != nullptr && found->is_array()) return found;
    const auto* const all = schema.if_contains("allOf");  // of one: what it refers to, with words of its own beside
    const bool is_one = all != nullptr && all->is_array() && all->get_array().size() == 1;
    return is_one ? all : nullptr;
}

std::string number_text(const json::value* number) {
    return number != nullptr && number->is_number() ? json::serialize(*number) : std::string();
}

std::string range_of(const value_form& form) {
    const auto least = number_text(form.schema->if_contains("minimum"));
    const auto most = number_text(form.schema->if_contains("maximum"));
    if (least.empty() && most.empty()) return {};
    return " " + least + ".." + most;
}

std::vector<std::string> choices_of(const value_form& form) {
    std::vector<std::string> names;
    const auto add = [&names](const json::value& each) {
        names.push_back(each.is_string() ? std::string(each.get_string()) : json::serialize(each));
    };
    if (const auto* const all = form.schema->if_contains("enum"); all != nullptr && all->is_array())
        for (const json::value& each : all->get_array()) add(each);
    if (const auto* const only = form.schema->if_contains("const")) add(*only);
    return names;
}

bool is_within(const value_form& form, const json::value& number) {
    const double value = number.to_number<double>();
    const auto* const least = form.schema->if_contains("minimum");
    const auto* const most = form.schema->if_contains("maximum");
    if (least != nullptr && least->is_number() && value < least->to_number<double>()) return false;
    return most == nullptr || !most->is_number() || value <= most->to_number<double>();
}

std::optional<json::value> parsed(std::string_view text) {
    boost::system::error_code failed;
    json::value value = json::parse(text, failed);
    if (failed) return std::nullopt;
    return value;
}

std::optional<json::value> number_of(const value_form& form, std::string_view text) {
    auto value = parsed(text.starts_with('+') ? text.substr(1) : text);
    if (!value || !value->is_number() || !is_within(form, *value)) return std::nullopt;
    if (form.is == kind::integer && value->is_double()) return std::nullopt;
    return value;
}

std::optional<json::value> choice_of(const value_form& form, std::string_view text) {
    const auto names = choices_of(form);
    const auto at = std::ranges::find(names, text);
    if (at == names.end()) return std::nullopt;
    if (const auto* const all = form.schema->if_contains("enum"); all != nullptr && all->is_array())
        if (const auto index = static_cast<std::size_t>(at - names.begin()); index < all->get_array().size())
            return all->get_array()[index];
    return form.schema->at("const");
}

}  // namespace

std::optional<body_schema> body_schema::parse(std::string_view text) {
    auto document = parsed(text);
    if (!document || !(document->is_object() || document->is_bool())) return std::nullopt;
    return body_schema(std::move(*document));
}

const json::value* body_schema::resolved(const json::value& schema) const {
    const json::value* at = &schema;
    for (std::size_t step = 0; step < deepest_reference && at->is_object(); ++step) {
        const auto* const reference = at->get_object().if_contains("$ref");
        if (reference == nullptr) return at;
        const auto target = text_of(*reference);
        if (!target.starts_with('#')) return nullptr;  // another document
        boost::system::error_code failed;
        const auto* const next = document_.find_pointer(target.substr(1), failed);
        if (failed || next == nullptr) return nullptr;
        at = next;
    }
    return at->is_object() && !at->get_object().contains("$ref") ? at : nullptr;
}

void body_schema::add_forms(const json::value& schema, std::size_t level, std::size_t& visits,
                            std::vector<value_form>& forms) const {
    if (forms.size() >= most_forms || visits >= most_visits) return;
    ++visits;
    const json::value* const there = resolved(schema);
    if (there == nullptr || level > deepest_reference) return forms.push_back({kind::any, nullptr});
    const json::object& object = there->get_object();
    if (object.contains("enum") || object.contains("const")) return forms.push_back({kind::choice, &object});
    if (const auto* const all = alternatives_of(object)) {
        for (const json::value& each : all->get_array()) add_forms(each, level + 1, visits, forms);
        return;
    }
    const auto add = [&](kind is) { forms.push_back({is, is == kind::any ? nullptr : &object}); };
    const auto* const type = object.if_contains("type");
    if (type == nullptr) return add(kind_of_untyped(object));
    if (!type->is_array()) return add(kind_named(text_of(*type)));
    for (const json::value& each : type->get_array()) add(kind_named(text_of(each)));
}

std::vector<value_form> body_schema::forms_of(const json::value& schema) const {
    std::vector<value_form> forms;
    std::size_t visits = 0;
    add_forms(schema, 0, visits, forms);
    if (forms.empty()) forms.push_back({kind::any, nullptr});
    std::ranges::stable_sort(forms, {}, &value_form::is);
    return forms;
}

std::optional<value_form> body_schema::object_form(const json::value& schema) const {
    const auto forms = forms_of(schema);
    const auto found = std::ranges::find(forms, kind::object, &value_form::is);
    return found == forms.end() ? std::nullopt : std::optional(*found);
}

std::optional<value_form> body_schema::array_form(const json::value& schema) const {
    const auto forms = forms_of(schema);
    const auto found = std::ranges::find(forms, kind::array, &value_form::is);
    return found == forms.end() ? std::nullopt : std::optional(*found);
}

const json::object& body_schema::properties(const value_form& object) {
    static const json::object none;
    const auto* const found = object.schema->if_contains("properties");
    return found != nullptr && found->is_object() ? found->get_object() : none;
}

std::vector<std::string> body_schema::required(const value_form& object) {
    std::vector<std::string> names;
    const auto* const found = object.schema->if_contains("required");
    if (found == nullptr || !found->is_array()) return names;
    for (const json::value& each : found->get_array()) names.emplace_back(text_of(each));
    return names;
}

const json::value* body_schema::other_members(const value_form& object) {
    const auto* const found = object.schema->if_contains("additionalProperties");
    // Not said: any are allowed, but a name that nobody knows is a mistake of who wrote it.
    if (found == nullptr) return properties(object).empty() ? &anything : nullptr;
    if (found->is_bool()) return found->get_bool() ? &anything : nullptr;
    return found;
}

const json::value& body_schema::element(const value_form& array, std::size_t index) {
    const auto* const first = array.schema->if_contains("prefixItems");
    if (first != nullptr && first->is_array() && index < first->get_array().size()) return first->get_array()[index];
    const auto* const all = array.schema->if_contains("items");
    return all != nullptr && all->is_object() ? *all : anything;
}

std::string shown(const value_form& form) {
    switch (form.is) {
        case kind::integer: return "INTEGER" + range_of(form);
        case kind::number: return "NUMBER" + range_of(form);
        case kind::boolean: return "true|false";
        case kind::array: return "JSON array";
        case kind::object: return "JSON object";
        case kind::null: return "null";
        case kind::any: return "JSON or TEXT";
        case kind::text: {
            const auto* const format = form.schema->if_contains("format");
            return format != nullptr && text_of(*format) == "date-time" ? "TIME like 2026-01-31T12:00:00Z" : "TEXT";
        }
        case kind::choice: break;
    }
    const auto names = choices_of(form);
    std::string text;
    for (std::size_t at = 0; at < std::min(names.size(), most_listed); ++at) text += (at == 0 ? "" : "|") + names[at];
    return names.size() > most_listed ? text + "|..." : text;
}

std::string shown(const std::vector<value_form>& forms) {
    std::string text;
    for (const value_form& each : forms) {
        if (each.is == kind::null && forms.size() > 1) continue;
        text += (text.empty() ? "" : " or ") + shown(each);
    }
    return text;
}

std::optional<json::value> value_of(const value_form& form, std::string_view text) {
    switch (form.is) {
        case kind::integer:
        case kind::number: return number_of(form, text);
        case kind::choice: return choice_of(form, text);
        case kind::text: return json::value(text);
        case kind::boolean:
            if (text != "true" && text != "false") return std::nullopt;
            return json::value(text == "true");
        case kind::null: return text == "null" ? std::optional(json::value(nullptr)) : std::nullopt;
        case kind::any: {
            auto value = parsed(text);
            return value ? std::move(value) : std::optional(json::value(text));
        }
        case kind::array:
        case kind::object: break;
    }
    auto value = parsed(text);
    const bool fits = value && (form.is == kind::array ? value->is_array() : value->is_object());
    return fits ? std::move(value) : std::nullopt;
}

}  // namespace mote::command
