#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace mote::functions {

/// Where functions live that do not say it; `faas-cli` sends it, too.
inline constexpr std::string_view default_namespace = "openfaas-fn";

/// Whether it may be the name of a function, a namespace or a secret: letters a to z, digits and `-`, at most 63, neither
/// the first nor the last a `-`. Secrets may have `.` and `_`, too.
bool is_function_name(std::string_view text) noexcept;
bool is_secret_name(std::string_view text) noexcept;

/// A function and the namespace it is in; both are names by construction with `parse`.
struct function_name {
    std::string name{};
    std::string space{default_namespace};

    /// `name` or `name.namespace`; `space` is the namespace of one that does not say it (empty: the default one).
    /// Throws `errc::bad_name` with the text and what is wrong.
    static function_name parse(std::string_view text, std::string_view space = {});

    std::string full() const { return name + '.' + space; }             ///< as metrics and the HTTP API have it
    std::string key() const { return space + '.' + name; }              ///< in buckets
    std::string subject() const { return "fn." + space + '.' + name; }  ///< where requests go
    /// As a micro service: `name` in the default namespace, else `name_namespace`. No name has a `_`.
    std::string service() const { return space == default_namespace ? name : name + '_' + space; }
    /// What `key` gave; throws `errc::bad_name`.
    static function_name from_key(std::string_view key);

    friend auto operator<=>(const function_name&, const function_name&) = default;
};

}  // namespace mote::functions
