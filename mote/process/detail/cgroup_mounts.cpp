#include <mote/process/detail/cgroup_mounts.hpp>

#include <optional>

namespace mote::process::detail {
namespace {

/// Up to the separator; takes it and what is before it from the text.
std::string_view take(std::string_view& text, std::string_view separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + separator.size());
    return part;
}

bool shares_word(std::string_view list, std::string_view others) {
    while (!list.empty()) {
        const std::string_view word = take(list, ",");
        for (std::string_view rest = others; !rest.empty();) {
            if (!word.empty() && take(rest, ",") == word) return true;
        }
    }
    return false;
}

/// Of the line `ID:CONTROLLERS:PATH` whose controllers are among these; empty `controllers`: of version 2.
std::optional<std::string_view> own_path(std::string_view own_groups, std::string_view controllers) {
    while (!own_groups.empty()) {
        std::string_view line = take(own_groups, "\n");
        const std::string_view id = take(line, ":");
        const std::string_view listed = take(line, ":");
        if (controllers.empty() ? id == "0" && listed.empty() : shares_word(listed, controllers)) return line;
    }
    return std::nullopt;
}

}  // namespace

std::vector<cgroup_place> cgroup_places(std::string_view own_groups, std::string_view mounts) {
    std::vector<cgroup_place> places;
    while (!mounts.empty()) {
        // ID PARENT DEVICE ROOT MOUNT_POINT OPTIONS [TAGS] - TYPE SOURCE SUPER_OPTIONS
        std::string_view after = take(mounts, "\n");
        std::string_view before = take(after, " - ");
        const std::string_view type = take(after, " ");
        if (type != "cgroup" && type != "cgroup2") continue;
        take(after, " ");
        for (int skipped = 0; skipped < 3; ++skipped) take(before, " ");
        const std::string_view root = take(before, " ");
        const std::string_view mount_point = take(before, " ");
        const bool second = type == "cgroup2";
        const auto path = own_path(own_groups, second ? std::string_view{} : after);
        if (!path) continue;
        cgroup_place place{.version = second ? 2 : 1, .controllers = std::string(second ? "" : after)};
        std::string_view below = *path;
        if (root != "/") below = below.starts_with(root) ? below.substr(root.size()) : std::string_view{};
        if (below == "/" || below.starts_with("/..")) below = {};
        place.directory = std::string(mount_point) + std::string(below);
        places.push_back(std::move(place));
    }
    return places;
}

}  // namespace mote::process::detail
