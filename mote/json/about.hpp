#pragma once

#include <string_view>

namespace mote::json {

/// What Boost.Describe cannot say of a member.
struct member_note {
    std::string_view member;            ///< its name in C++; one that is not there does not compile
    std::string_view description = {};  ///< for the schema
    std::string_view name = {};  ///< its name in JSON, where that is another one; printable ASCII without `"` and `\`
    bool required = true;        ///< false: when absent it keeps its default; optionals are never required
};

/// Specialise it to say more of a described type. Each of these can be left out:
/// ```
/// template <>
/// struct mote::json::about<greeting> {
///     static constexpr std::string_view title = "Greeting";
///     static constexpr std::string_view description = "Whom to greet.";
///     static constexpr std::string_view name = "greeting";        // of its definition in a schema, else its C++ name
///     static constexpr bool all_members_optional = true;          // each absent member keeps its default
///     static constexpr mote::json::member_note members[] = {{.member = "times", .description = "How often."}};
/// };
/// ```
/// What is said of members of a base class counts for the derived class too, except where that says something else.
template <class T>
struct about {};

/// Specialise it for a type that travels as another one, such as a checked string or a number with a unit. What its
/// functions throw passes through.
/// ```
/// template <>
/// struct mote::json::represent<semver> {
///     using type = std::string;                                   // any type that JSON has a form for
///     static type to(const semver&);
///     static std::optional<semver> from(type);                    // nothing: not a valid one (`errc::bad_value`)
///     static constexpr std::string_view expected = "a version";   // for the error: `expected a version`
/// };
/// ```
template <class T>
struct represent;

}  // namespace mote::json
