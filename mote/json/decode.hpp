#pragma once

#include <mote/json/detail/members.hpp>
#include <mote/json/detail/reader.hpp>
#include <mote/json/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace mote::json {

/// Bounds of what is read. Decoding a text of n bytes never takes more memory than five times n, for texts, and three times
/// `max_memory`, since a vector that grows has its elements twice. An error keeps nothing of it. Not counted is what a type
/// allocates while it is empty: a `std::deque` of libstdc++ takes 576 bytes then, so each `[]` of a `std::vector<std::deque<int>>`
/// costs 656.
struct decode_options {
    std::size_t max_depth = 32;  ///< levels of arrays and objects, skipped ones included; more than 1000 count as 1000
    std::size_t max_size = 0;    ///< bytes of the text; 0: as many as there are
    /// Bytes that the elements of arrays and maps and what pointers own take in C++, each by its `sizeof` (nodes of lists,
    /// maps and sets with what they need around it): `[{},{},...]` is short, and a structure may be large. 0: 64 MiB, and 64
    /// for each byte of the text.
    std::size_t max_memory = 0;
};

/// That `decode` has a form for `T` itself; what a structure or a container holds is checked when it is compiled.
template <class T>
concept decodable =
    std::same_as<T, std::remove_cvref_t<T>> && std::default_initializable<T> && std::movable<T> &&
    !detail::is_unsupported<T> && (detail::form_of<T>() != detail::form::text || std::same_as<T, std::string>);

