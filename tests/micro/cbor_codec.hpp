#pragma once

#include <mote/micro/codec.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cbor.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// CBOR (RFC 8949) for described structures, by libcbor, which takes any bytes without recursion without end. What a user
/// may write: nothing of it is in the library.
///
///     template <>
///     struct mote::micro::codec<order> : cbor_codec<order> {};
namespace mote::test::cbor {

struct release {
    void operator()(cbor_item_t* one) const { cbor_decref(&one); }
};
using item = std::unique_ptr<cbor_item_t, release>;

inline item checked(cbor_item_t* made) {
    if (made == nullptr) throw std::bad_alloc();
    return item(made);
}

[[noreturn]] inline void fail(const std::string& path, const std::string& what) {
    throw std::invalid_argument(path.empty() ? what : path + ": " + what);
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T, class Visit>
void each_member(Visit visit) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(visit);
}

/// In as few bytes as it has room in.
inline item written_integer(std::uint64_t bits, bool negative) {
    const auto size = bits <= 0xff ? 1 : bits <= 0xffff ? 2 : bits <= 0xffff'ffff ? 4 : 8;
    auto made = checked(size == 1   ? cbor_build_uint8(static_cast<std::uint8_t>(bits))
                        : size == 2 ? cbor_build_uint16(static_cast<std::uint16_t>(bits))
                        : size == 4 ? cbor_build_uint32(static_cast<std::uint32_t>(bits))
                                    : cbor_build_uint64(bits));
    if (negative) cbor_mark_negint(made.get());  // -1 - the number
    return made;
}

template <class T>
item written(const T& value) {
    if constexpr (std::same_as<T, bool>) {
        return checked(cbor_build_bool(value));
    } else if constexpr (std::integral<T>) {
        const bool negative = std::cmp_less(value, 0);
        return written_integer(static_cast<std::uint64_t>(negative ? -1 - value : value), negative);
    } else if constexpr (std::floating_point<T>) {
        return checked(cbor_build_float8(value));
    } else if constexpr (std::same_as<T, std::string>) {
        return checked(cbor_build_stringn(value.data(), value.size()));
    } else if constexpr (is_optional<T>) {
        return value ? written(*value) : checked(cbor_new_null());
    } else if constexpr (is_vector<T>) {
        auto made = checked(cbor_new_definite_array(value.size()));
        for (const auto& each : value)
            if (!cbor_array_push(made.get(), written(each).get())) throw std::bad_alloc();
        return made;
    } else {
        auto made = checked(cbor_new_indefinite_map());
        each_member<T>([&](auto member) {
            const auto key = checked(cbor_build_string(member.name));
            const auto mapped = written(value.*member.pointer);
            if (!cbor_map_add(made.get(), {key.get(), mapped.get()})) throw std::bad_alloc();
        });
        return made;
    }
}

/// A text may come in pieces. That they are UTF-8 libcbor has checked.
inline std::string text_in(cbor_item_t* from, const std::string& path) {
    if (from == nullptr || !cbor_isa_string(from)) fail(path, "expected a text");
    std::string text;
    const auto add = [&](const cbor_item_t* piece) {
        text.append(reinterpret_cast<const char*>(cbor_string_handle(piece)), cbor_string_length(piece));
    };
    if (cbor_string_is_definite(from)) {
        add(from);
    } else {
        for (std::size_t at = 0; at < cbor_string_chunk_count(from); ++at) add(cbor_string_chunks_handle(from)[at]);
    }
    return text;
}

template <std::integral T>
T integer_in(cbor_item_t* from, const std::string& path) {
    if (!cbor_is_int(from)) fail(path, "expected an integer");
    const auto bits = cbor_get_int(from);  // of a negative one: -1 - the number
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (bits > most || (std::is_unsigned_v<T> && cbor_isa_negint(from))) fail(path, "an integer out of range");
    return cbor_isa_negint(from) ? static_cast<T>(-1 - static_cast<std::int64_t>(bits)) : static_cast<T>(bits);
}

template <class T>
void read(cbor_item_t* from, T& value, const std::string& path) {
    if constexpr (std::same_as<T, bool>) {
        if (!cbor_is_bool(from)) fail(path, "expected true or false");
        value = cbor_get_bool(from);
    } else if constexpr (std::integral<T>) {
        value = integer_in<T>(from, path);
    } else if constexpr (std::floating_point<T>) {
        if (!cbor_is_float(from)) fail(path, "expected a number");
        value = static_cast<T>(cbor_float_get_float(from));
    } else if constexpr (std::same_as<T, std::string>) {
        value = text_in(from, path);
    } else if constexpr (is_optional<T>) {
        if (cbor_is_null(from)) return value.reset();
        read(from, value.emplace(), path);
    } else if constexpr (is_vector<T>) {
        if (!cbor_isa_array(from)) fail(path, "expected an array");
        value.clear();
        for (std::size_t at = 0; at < cbor_array_size(from); ++at)
            read(cbor_array_handle(from)[at], value.emplace_back(), path + "[" + std::to_string(at) + "]");
    } else {
        if (!cbor_isa_map(from)) fail(path, "expected a map");
        const std::string before = path.empty() ? path : path + ".";
        const auto find = [&](std::string_view name) -> cbor_item_t* {
            for (std::size_t at = 0; at < cbor_map_size(from); ++at)
                if (text_in(cbor_map_handle(from)[at].key, path + "{key}") == name)
                    return cbor_map_handle(from)[at].value;
            return nullptr;
        };
        each_member<T>([&](auto member) {
            auto& into = value.*member.pointer;
            if (auto* const found = find(member.name))
                read(found, into, before + member.name);
            else if constexpr (!is_optional<std::remove_cvref_t<decltype(into)>>)
                fail(before + member.name, "missing");
        });
    }
}

}  // namespace mote::test::cbor

namespace mote::test {

template <class T>
struct cbor_codec {
    static constexpr std::string_view content_type = "application/cbor";
    static std::string schema() { return json::schema<T>(); }  // CBOR has all that JSON has

    static void encode(const T& value, std::string& out) {
        const auto made = cbor::written(value);
        unsigned char* bytes = nullptr;
        std::size_t capacity = 0;
        const auto size = cbor_serialize_alloc(made.get(), &bytes, &capacity);
        const std::unique_ptr<unsigned char, decltype(&std::free)> owner(bytes, &std::free);
        if (size == 0) throw std::bad_alloc();
        out.append(reinterpret_cast<const char*>(bytes), size);
    }

    static T decode(std::string_view bytes) {
        cbor_load_result result{};
        const cbor::item read(cbor_load(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), &result));
        if (read == nullptr) cbor::fail({}, "not CBOR at byte " + std::to_string(result.error.position));
        if (result.read != bytes.size()) cbor::fail({}, "more than one value");
        T value{};
        cbor::read(read.get(), value, {});
        return value;
    }
};

}  // namespace mote::test
