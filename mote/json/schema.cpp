#include <mote/json/schema.hpp>

#include <algorithm>

namespace mote::json::detail {

constexpr std::string_view dialect = R"({"$schema":"https://json-schema.org/draft/2020-12/schema")";

schema_parts parts_of(const schema_node& root, const schema_builder& builder) {
    schema_parts parts;
    parts.root = root.text();
    for (const auto& [name, text] : builder.definitions()) parts.definitions.push_back({name, text});
    return parts;
}

std::string whole_schema(schema_parts parts) {
    auto& definitions = parts.definitions;
    // A structure that nothing else refers to stands in the document itself.
    const auto is_root = [&](const schema_definition& each) {
        return parts.root == "{\"$ref\":\"#/$defs/" + each.name + "\"}";
    };
    if (const auto root = std::ranges::find_if(definitions, is_root); root != definitions.end()) {
        const auto refers = [reference = parts.root.substr(1, parts.root.size() - 2)](const schema_definition& each) {
            return each.schema.find(reference) != std::string::npos;
        };
        if (std::ranges::none_of(definitions, refers)) {
            parts.root = std::move(root->schema);
            definitions.erase(root);
        }
    }
    std::string out(dialect);
    if (parts.root.size() > 2) out += ',';
    out.append(parts.root, 1, parts.root.size() - 2);
    for (std::size_t i = 0; i < definitions.size(); ++i) {
        out += i == 0 ? ",\"$defs\":{\"" : ",\"";
        out += definitions[i].name + "\":" + definitions[i].schema;
    }
    out += definitions.empty() ? "}" : "}}";
    return out;
}

}  // namespace mote::json::detail