namespace detail {

template <class T>
bool decode_value(reader& in, T& value);

template <class T>
bool decode_integer(reader& in, T& value) {
    using limits = std::numeric_limits<T>;
    std::uint64_t bits = 0;
    if (!in.integer(limits::min(), static_cast<std::uint64_t>(limits::max()), bits)) return false;
    value = static_cast<T>(bits);
    return true;
}

/// The bounds of what counts ticks, as far as 64 bits have them.
template <class Rep>
inline constexpr std::int64_t least_ticks = std::numeric_limits<Rep>::min();
template <class Rep>
inline constexpr std::int64_t most_ticks = std::in_range<std::int64_t>(std::numeric_limits<Rep>::max())
                                               ? static_cast<std::int64_t>(std::numeric_limits<Rep>::max())
                                               : std::numeric_limits<std::int64_t>::max();

template <class T>
bool decode_time(reader& in, T& value) {
    using duration = typename T::duration;
    using rep = typename T::rep;
    std::int64_t ticks = 0;
    if (!in.time(tick_of<duration>(), least_ticks<rep>, most_ticks<rep>, ticks)) return false;
    value = T(duration(static_cast<rep>(ticks)));
    return true;
}

template <class T>
bool decode_duration(reader& in, T& value) {
    using rep = typename T::rep;
    std::int64_t ticks = 0;
    if (!in.duration(nanoseconds_of_tick<T>(), least_ticks<rep>, most_ticks<rep>, ticks)) return false;
    value = T(static_cast<rep>(ticks));
    return true;
}

template <class T>
bool decode_enumeration(reader& in, T& value) {
    std::size_t index = 0;
    if (!in.name(enumerator_names<T>, index)) return false;
    value = enumerator_values<T>[index];
    return true;
}

template <class K>
bool decode_key(reader& in, std::string_view text, K& key) {
    constexpr form of = form_of<K>();
    if constexpr (of == form::text) {
        static_assert(std::same_as<K, std::string>, "mote::json reads keys into std::string, which owns them");
        key = text;
        return true;
    } else if constexpr (of == form::integer) {
        using limits = std::numeric_limits<K>;
        std::uint64_t bits = 0;
        if (!in.integer_key(text, limits::min(), static_cast<std::uint64_t>(limits::max()), bits)) return false;
        key = static_cast<K>(bits);
        return true;
    } else if constexpr (of == form::enumeration) {
        std::size_t index = 0;
        if (!in.name_key(text, enumerator_names<K>, index)) return false;
        key = enumerator_values<K>[index];
        return true;
    } else {
        static_assert(of == form::text, "mote::json takes strings, integers and described enumerations as keys");
    }
}

/// What a node of a map or a set has besides its value: three pointers and a colour, or one pointer, a hash and a place in
/// the table. A node of a list has two pointers, and `malloc` adds to what is small.
inline constexpr std::size_t around_node = 4 * sizeof(void*);

template <class T>
bool decode_map(reader& in, T& value) {
    value.clear();
    return in.object(sizeof(typename T::value_type) + around_node, &value,
                     [](reader& each, void* into, std::string_view text) {
                         typename T::key_type key{};
                         typename T::mapped_type mapped{};
                         if (!decode_key(each, text, key) || !decode_value(each, mapped)) return false;
                         static_cast<T*>(into)->insert_or_assign(std::move(key), std::move(mapped));
                         return true;
                     });
}

template <class T>
bool decode_set(reader& in, T& value) {
    value.clear();
    return in.array(sizeof(typename T::value_type) + around_node, &value, [](reader& each, void* into, std::size_t) {
        typename T::key_type key{};
        if (!decode_value(each, key)) return false;
        static_cast<T*>(into)->insert(std::move(key));
        return true;
    });
}

template <class T>
bool decode_sequence(reader& in, T& value) {
    value.clear();
    constexpr bool in_nodes = !requires(T& all) { all[0]; };
    constexpr auto size = sizeof(typename T::value_type) + (in_nodes ? around_node : 0);
    return in.array(size, &value, [](reader& each, void* into, std::size_t) {
        using element = typename T::value_type;
        T& all = *static_cast<T*>(into);
        if constexpr (std::same_as<decltype(all.emplace_back()), element&>) {
            return decode_value(each, all.emplace_back());
        } else {  // std::vector<bool>
            element one{};
            if (!decode_value(each, one)) return false;
            all.push_back(std::move(one));
            return true;
        }
    });
}

template <class T>
bool decode_fixed(reader& in, T& value) {
    return in.array_of(std::tuple_size_v<T>, &value, [](reader& each, void* into, std::size_t index) {
        return decode_value(each, (*static_cast<T*>(into))[index]);
    });
}

template <class T>
bool decode_tuple(reader& in, T& value) {
    return in.array_of(std::tuple_size_v<T>, &value, [](reader& each, void* into, std::size_t index) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            bool read = false;
            ((I == index && (read = decode_value(each, std::get<I>(*static_cast<T*>(into))))), ...);
            return read;
        }(std::make_index_sequence<std::tuple_size_v<T>>());
    });
}

template <class T>
bool decode_optional(reader& in, T& value) {
    if (in.peek() == kind::null) {
        value.reset();
        return in.null();
    }
    using inner = held<T>;
    if constexpr (requires { value.emplace(); })
        value.emplace();
    else if (in.allot(sizeof(inner)))
        value = T(new inner{});
    else
        return false;
    return decode_value(in, const_cast<inner&>(*value));
}

template <class... A>
bool decode_variant(reader& in, std::variant<A...>& value) {
    using variant = std::variant<A...>;
    static constexpr auto table = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<alternative, sizeof...(A)>{alternative{kinds_of<A>(), [](reader& each, void* into) {
                                                                     A one{};
                                                                     if (!decode_value(each, one)) return false;
                                                                     static_cast<variant*>(into)->template emplace<I>(
                                                                         std::move(one));
                                                                     return true;
                                                                 }}...};
    }(std::index_sequence_for<A...>());
    return in.alternatives(&value, table);
}

/// What is read over what was there before keeps parts of it.
template <class T>
inline constexpr bool keeps_parts =
    form_of<T>() == form::structure || form_of<T>() == form::fixed || form_of<T>() == form::tuple;

