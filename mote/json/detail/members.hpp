#pragma once

#include <mote/json/detail/form.hpp>

#include <array>
#include <boost/describe/bases.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

/// The members of described structures, their names in JSON, and the names of described enumerations.
namespace mote::json::detail {

/// The public data members of `T`, those of its bases first, without hidden ones.
template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
inline constexpr std::size_t member_count = boost::mp11::mp_size<members_of<T>>::value;

/// By value: with sanitizers g++ 12 cannot compare the address of a note at compile time.
template <class T>
constexpr std::optional<member_note> note_of(std::string_view member) noexcept {
    std::optional<member_note> found;
    if constexpr (requires { about<T>::members; })
        for (const member_note& note : about<T>::members)
            if (note.member == member) found = note;
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_any_access>>([&](auto base) {
        if (!found) found = note_of<typename decltype(base)::type>(member);
    });
    return found;
}

template <class T>
constexpr bool all_members_optional() noexcept {
    if constexpr (requires { about<T>::all_members_optional; })
        return about<T>::all_members_optional;
    else
        return false;
}

/// One member of `T`; `Descriptor` is Boost.Describe's.
template <class T, class Descriptor>
struct member {
    using type = std::remove_cvref_t<decltype(std::declval<T&>().*Descriptor::pointer)>;

    static constexpr std::string_view name() noexcept {
        const auto note = note_of<T>(Descriptor::name);
        return note && !note->name.empty() ? note->name : std::string_view(Descriptor::name);
    }

    static constexpr std::string_view description() noexcept {
        const auto note = note_of<T>(Descriptor::name);
        return note ? note->description : std::string_view();
    }

    static constexpr bool required() noexcept {
        const auto note = note_of<T>(Descriptor::name);
        return !is_optional<type> && !all_members_optional<T>() && (!note || note->required);
    }

    /// `,"name":`
    static constexpr auto key_characters = [] {
        std::array<char, name().size() + 4> text{};
        text[0] = ',';
        text[1] = '"';
        std::size_t at = 2;
        for (const char each : name()) text[at++] = each;
        text[text.size() - 2] = '"';
        text[text.size() - 1] = ':';
        return text;
    }();
    static constexpr std::string_view key{key_characters.data(), key_characters.size()};
};

template <class T>
constexpr auto names_of_members() noexcept {
    return []<class... D>(boost::mp11::mp_list<D...>) {
        return std::array<std::string_view, sizeof...(D)>{member<T, D>::name()...};
    }(boost::mp11::mp_rename<members_of<T>, boost::mp11::mp_list>());
}

/// That the JSON names can be written as they are and that each is there once.
template <class T>
constexpr bool names_are_good() noexcept {
    const auto names = names_of_members<T>();
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (const char each : names[i])
            if (each < ' ' || each == '"' || each == '\\' || each == 0x7f) return false;
        for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j]) return false;
    }
    return true;
}

/// That `about<T>` speaks of members that are there.
template <class T>
constexpr bool notes_are_good() noexcept {
    bool good = true;
    if constexpr (requires { about<T>::members; })
        for (const member_note& note : about<T>::members) {
            bool found = false;
            boost::mp11::mp_for_each<members_of<T>>([&](auto each) { found = found || note.member == each.name; });
            good = good && found;
        }
    return good;
}

template <class T>
constexpr void check_structure() noexcept {
    static_assert(notes_are_good<T>(), "mote::json::about<T>::members names a member that T does not have");
    static_assert(names_are_good<T>(), "two members of T have one JSON name, or a name needs escapes");
    static_assert(member_count<T> <= 256, "at most 256 members");
}

template <class E>
using enumerators_of = boost::describe::describe_enumerators<E>;

template <class E>
inline constexpr auto enumerator_names = []<class... D>(boost::mp11::mp_list<D...>) {
    return std::array<std::string_view, sizeof...(D)>{D::name...};
}(boost::mp11::mp_rename<enumerators_of<E>, boost::mp11::mp_list>());

template <class E>
inline constexpr auto enumerator_values = []<class... D>(boost::mp11::mp_list<D...>) {
    return std::array<E, sizeof...(D)>{D::value...};
}(boost::mp11::mp_rename<enumerators_of<E>, boost::mp11::mp_list>());

}  // namespace mote::json::detail
