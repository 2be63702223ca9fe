#include <mote/node/detail/own_names.hpp>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <unistd.h>

namespace mote::node::detail {
namespace {

constexpr std::string_view beginning = "mote-";

/// The process that made what has this name; 0 for a name of another kind.
pid_t owner_of(std::string_view name) noexcept {
    const auto point = name.find('.');
    if (!name.starts_with(beginning) || point == std::string_view::npos) return 0;
    const auto rest = name.substr(point + 1);
    pid_t owner = 0;
    const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), owner);
    if (failed != std::errc() || owner <= 0 || end == rest.data() + rest.size() || *end != '.') return 0;
    return owner;
}

}  // namespace

std::string name_prefix(std::string_view node) { return std::string(beginning).append(node).append("."); }

std::string own_name(std::string_view node, std::string_view what) {
    return name_prefix(node).append(std::to_string(::getpid())).append(".").append(what);
}

bool is_prefix_of_process(std::string_view text) noexcept { return text.ends_with('.') && owner_of(text) != 0; }

bool is_left(std::string_view name) noexcept {
    const auto owner = owner_of(name);
    return owner != 0 && ::kill(owner, 0) != 0 && errno == ESRCH;
}

bool is_former(std::string_view name) noexcept { return owner_of(name) == ::getpid() || is_left(name); }

}  // namespace mote::node::detail
