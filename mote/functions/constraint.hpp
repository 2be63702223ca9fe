#pragma once

#include <mote/functions/description.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// What a deployment asks of the nodes that run it: `NAME==VALUE`, `NAME=VALUE` for the same, or `NAME!=VALUE`, with blanks
/// where one likes.
struct constraint {
    std::string name{};
    std::string value{};
    bool is_equal = true;  ///< false: the label must not have the value, or not be there

    /// Throws `errc::bad_setting` with the text and what is expected.
    static constraint parse(std::string_view text);
    /// Whether a node with these labels may run it. `node.platform.arch` may be said as `uname -m` says it, or as Docker does.
    bool is_met_by(const text_map& labels) const;

    bool operator==(const constraint&) const = default;
};

/// The first constraint that is not met, as it was written; nothing when a node with these labels may run the function. One
/// that cannot be read is met by no node.
std::optional<std::string> unmet_constraint(const deployment& wanted, const text_map& labels);

/// What is said of a function that no node may run; it names its constraints.
std::string unplaceable_text(const deployment& wanted);

/// Whether a node may be labelled so: 1 to 253 bytes each, the name of letters, digits, `.`, `_`, `-` and `/`, the value of
/// printable ASCII without blanks and `=`.
bool is_node_label(std::string_view name, std::string_view value) noexcept;

}  // namespace mote::functions
