#pragma once

#include <mote/jetstream/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream::detail {

/// Parses what must be a JSON object. Throws `errc::bad_reply`, saying `what` it was.
boost::json::object parse_object(std::string_view text, std::string_view what);

/// Reads the members of one JSON object of a server that may be older or newer than we: a missing member or `null` gives
/// the default, unknown ones are ignored, and a wrong type throws `errc::bad_reply` with the path of the member.
/// A view: the object must outlive it.
class json_reader {
public:
    json_reader(const boost::json::object& object, std::string path) : object_(&object), path_(std::move(path)) {}

    bool has(std::string_view key) const { return find(key) != nullptr; }
    std::string text(std::string_view key) const;
    bool flag(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;
    template <std::integral T>
    std::vector<T> integers(std::string_view key) const;
    std::map<std::string, std::string> text_map(std::string_view key) const;
    std::map<std::string, std::uint64_t> integer_map(std::string_view key) const;
    /// The object under `key`, an empty one when there is none.
    json_reader object(std::string_view key) const;
    /// The objects of the array under `key`, none when there is none.
    std::vector<json_reader> objects(std::string_view key) const;
    /// Numbers beyond the range of T become its bound: they mean "very many" in every field of the API.
    template <std::integral T>
    T integer(std::string_view key, T otherwise = 0) const;

    [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

private:
    const boost::json::value* find(std::string_view key) const;
    const boost::json::array* array(std::string_view key) const;  // null when it is not there
    template <std::integral T>
    T integer_of(const boost::json::value& value, std::string_view key) const;

    const boost::json::object* object_;
    std::string path_;
};

template <std::integral T>
T json_reader::integer(std::string_view key, T otherwise) const {
    const auto* const found = find(key);
    return found == nullptr ? otherwise : integer_of<T>(*found, key);
}

template <std::integral T>
std::vector<T> json_reader::integers(std::string_view key) const {
    std::vector<T> values;
    const auto* const found = array(key);
    if (found == nullptr) return values;
    for (const auto& each : *found) values.push_back(integer_of<T>(each, key));
    return values;
}

template <std::integral T>
T json_reader::integer_of(const boost::json::value& value, std::string_view key) const {
    using limits = std::numeric_limits<T>;
    if (const auto* const number = value.if_int64()) {
        if (std::cmp_less(*number, limits::min())) return limits::min();
        return std::cmp_greater(*number, limits::max()) ? limits::max() : static_cast<T>(*number);
    }
    if (const auto* const number = value.if_uint64())
        return std::cmp_greater(*number, limits::max()) ? limits::max() : static_cast<T>(*number);
    // Boost.JSON reads integers past 64 bits as double.
    const auto* const number = value.if_double();
    if (number == nullptr || std::isnan(*number)) fail(key, "a number");  // Boost.JSON makes NaN of 0e309
    if (*number >= static_cast<double>(limits::max())) return limits::max();
    if (*number <= static_cast<double>(limits::min())) return limits::min();
    const auto whole = static_cast<T>(*number);
    if (static_cast<double>(whole) != *number) fail(key, "an integer");
    return whole;
}

}  // namespace mote::jetstream::detail