template <class T, class Descriptor>
constexpr member_entry entry_of() {
    using part = member<T, Descriptor>;
    member_entry entry;
    entry.name = part::name();
    entry.required = part::required();
    entry.read = [](reader& in, void* structure) {
        return decode_value(in, static_cast<T*>(structure)->*Descriptor::pointer);
    };
    if constexpr (keeps_parts<typename part::type>)
        entry.reset = [](void* structure) {
            T fresh{};
            static_cast<T*>(structure)->*Descriptor::pointer = std::move(fresh.*Descriptor::pointer);
        };
    return entry;
}

template <class T>
bool decode_structure(reader& in, T& value) {
    check_structure<T>();
    static constexpr auto table = []<class... D>(boost::mp11::mp_list<D...>) {
        return std::array<member_entry, sizeof...(D)>{entry_of<T, D>()...};
    }(boost::mp11::mp_rename<members_of<T>, boost::mp11::mp_list>());
    return in.structure(&value, table);
}

template <class T>
bool decode_represented(reader& in, T& value) {
    typename represent<T>::type read{};
    if (!decode_value(in, read)) return false;
    auto made = represent<T>::from(std::move(read));
    if (!made) return in.fail_expected(represent<T>::expected);
    value = std::move(*made);
    return true;
}

template <class T>
bool decode_value(reader& in, T& value) {
    constexpr form of = form_of<T>();
    if constexpr (of == form::represented)
        return decode_represented(in, value);
    else if constexpr (of == form::any)
        return in.any(value);
    else if constexpr (of == form::raw)
        return in.raw(value.text);
    else if constexpr (of == form::null)
        return in.null();
    else if constexpr (of == form::boolean)
        return in.boolean(value);
    else if constexpr (of == form::integer)
        return decode_integer(in, value);
    else if constexpr (of == form::floating)
        return in.number(value);
    else if constexpr (of == form::enumeration)
        return decode_enumeration(in, value);
    else if constexpr (of == form::structure)
        return decode_structure(in, value);
    else if constexpr (of == form::text) {
        static_assert(std::same_as<T, std::string>, "mote::json reads strings into std::string, which owns them");
        return in.text(value);
    } else if constexpr (of == form::time)
        return decode_time(in, value);
    else if constexpr (of == form::duration)
        return decode_duration(in, value);
    else if constexpr (of == form::optional)
        return decode_optional(in, value);
    else if constexpr (of == form::fixed)
        return decode_fixed(in, value);
    else if constexpr (of == form::tuple)
        return decode_tuple(in, value);
    else if constexpr (of == form::variant)
        return decode_variant(in, value);
    else if constexpr (of == form::map)
        return decode_map(in, value);
    else if constexpr (of == form::set)
        return decode_set(in, value);
    else if constexpr (of == form::sequence)
        return decode_sequence(in, value);
    else
        static_assert(of != form::unsupported, "mote::json has no form for this type: describe it with Boost.Describe");
}

}  // namespace detail

/// The value that `text` is; throws `decode_error`, whose `path()` and `what()` name the wrong field and what was
/// there.
///
/// - Members that `T` does not have are skipped (and have to be JSON). Of a name that comes twice the last one counts.
/// - An absent member is an error, unless it is a `std::optional` or an owning pointer, or `about<T>` says that it is
///   not required: then it keeps its default, that of a `T{}`. `null` is for optionals and pointers only.
/// - Integers have to fit; `3.0` and `1e2` are integers, `3.5` and `"3"` are not. Numbers too small for a `double` are
///   0.
/// - A time is RFC 3339 with any offset; what its type is too coarse for is cut off. A duration is an integer of
///   nanoseconds, and has to be a whole number of its type's ticks.
/// - A `std::variant` takes the first alternative that fits: `std::variant<int, double>` reads `3` as `int`. A
///   structure whose members are all optional fits any object: put it last.
template <class T>
T decode(std::string_view text, const decode_options& options = {}) {
    static_assert(decodable<T>, "mote::json::decode needs a type that has a form in JSON, a default and a move");
    detail::reader in(text, options.max_depth);
    T value{};
    if (!in.start(options.max_size, options.max_memory) || !detail::decode_value(in, value) || !in.finish()) in.raise();
    return value;
}

}  // namespace mote::json
