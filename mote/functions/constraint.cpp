#include <mote/functions/constraint.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>

namespace mote::functions {
namespace {

constexpr std::size_t longest_part = 253;

bool is_of_name(char c) noexcept {
    constexpr std::string_view others = "._-/";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

bool is_of_value(char c) noexcept { return c > ' ' && c <= '~' && c != '='; }

/// The kernel's word for what Docker and Kubernetes call otherwise.
std::string_view machine_name(std::string_view arch) noexcept {
    if (arch == "amd64") return "x86_64";
    if (arch == "arm64") return "aarch64";
    return arch;
}

}  // namespace

bool is_node_label(std::string_view name, std::string_view value) noexcept {
    return !name.empty() && name.size() <= longest_part && std::ranges::all_of(name, is_of_name) && !value.empty() &&
           value.size() <= longest_part && std::ranges::all_of(value, is_of_value);
}

constraint constraint::parse(std::string_view text) {
    constraint found;
    const auto sign = std::min(text.find('='), text.size());
    const bool is_not = sign != 0 && sign < text.size() && text[sign - 1] == '!';
    auto rest = text.substr(std::min(sign + 1, text.size()));
    if (!is_not && rest.starts_with('=')) rest.remove_prefix(1);
    found.name = detail::trimmed(text.substr(0, is_not ? sign - 1 : sign));
    found.value = detail::trimmed(rest);
    found.is_equal = !is_not;
    if (is_node_label(found.name, found.value)) return found;
    throw_error(errc::bad_setting, detail::quoted(text) + ": expected NAME==VALUE or NAME!=VALUE");
}

bool constraint::is_met_by(const text_map& labels) const {
    const auto label = labels.find(name);
    if (label == labels.end()) return !is_equal;
    const bool same =
        name == "node.platform.arch" ? machine_name(label->second) == machine_name(value) : label->second == value;
    return same == is_equal;
}

std::string unplaceable_text(const deployment& wanted) {
    constexpr std::size_t longest_text = 300;
    std::string text;
    for (const auto& one : wanted.constraints.value_or(std::vector<std::string>()))
        text.append(text.empty() ? "" : ", ").append(one);
    if (text.size() > longest_text) text.replace(longest_text, std::string::npos, "...");
    return "no node meets its constraints: " + text;
}

std::optional<std::string> unmet_constraint(const deployment& wanted, const text_map& labels) {
    if (!wanted.constraints) return std::nullopt;
    for (const auto& text : *wanted.constraints) {
        bool met = false;
        try {
            met = constraint::parse(text).is_met_by(labels);
        } catch (const boost::system::system_error&) {
            met = false;  // kept by a gateway that did not read them
        }
        if (!met) return text;
    }
    return std::nullopt;
}

}  // namespace mote::functions
