#include <apps/mote/ask/body_flags.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <utility>

namespace mote::command {
namespace {

namespace json = boost::json;
using kind = value_form::kind;

constexpr std::size_t most_flags = 1000;
constexpr std::size_t most_objects = 10'000;  // that are looked into, also when they have no members
constexpr std::size_t deepest_member = 16;    // members of members that are looked at for what is required
constexpr std::size_t shown_at_once = 20;

[[noreturn]] void refuse(const std::string& line) { throw failure(exit_code::usage, line); }

body_schema schema_of(const std::string& endpoint, std::string_view text) {
    auto schema = body_schema::parse(text);
    if (!schema) refuse(endpoint + ": its JSON Schema cannot be read; give the body as DATA");
    return std::move(*schema);
}

value_form root_of(const std::string& endpoint, const body_schema& schema) {
    const auto object = schema.object_form(schema.root());
    if (!object)
        refuse(endpoint + " takes no members, but " + shown(schema.forms_of(schema.root())) + "; give it as DATA");
    return *object;
}

std::string description_of(const json::value& schema) {
    if (!schema.is_object()) return {};
    for (const char* const word : {"description", "title"})
        if (const auto* const found = schema.get_object().if_contains(word); found != nullptr && found->is_string())
            return std::string(found->get_string());
    return {};
}

/// The longest name of a member that a flag begins with, alone or with a dot behind; empty when there is none. Names may have
/// dots themselves.
std::string_view member_in(const json::object& properties, std::string_view flag) {
    std::string_view best;
    for (const auto& each : properties) {
        const std::string_view name = each.key();
        const bool begins = flag.starts_with(name) && (flag.size() == name.size() || flag[name.size()] == '.');
        if (begins && name.size() > best.size()) best = name;
    }
    return best;
}

std::string_view behind(std::string_view flag, std::size_t size) {
    return flag.size() > size ? flag.substr(size + 1) : std::string_view();
}

bool is_list_text(std::string_view text) { return text.starts_with('[') && text.ends_with(']'); }

}  // namespace

body_flags::body_flags(std::string endpoint, std::string_view schema, const std::vector<std::string>& own_options)
    : endpoint_(std::move(endpoint)),
      schema_(schema_of(endpoint_, schema)),
      root_(root_of(endpoint_, schema_)),
      own_options_(own_options.begin(), own_options.end()) {}

std::string body_flags::flag(std::string_view name) const {
    return (own_options_.contains(name) ? "--." : "--") + std::string(name);
}

bool body_flags::has(std::string_view name) const { return body_schema::properties(root_).contains(name); }

bool body_flags::all_optional() const { return body_schema::required(root_).empty(); }

// ---- telling what there is

std::vector<flag_description> body_flags::list() const {
    std::vector<flag_description> all;
    path within;
    std::size_t objects = 0;
    list(root_, "", true, within, objects, all);
    return all;
}

flag_description body_flags::described(const json::value& schema, const std::string& name, bool required) const {
    flag_description made;
    made.name = flag(name);
    made.required = required;
    made.description = description_of(schema);
    const auto array = schema_.array_form(schema);
    made.repeats = array.has_value();
    made.value = shown(schema_.forms_of(array ? body_schema::element(*array, 0) : schema));
    return made;
}

void body_flags::list(const value_form& object, const std::string& prefix, bool required, path& within,
                      std::size_t& objects, std::vector<flag_description>& into) const {
    if (std::ranges::find(within, object.schema) != within.end() || ++objects > most_objects) return;
    within.push_back(object.schema);
    const auto needed = body_schema::required(object);
    for (const auto& each : body_schema::properties(object)) {
        if (into.size() >= most_flags) break;
        const std::string name = prefix + std::string(each.key());
        const bool must = required && std::ranges::find(needed, std::string(each.key())) != needed.end();
        if (const auto inner = schema_.object_form(each.value()))
            list(*inner, name + ".", must, within, objects, into);
        else
            into.push_back(described(each.value(), name, must));
    }
    if (const auto* const others = body_schema::other_members(object); others != nullptr && into.size() < most_flags)
        into.push_back(described(*others, prefix + "KEY", false));
    within.pop_back();
}

// ---- making the body

json::object body_flags::make(const std::vector<body_flag>& given) const {
    json::value body = json::object();
    for (const body_flag& each : given) {
        bool is_new = true;
        set_member(root_, each.name, each, body, is_new);
    }
    std::vector<std::string> missing;
    add_missing(schema_.root(), "", 0, body, missing);
    if (missing.empty()) return std::move(body.get_object());
    refuse(endpoint_ + ": " + listed(missing, shown_at_once) + (missing.size() == 1 ? " is" : " are") +
           " missing; --flags tells what there is");
}

void body_flags::set(const json::value& schema, std::string_view rest, const body_flag& given, json::value& into,
                     bool& is_new) const {
    if (rest.empty()) return set_value(schema, given, into, is_new);
    if (const auto object = schema_.object_form(schema)) return set_member(*object, rest, given, into, is_new);
    if (schema_.forms_of(schema).back().is != kind::any) refuse_unknown(given);
    static const json::object open;  // anything: its members are anything, too
    set_member({kind::object, &open}, rest, given, into, is_new);
}

void body_flags::set_member(const value_form& object, std::string_view rest, const body_flag& given, json::value& into,
                            bool& is_new) const {
    const json::value* schema = nullptr;
    std::string_view name = member_in(body_schema::properties(object), rest);
    if (!name.empty()) {
        if (rest.size() == name.size() + 1) refuse_unknown(given);  // a dot, and nothing behind it
        schema = &body_schema::properties(object).at(name);
    } else {
        schema = body_schema::other_members(object);
        if (schema == nullptr) refuse_unknown(given);
        const bool has_members = schema_.object_form(*schema) || schema_.forms_of(*schema).back().is == kind::any;
        name = has_members ? rest.substr(0, rest.find('.')) : rest;
        if (name.empty()) refuse_unknown(given);
    }
    if (!into.is_object()) {
        if (!is_new) refuse(endpoint_ + ": " + flag(given.name) + " is given as a whole, too");
        into = json::object();
    }
    auto& members = into.get_object();
    is_new = !members.contains(name);
    set(*schema, behind(rest, name.size()), given, members[name], is_new);
}

void body_flags::set_value(const json::value& schema, const body_flag& given, json::value& into, bool& is_new) const {
    const auto forms = schema_.forms_of(schema);
    const auto array = schema_.array_form(schema);
    const std::string text = given.value.value_or("true");  // a flag that stands alone says yes
    const auto take = [&text, &given](const std::vector<value_form>& all) -> std::optional<json::value> {
        for (const value_form& each : all) {
            if (!given.value && each.is != kind::boolean) continue;
            if (auto value = value_of(each, text)) return value;
        }
        return std::nullopt;
    };
    if (array && !is_list_text(text)) {
        if (is_new) into = json::array();
        if (!into.is_array()) refuse(endpoint_ + ": " + flag(given.name) + " is given twice");
        auto& elements = into.get_array();
        const auto element_forms = schema_.forms_of(body_schema::element(*array, elements.size()));
        auto value = take(element_forms);
        if (!value) refuse_value(given, shown(element_forms));
        elements.push_back(std::move(*value));
        return;
    }
    if (!is_new) refuse(endpoint_ + ": " + flag(given.name) + " is given twice");
    auto value = take(forms);
    if (!value) refuse_value(given, shown(forms));
    into = std::move(*value);
}

void body_flags::add_missing(const json::value& schema, const std::string& prefix, std::size_t level, json::value& into,
                             std::vector<std::string>& missing) const {
    const auto object = schema_.object_form(schema);
    if (!object || !into.is_object() || level > deepest_member) return;
    const auto& properties = body_schema::properties(*object);
    auto& members = into.get_object();
    for (const std::string& name : body_schema::required(*object)) {
        if (members.contains(name)) continue;
        const auto* const of = properties.if_contains(name);
        if (of == nullptr || !schema_.object_form(*of)) {
            missing.push_back(flag(prefix + name));
            continue;
        }
        // A structure of which nothing was said: what it needs is missing, and itself when that is nothing.
        json::value made = json::object();
        const auto before = missing.size();
        add_missing(*of, prefix + name + ".", level + 1, made, missing);
        if (missing.size() == before) members[name] = std::move(made);
    }
    for (auto& each : members)
        if (const auto* const of = properties.if_contains(each.key()))
            add_missing(*of, prefix + std::string(each.key()) + ".", level + 1, each.value(), missing);
}

void body_flags::refuse_unknown(const body_flag& given) const {
    std::vector<std::string> names;
    for (const auto& each : list()) names.push_back(each.name);
    std::vector<std::string> known = names;
    for (const std::string& each : own_options_) known.push_back("--" + each);
    const auto near = nearest("--" + given.name, known);
    std::string line = endpoint_ + " has no flag --" + given.name;
    if (!near.empty()) line += "; did you mean " + listed(near) + "?";
    refuse(line + "; it takes " + (names.empty() ? "none" : listed(names, shown_at_once)));
}

void body_flags::refuse_value(const body_flag& given, const std::string& expected) const {
    const std::string got = given.value ? "got \"" + shortened(printable(*given.value), 60, "...") + "\"" : "got none";
    refuse(endpoint_ + ": " + flag(given.name) + ": expected " + expected + ", " + got);
}

}  // namespace mote::command
