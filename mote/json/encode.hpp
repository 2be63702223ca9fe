#pragma once

#include <mote/json/detail/members.hpp>
#include <mote/json/detail/writer.hpp>
#include <mote/json/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace mote::json {

/// That `encode` has a form for `T` itself; what a structure or a container holds is checked when it is compiled.
template <class T>
concept encodable = !detail::is_unsupported<std::remove_cvref_t<T>>;

namespace detail {

template <class T>
void encode_value(writer& out, const T& value);

template <class E>
std::string_view name_of(writer& out, E value) {
    constexpr auto& values = enumerator_values<E>;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] == value) return enumerator_names<E>[i];
    out.fail_enumeration(static_cast<std::int64_t>(value));
}

/// Calls `write` with the key as text.
template <class K, class Write>
void with_key(writer& out, const K& key, Write write) {
    constexpr form of = form_of<K>();
    if constexpr (of == form::text)
        write(std::string_view(key));
    else if constexpr (of == form::integer)
        write(std::string_view(std::to_string(key)));
    else if constexpr (of == form::enumeration)
        write(name_of(out, key));
    else
        static_assert(of == form::text, "mote::json takes strings, integers and described enumerations as keys");
}

template <class T>
void encode_structure(writer& out, const T& value) {
    check_structure<T>();
    out.open('{');
    {
        place here(out.here());
        boost::mp11::mp_for_each<members_of<T>>([&](auto descriptor) {
            using part = member<T, decltype(descriptor)>;
            const auto& each = value.*decltype(descriptor)::pointer;
            if constexpr (is_optional<typename part::type>)
                if (!each) return;
            out.member(here, part::key);
            encode_value(out, each);
        });
    }
    out.close('}');
}

template <class T>
void encode_map(writer& out, const T& value) {
    out.open('{');
    {
        place here(out.here());
        for (const auto& [key, each] : value)
            with_key(out, key, [&, &held_value = each](std::string_view name) {
                out.key(here, name);
                encode_value(out, held_value);
            });
    }
    out.close('}');
}

template <class T>
void encode_elements(writer& out, const T& value) {
    out.open('[');
    {
        place here(out.here());
        std::size_t index = 0;
        for (const auto& each : value) {
            out.element(here, index++);
            encode_value<typename T::value_type>(out, each);  // std::vector<bool> has none of its own
        }
    }
    out.close(']');
}

template <class T>
void encode_tuple(writer& out, const T& value) {
    out.open('[');
    {
        place here(out.here());
        std::size_t index = 0;
        std::apply([&](const auto&... each) { ((out.element(here, index++), encode_value(out, each)), ...); }, value);
    }
    out.close(']');
}

template <class T>
void encode_value(writer& out, const T& value) {
    constexpr form of = form_of<T>();
    if constexpr (of == form::represented)
        encode_value<typename represent<T>::type>(out, represent<T>::to(value));
    else if constexpr (of == form::any)
        out.any(value);
    else if constexpr (of == form::raw)
        out.raw(value.text);
    else if constexpr (of == form::null)
        out.null();
    else if constexpr (of == form::boolean)
        out.boolean(value);
    else if constexpr (of == form::integer && std::is_signed_v<T>)
        out.integer(std::int64_t{value});
    else if constexpr (of == form::integer)
        out.integer(std::uint64_t{value});
    else if constexpr (of == form::floating)
        out.number(value);
    else if constexpr (of == form::enumeration)
        out.plain_text(name_of(out, value));
    else if constexpr (of == form::structure)
        encode_structure(out, value);
    else if constexpr (of == form::text && std::is_pointer_v<T>)
        value != nullptr ? out.text(value) : out.null();
    else if constexpr (of == form::text)
        out.text(value);
    else if constexpr (of == form::time) {
        const auto count = value.time_since_epoch().count();
        out.time(static_cast<std::int64_t>(count), tick_of<typename T::duration>(), std::in_range<std::int64_t>(count));
    } else if constexpr (of == form::duration)
        out.duration(static_cast<std::int64_t>(value.count()), nanoseconds_of_tick<T>(),
                     std::in_range<std::int64_t>(value.count()));
    else if constexpr (of == form::optional) {
        if (value)
            encode_value(out, *value);
        else
            out.null();
    } else if constexpr (of == form::tuple)
        encode_tuple(out, value);
    else if constexpr (of == form::variant)
        std::visit([&](const auto& each) { encode_value(out, each); }, value);
    else if constexpr (of == form::map)
        encode_map(out, value);
    else if constexpr (of == form::fixed || of == form::set || of == form::sequence)
        encode_elements(out, value);
    else
        static_assert(of != form::unsupported, "mote::json has no form for this type: describe it with Boost.Describe");
}

}  // namespace detail

/// Appends `value` as JSON without spaces. Members that are absent optionals are left out; elsewhere they are null.
/// Throws `encode_error` with the path of what JSON cannot say, and then leaves `out` as it was: NaN and infinity
/// (`errc::not_a_number`), strings that are not UTF-8 (`bad_utf8`), values of an enumeration without a name
/// (`bad_value`), times outside the years 0..9999 (`out_of_range`), more than 1000 levels (`too_deep`), a `raw` that is
/// not JSON (`bad_raw`).
template <class T>
void encode_to(std::string& out, const T& value) {
    const std::size_t before = out.size();
    try {
        detail::writer to(out);
        detail::encode_value(to, value);
    } catch (...) {
        out.resize(before);
        throw;
    }
}

/// `value` as JSON; see `encode_to`.
template <class T>
std::string encode(const T& value) {
    std::string out;
    detail::writer to(out);
    detail::encode_value(to, value);
    return out;
}

}  // namespace mote::json
