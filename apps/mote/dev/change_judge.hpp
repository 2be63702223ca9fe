#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace mote::command {

/// What has to be built again because it changed while a build was going on, and how long to wait with it.
struct change_verdict {
    std::set<std::string> reasons{};
    std::chrono::milliseconds wait{};
    std::set<std::string> outputs{};  ///< what the build seems to write each time; told once each
};

/// Tells a person's changes from those that a build makes itself in the directories that are watched, which would make it
/// begin again for ever. What it writes anew with the same content is no reason, nor are programs and libraries. For what
/// build after build changed, though nobody touched it between them, the wait grows from 0.5 s to an hour: nothing that a
/// person saved meanwhile stays undone, and what builds cause of themselves soon is next to nothing.
class change_judge {
public:
    explicit change_judge(std::filesystem::path root) : root_(std::move(root)) {}

    /// While no build is going on: all of them are a person's.
    void take_idle(const std::set<std::string>& changed);
    /// While one is; call `after_build` then.
    void take_during_build(const std::set<std::string>& changed);
    change_verdict after_build();

private:
    struct record {
        std::optional<std::size_t> content{};  // a hash of what it was after the last build; nothing: it was not there
        int rounds = 0;                        // builds in a row that changed it
    };
    std::optional<std::string> content_of(const std::string& file) const;

    std::filesystem::path root_;
    std::set<std::string> during_;
    std::map<std::string, record> known_;  // at most the files of the project
};

}  // namespace mote::command
