#pragma once

#include <string>
#include <string_view>

namespace mote::node::detail {

// What a node makes on the machine outside of its directory, control groups and sockets' directories, is named
// `mote-<id>.<pid>.<what>`, so that whoever comes later can tell what was left by one that was killed.

/// How the names of a node begin, whichever process it was. An id has no `.`, so that no other node's begin so.
std::string name_prefix(std::string_view node);
/// A name of this process.
std::string own_name(std::string_view node, std::string_view what);
/// Whether it is all that the names of one process begin with: `own_name` of nothing.
bool is_prefix_of_process(std::string_view text) noexcept;
/// Whether the process that made what has this name is gone; false for a name of another kind. A process of another pid
/// namespace cannot be seen from here.
bool is_left(std::string_view name) noexcept;
/// The same, and true for names of this process: before it has made anything, these are of one that had its number.
bool is_former(std::string_view name) noexcept;

}  // namespace mote::node::detail
