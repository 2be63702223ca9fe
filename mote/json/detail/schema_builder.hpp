#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// JSON Schemas as text. Which types become which calls is in `schema.hpp`; nothing here is a template.
namespace mote::json::detail {

/// A schema under construction.
struct schema_node {
    std::string type;  // "integer"; empty: the rest says it all
    std::string rest;  // more members, each with a comma before it
    std::string_view title = {}, description = {};
    bool lists = false;  // with an `enum`, which would have to have null too
    bool null = false;   // takes null

    std::string text() const;
};

/// A member of an object.
struct schema_property {
    std::string_view name;
    bool required = true;
    std::string schema;
};

schema_node schema_of_type(std::string_view type);
/// An integer; bounds that are those of 64 bits are left out, except the 0 of unsigned types.
schema_node schema_of_integer(std::int64_t least, std::uint64_t most);
schema_node schema_of_duration(std::int64_t step);
schema_node schema_of_time();
schema_node schema_of_names(std::span<const std::string_view> names);
schema_node schema_of_array(std::string items);
schema_node schema_of_array_of(std::size_t size, std::string items);
schema_node schema_of_tuple(std::span<const std::string> items);
schema_node schema_of_structure(std::span<const schema_property> properties);
/// `keys` is the schema of the keys, empty where any string is one.
schema_node schema_of_map(std::string values, std::string keys);
schema_node schema_of_any_of(std::span<const schema_node> alternatives);
schema_node with_null(schema_node schema);

/// The regular expression of keys that are integers.
std::string schema_of_integer_keys(bool negative_too);

/// `hackernews.post` of what compilers print of a type's name: only what OpenAPI takes as a name, without unnamed
/// namespaces.
std::string definition_name(std::string_view printed);

/// The definitions of the described structures that a schema uses, each once.
class schema_builder {
public:
    explicit schema_builder(std::string_view ref_prefix);
    schema_builder(const schema_builder&) = delete;
    schema_builder& operator=(const schema_builder&) = delete;
    ~schema_builder();

    /// The name of the definition of the type with the address `type`; `is_new` when its body is still to be defined. A
    /// name that another type has gets a number.
    const std::string& name_of(const void* type, std::string wanted, bool& is_new);
    void define(const std::string& name, const schema_node& body);
    schema_node reference(const std::string& name) const;

    const std::map<std::string, std::string>& definitions() const noexcept { return definitions_; }

private:
    std::string ref_prefix_;
    std::map<const void*, std::string> names_;
    std::map<std::string, std::string> definitions_;
};

}  // namespace mote::json::detail
