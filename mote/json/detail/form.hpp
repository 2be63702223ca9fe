#pragma once

#include <mote/json/about.hpp>
#include <mote/json/detail/time.hpp>
#include <mote/json/raw.hpp>

#include <array>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

/// Which C++ types there is a form for in JSON, and which kinds of JSON value that is.
namespace mote::json::detail {

/// The kinds of JSON value, as bits of a set.
enum class kind : std::uint8_t { none = 0, null = 1, boolean = 2, number = 4, string = 8, array = 16, object = 32 };
using kinds = std::uint8_t;

constexpr kinds set_of(kind one) noexcept { return static_cast<kinds>(one); }
constexpr kinds all_kinds = 63;

enum class form {
    unsupported,
    represented,  // travels as another type
    any,          // boost::json::value
    raw,
    null,  // std::monostate
    boolean,
    integer,
    floating,
    enumeration,
    structure,
    text,
    time,
    duration,
    optional,  // and owning pointers
    fixed,     // std::array
    tuple,
    variant,
    map,
    set,
    sequence,
};

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

template <class T>
concept counted = std::integral<T> && !one_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_optional<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool is_optional<std::shared_ptr<T>> = true;

/// What an optional or a pointer holds.
template <class T>
using held = std::remove_cvref_t<decltype(*std::declval<T&>())>;

template <class T>
inline constexpr bool is_time = false;
template <class D>
inline constexpr bool is_time<std::chrono::time_point<std::chrono::system_clock, D>> = counted<typename D::rep>;

template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = counted<R>;

template <class T>
inline constexpr bool is_fixed = false;
template <class T, std::size_t N>
inline constexpr bool is_fixed<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
concept represented = requires { typename represent<T>::type; };

template <class T>
concept map_like = requires(T& each, typename T::key_type key, typename T::mapped_type value) {
    each.insert_or_assign(std::move(key), std::move(value));
    each.clear();
};

template <class T>
concept set_like = !requires { typename T::mapped_type; } && requires(T& each, typename T::key_type key) {
    each.insert(std::move(key));
    each.clear();
};

template <class T>
concept sequence_like = requires(T& each) {
    typename T::value_type;
    each.emplace_back();
    each.begin();
    each.clear();
};

template <class T>
concept described_structure = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
concept described_enumeration = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
constexpr form form_of() noexcept {
    if constexpr (represented<T>)
        return form::represented;
    else if constexpr (std::same_as<T, boost::json::value>)
        return form::any;
    else if constexpr (std::same_as<T, raw>)
        return form::raw;
    else if constexpr (std::same_as<T, std::monostate>)
        return form::null;
    else if constexpr (std::same_as<T, bool>)
        return form::boolean;
    else if constexpr (counted<T>)
        return form::integer;
    else if constexpr (one_of<T, float, double>)
        return form::floating;
    else if constexpr (described_enumeration<T>)
        return form::enumeration;
    else if constexpr (described_structure<T>)
        return form::structure;
    else if constexpr (std::convertible_to<const T&, std::string_view>)
        return form::text;
    else if constexpr (is_time<T>)
        return form::time;
    else if constexpr (is_duration<T>)
        return form::duration;
    else if constexpr (is_optional<T>)
        return form::optional;
    else if constexpr (is_fixed<T>)
        return form::fixed;
    else if constexpr (is_tuple<T>)
        return form::tuple;
    else if constexpr (is_variant<T>)
        return form::variant;
    else if constexpr (map_like<T>)
        return form::map;
    else if constexpr (set_like<T>)
        return form::set;
    else if constexpr (sequence_like<T>)
        return form::sequence;
    else
        return form::unsupported;
}

template <class T>
inline constexpr bool is_unsupported = form_of<T>() == form::unsupported;

/// The kinds of JSON value that a `T` can be read from.
template <class T>
constexpr kinds kinds_of() noexcept {
    constexpr form of = form_of<T>();
    if constexpr (of == form::represented)
        return kinds_of<typename represent<T>::type>();
    else if constexpr (of == form::any || of == form::raw)
        return all_kinds;
    else if constexpr (of == form::null)
        return set_of(kind::null);
    else if constexpr (of == form::boolean)
        return set_of(kind::boolean);
    else if constexpr (of == form::integer || of == form::floating || of == form::duration)
        return set_of(kind::number);
    else if constexpr (of == form::enumeration || of == form::text || of == form::time)
        return set_of(kind::string);
    else if constexpr (of == form::structure || of == form::map)
        return set_of(kind::object);
    else if constexpr (of == form::optional)
        return kinds_of<held<T>>() | set_of(kind::null);
    else if constexpr (of == form::variant)
        return []<class... A>(std::type_identity<std::variant<A...>>) {
            return static_cast<kinds>((kinds_of<A>() | ...));
        }(std::type_identity<T>());
    else
        return set_of(kind::array);
}

/// The period of a `std::chrono` duration.
template <class Duration>
constexpr tick tick_of() noexcept {
    using period = typename Duration::period;
    static_assert(std::nano::den % period::den == 0, "mote::json has no form for fractions of a nanosecond");
    return {period::num, period::den};
}

/// Nanoseconds that one tick of a duration is; the step in which it travels.
template <class Duration>
constexpr std::int64_t nanoseconds_of_tick() noexcept {
    constexpr tick period = tick_of<Duration>();
    return period.numerator * (std::nano::den / period.denominator);
}

}  // namespace mote::json::detail
