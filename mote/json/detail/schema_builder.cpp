#include <mote/json/detail/schema_builder.hpp>

#include <mote/json/detail/text.hpp>

#include <limits>
#include <utility>

namespace mote::json::detail {
namespace {

std::string text_of(std::string_view text) {
    std::string out;
    if (!append_quoted(out, text)) return quoted(text);  // a description that is not UTF-8 in the program's source
    return out;
}

std::string list_of(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) out += (out.empty() ? "" : ",") + text_of(name);
    return '[' + out + ']';
}

std::string list_of(std::span<const std::string> schemas) {
    std::string out;
    for (const std::string& schema : schemas) out += (out.empty() ? "" : ",") + schema;
    return '[' + out + ']';
}

std::string size_of(std::size_t size) {
    const std::string count = std::to_string(size);
    return ",\"minItems\":" + count + ",\"maxItems\":" + count;
}

bool is_name_part(char each) noexcept {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') || each == '_';
}

void erase_all(std::string& text, std::string_view what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) text.erase(at, what.size());
}

}  // namespace

std::string schema_node::text() const {
    std::string members;
    if (!type.empty())
        members = ",\"type\":" + (null && type != "null" ? "[\"" + type + "\",\"null\"]" : '"' + type + '"');
    members += rest;
    if (!title.empty()) members += ",\"title\":" + text_of(title);
    if (!description.empty()) members += ",\"description\":" + text_of(description);
    return '{' + (members.empty() ? members : members.substr(1)) + '}';
}

schema_node schema_of_type(std::string_view type) {
    schema_node node;
    node.type = type;
    node.null = type.empty() || type == "null";
    return node;
}

schema_node schema_of_integer(std::int64_t least, std::uint64_t most) {
    schema_node node = schema_of_type("integer");
    if (least != std::numeric_limits<std::int64_t>::min()) node.rest += ",\"minimum\":" + std::to_string(least);
    if (most < std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        node.rest += ",\"maximum\":" + std::to_string(most);
    return node;
}

schema_node schema_of_duration(std::int64_t step) {
    schema_node node = schema_of_type("integer");
    if (step > 1) node.rest = ",\"multipleOf\":" + std::to_string(step);
    return node;
}

schema_node schema_of_time() {
    schema_node node = schema_of_type("string");
    node.rest = ",\"format\":\"date-time\"";
    return node;
}

schema_node schema_of_names(std::span<const std::string_view> names) {
    schema_node node = schema_of_type("string");
    node.rest = ",\"enum\":" + list_of(names);
    node.lists = true;
    return node;
}

schema_node schema_of_array(std::string items) {
    schema_node node = schema_of_type("array");
    node.rest = ",\"items\":" + std::move(items);
    return node;
}

schema_node schema_of_array_of(std::size_t size, std::string items) {
    schema_node node = schema_of_array(std::move(items));
    node.rest += size_of(size);
    return node;
}

schema_node schema_of_tuple(std::span<const std::string> items) {
    schema_node node = schema_of_type("array");
    if (!items.empty()) node.rest = ",\"prefixItems\":" + list_of(items);
    node.rest += size_of(items.size());
    return node;
}

schema_node schema_of_structure(std::span<const schema_property> properties) {
    schema_node node = schema_of_type("object");
    std::string members;
    std::vector<std::string_view> required;
    for (const schema_property& each : properties) {
        members += (members.empty() ? "" : ",") + text_of(each.name) + ':' + each.schema;
        if (each.required) required.push_back(each.name);
    }
    if (!members.empty()) node.rest = ",\"properties\":{" + members + '}';
    if (!required.empty()) node.rest += ",\"required\":" + list_of(required);
    return node;
}

schema_node schema_of_map(std::string values, std::string keys) {
    schema_node node = schema_of_type("object");
    if (!keys.empty()) node.rest = ",\"propertyNames\":" + std::move(keys);
    node.rest += ",\"additionalProperties\":" + std::move(values);
    return node;
}

schema_node schema_of_any_of(std::span<const schema_node> alternatives) {
    schema_node node;
    std::vector<std::string> texts;
    for (const schema_node& each : alternatives) {
        texts.push_back(each.text());
        node.null = node.null || each.null;
    }
    node.rest = ",\"anyOf\":" + list_of(texts);
    return node;
}

schema_node with_null(schema_node schema) {
    if (schema.null) return schema;
    if (schema.type.empty() || schema.lists) {
        const schema_node alternatives[] = {std::move(schema), schema_of_type("null")};
        return schema_of_any_of(alternatives);
    }
    schema.null = true;
    return schema;
}

std::string schema_of_integer_keys(bool negative_too) {
    return negative_too ? R"({"pattern":"^(0|-?[1-9][0-9]*)$"})" : R"({"pattern":"^(0|[1-9][0-9]*)$"})";
}

std::string definition_name(std::string_view printed) {
    std::string name(printed);
    for (const std::string_view unnamed : {"{anonymous}::", "(anonymous namespace)::"}) erase_all(name, unnamed);
    std::string safe;
    for (const char each : name) {
        if (is_name_part(each))
            safe += each;
        else if (each == ':' && !safe.empty() && safe.back() != '.')
            safe += '.';
        else if (each != ':' && each != ' ' && !safe.empty() && safe.back() != '_')
            safe += '_';
    }
    while (!safe.empty() && safe.back() == '_') safe.pop_back();
    return safe;
}

schema_builder::schema_builder(std::string_view ref_prefix) : ref_prefix_(ref_prefix) {}

schema_builder::~schema_builder() = default;

void schema_builder::define(const std::string& name, const schema_node& body) { definitions_[name] = body.text(); }

const std::string& schema_builder::name_of(const void* type, std::string wanted, bool& is_new) {
    const auto known = names_.find(type);
    is_new = known == names_.end();
    if (!is_new) return known->second;
    std::string name = wanted;
    for (int number = 2; definitions_.contains(name); ++number) name = wanted + '_' + std::to_string(number);
    definitions_[name];  // taken, also while its body is written
    return names_[type] = std::move(name);
}

schema_node schema_builder::reference(const std::string& name) const {
    schema_node node;
    node.rest = ",\"$ref\":" + text_of(ref_prefix_ + name);
    return node;
}

}  // namespace mote::json::detail
