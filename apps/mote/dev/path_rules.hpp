#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// Which files of a project are its sources. Paths are relative to its directory, with `/` between.
///
/// A pattern has `*`, `?` and `[...]` within a name, and `**` for any number of directories. One that fits a directory counts for
/// all below it. Without a `/` a pattern is a name at any depth.
class path_rules {
public:
    /// No `watch`: everything. What is ignored anyway: what begins with a dot, `build*` and the like, and what editors write.
    path_rules(std::vector<std::string> watch, std::vector<std::string> ignore);

    /// Whether anything in this directory may be a source.
    bool enters(std::string_view directory) const;
    /// Whether this file is one. What a build is configured with (CMakeLists.txt, presets, mote.json) always is, unless it is
    /// ignored.
    bool counts(std::string_view file) const;

private:
    bool ignored(std::string_view path) const;

    std::vector<std::string> watch_;
    std::vector<std::string> ignore_;
};

/// Whether the pattern fits the path, or one of the directories that it is in.
bool covers(std::string_view pattern, std::string_view path);

}  // namespace mote::command
