#pragma once

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/json/schema.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// How a type goes over the wire: what a typed handler takes and gives, and what a typed call sends and gets. JSON for all
/// that mote::json has a form for. A specialisation for another format has
///
///     static constexpr std::string_view content_type = "application/cbor";
///     static void encode(const T& value, std::string& out);   // appends
///     static T decode(std::string_view bytes);                // throws what says where the bytes are wrong
///
/// and may have `static std::string schema()`, a JSON Schema of what it carries: an object, `true` or `false`; an endpoint
/// with anything else is refused. What `decode` takes of memory is up to it: bytes may claim to be more than there are.
template <class T>
struct codec {
    static constexpr std::string_view content_type = "application/json";
    static void encode(const T& value, std::string& out) { json::encode_to(out, value); }
    static T decode(std::string_view bytes) { return json::decode<T>(bytes); }
    static std::string schema() { return json::schema<T>(); }
};

/// Bytes as they are. A string is taken for text and not for JSON, so that `nats req hello World` just works.
template <>
struct codec<std::string> {
    static constexpr std::string_view content_type = "text/plain";
    static void encode(std::string_view value, std::string& out) { out += value; }
    static std::string decode(std::string_view bytes) { return std::string(bytes); }
};

template <>
struct codec<std::vector<std::byte>> {
    static constexpr std::string_view content_type = "application/octet-stream";
    static void encode(std::span<const std::byte> value, std::string& out) {
        out.append(reinterpret_cast<const char*>(value.data()), value.size());
    }
    static std::vector<std::byte> decode(std::string_view bytes) {
        const auto* const first = reinterpret_cast<const std::byte*>(bytes.data());
        return {first, first + bytes.size()};
    }
};

namespace detail {

template <class T>
concept has_schema = requires {
    { codec<T>::schema() } -> std::convertible_to<std::string>;
};

}  // namespace detail
}  // namespace mote::micro
