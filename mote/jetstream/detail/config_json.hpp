#pragma once

#include <mote/jetstream/detail/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::jetstream::detail {

/// An enumerator and the word that the API has for it.
template <class Value>
struct word {
    Value value;
    std::string_view text;
};

template <class Value, std::size_t Size>
boost::json::string_view to_text(const word<Value> (&words)[Size], Value value) {
    for (const auto& each : words)
        if (each.value == value) return {each.text.data(), each.text.size()};
    throw_error(errc::bad_config, "a value outside of its enumeration");
}

template <class Value, std::size_t Size>
Value from_text(const word<Value> (&words)[Size], const json_reader& from, std::string_view key) {
    const auto text = from.text(key);
    if (text.empty()) return Value{};
    for (const auto& each : words)
        if (each.text == text) return each.value;
    from.fail(key, "a known value: " + text);
}

/// Sets a member that is left out of the JSON when it has its default.
template <class Value>
void set_optional(boost::json::object& to, boost::json::string_view key, bool present, Value&& value) {
    if (present)
        to[key] = std::forward<Value>(value);
    else
        to.erase(key);
}

inline boost::json::array to_array(const std::vector<std::string>& texts) {
    boost::json::array array;
    for (const auto& each : texts) array.emplace_back(each);
    return array;
}

inline boost::json::object to_object(const std::map<std::string, std::string>& texts) {
    boost::json::object object;
    for (const auto& [key, value] : texts) object[key] = value;
    return object;
}

}  // namespace mote::jetstream::detail
