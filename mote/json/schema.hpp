#pragma once

#include <mote/json/detail/members.hpp>
#include <mote/json/detail/schema_builder.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mote::json {

struct schema_options {
    std::string_view ref_prefix = "#/$defs/";  ///< before the name in a `$ref`; OpenAPI: `#/components/schemas/`
};

struct schema_definition {
    std::string
        name;  ///< of the C++ type, as `hackernews.post`, or what `about<T>::name` says; letters, digits, `.`, `_`
    std::string schema;
};

/// A schema for a document that has others too.
struct schema_parts {
    std::string root;                            ///< a described structure is a `$ref` to its definition
    std::vector<schema_definition> definitions;  ///< each described structure once, by name
};

namespace detail {

schema_parts parts_of(const schema_node& root, const schema_builder& builder);
std::string whole_schema(schema_parts parts);

template <class T>
inline constexpr char type_address = 0;

/// The name of `T` between what the compiler prints around it.
template <class T>
std::string_view printed_name() {
    const std::string_view printed = __PRETTY_FUNCTION__;
    const std::size_t begin = printed.find("T = ") + 4;
    const std::size_t semicolon = printed.find(';', begin);
    const std::size_t bracket = printed.rfind(']');
    return printed.substr(begin, (semicolon < bracket ? semicolon : bracket) - begin);
}

template <class T>
schema_node schema_of(schema_builder& builder);

template <class T>
void describe_type(schema_node& node) {
    if constexpr (requires { about<T>::title; }) node.title = about<T>::title;
    if constexpr (requires { about<T>::description; }) node.description = about<T>::description;
}

template <class T>
schema_node schema_of_members(schema_builder& builder) {
    check_structure<T>();
    std::vector<schema_property> properties;
    boost::mp11::mp_for_each<members_of<T>>([&](auto descriptor) {
        using part = member<T, decltype(descriptor)>;
        schema_node node = schema_of<typename part::type>(builder);
        if (!part::description().empty()) node.description = part::description();
        properties.push_back({part::name(), part::required(), node.text()});
    });
    schema_node node = schema_of_structure(properties);
    describe_type<T>(node);
    return node;
}

template <class T>
schema_node schema_of_defined(schema_builder& builder) {
    std::string wanted;
    if constexpr (requires { about<T>::name; })
        wanted = definition_name(about<T>::name);
    else
        wanted = definition_name(printed_name<T>());
    bool is_new = false;
    const std::string name = builder.name_of(&type_address<T>, std::move(wanted), is_new);
    if (is_new) builder.define(name, schema_of_members<T>(builder));
    return builder.reference(name);
}

template <class K>
std::string schema_of_keys() {
    if constexpr (form_of<K>() == form::integer)
        return schema_of_integer_keys(std::is_signed_v<K>);
    else if constexpr (form_of<K>() == form::enumeration) {
        schema_node names = schema_of_names(enumerator_names<K>);
        names.type.clear();
        return names.text();
    } else
        return {};
}

template <class T>
schema_node schema_of(schema_builder& builder) {
    constexpr form of = form_of<T>();
    if constexpr (of == form::represented) {
        schema_node node = schema_of<typename represent<T>::type>(builder);
        describe_type<T>(node);
        return node;
    } else if constexpr (of == form::any || of == form::raw)
        return schema_of_type("");
    else if constexpr (of == form::null)
        return schema_of_type("null");
    else if constexpr (of == form::boolean)
        return schema_of_type("boolean");
    else if constexpr (of == form::integer)
        return schema_of_integer(std::numeric_limits<T>::min(),
                                 static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
    else if constexpr (of == form::floating)
        return schema_of_type("number");
    else if constexpr (of == form::enumeration) {
        schema_node node = schema_of_names(enumerator_names<T>);
        describe_type<T>(node);
        return node;
    } else if constexpr (of == form::structure)
        return schema_of_defined<T>(builder);
    else if constexpr (of == form::text)
        return schema_of_type("string");
    else if constexpr (of == form::time)
        return schema_of_time();
    else if constexpr (of == form::duration)
        return schema_of_duration(nanoseconds_of_tick<T>());
    else if constexpr (of == form::optional)
        return with_null(schema_of<held<T>>(builder));
    else if constexpr (of == form::fixed)
        return schema_of_array_of(std::tuple_size_v<T>, schema_of<typename T::value_type>(builder).text());
    else if constexpr (of == form::tuple)
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            const std::array<std::string, sizeof...(I)> items{schema_of<std::tuple_element_t<I, T>>(builder).text()...};
            return schema_of_tuple(items);
        }(std::make_index_sequence<std::tuple_size_v<T>>());
    else if constexpr (of == form::variant)
        return [&]<class... A>(std::type_identity<std::variant<A...>>) {
            const std::array<schema_node, sizeof...(A)> alternatives{schema_of<A>(builder)...};
            return schema_of_any_of(alternatives);
        }(std::type_identity<T>());
    else if constexpr (of == form::map)
        return schema_of_map(schema_of<typename T::mapped_type>(builder).text(),
                             schema_of_keys<typename T::key_type>());
    else if constexpr (of == form::set || of == form::sequence)
        return schema_of_array(schema_of<typename T::value_type>(builder).text());
    else
        static_assert(of != form::unsupported, "mote::json has no form for this type: describe it with Boost.Describe");
}

}  // namespace detail

/// The JSON Schema (draft 2020-12) of what `encode` writes and `decode<T>` reads, as a document of its own. Structures
/// within are definitions under `$defs`; the members have the order of the description. The same type gives the same
/// text. It cannot say that a number has room in a 64-bit integer or a `float`, nor how a time is checked.
template <class T>
std::string schema() {
    detail::schema_builder builder("#/$defs/");
    const detail::schema_node root = detail::schema_of<T>(builder);
    return detail::whole_schema(detail::parts_of(root, builder));
}

/// The same in parts, to be put into a larger document, such as OpenAPI's. Two types of one name in one call get names
/// of their own; over several calls that is up to the caller (`about<T>::name`).
template <class T>
schema_parts schema_in_parts(const schema_options& options = {}) {
    detail::schema_builder builder(options.ref_prefix);
    const detail::schema_node root = detail::schema_of<T>(builder);
    return detail::parts_of(root, builder);
}

}  // namespace mote::json
