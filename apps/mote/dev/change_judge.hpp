#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace mote::command {

/// What of a build's time has to be built, and how long to wait with it.
struct change_verdict {
    std::set<std::string> reasons{};
    std::chrono::milliseconds wait{};
    std::set<std::string> outputs{};  ///< known as such from now on, told once each
};

/// Tells a person's changes from those that a build makes itself in the directories that are watched, which would make it
/// begin again for ever: what it writes anew with the same content, programs and libraries, and what it writes each time. What
/// five builds in a row changed, though nobody touched it between them, counts no more until somebody does.
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
        bool output = false;
    };
    std::optional<std::string> content_of(const std::string& file) const;

    std::filesystem::path root_;
    std::set<std::string> during_;
    std::map<std::string, record> known_;  // at most the files of the project
};

}  // namespace mote::command
