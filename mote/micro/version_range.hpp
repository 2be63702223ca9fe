#pragma once

#include <mote/micro/semver.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// Which versions a caller can do with, in the words of npm:
///
///     ^1.2     from 1.2.0 up to what may break: below 2.0.0 (^0.2.3: below 0.3.0, ^0.0.3: below 0.0.4)
///     ~1.2.3   from 1.2.3, below 1.3.0
///     1.x      the same as 1, 1.* and 1.x.x: any 1.y.z; * is any release
///     >=1.0 <2 both; also > and <=; = or nothing before a version is that version, or all that a partial one spans
///     1.x || >=3.1.0   one or the other
///
/// A pre-release is within a range only when the range names one of the same three numbers: `>=1.0.0-rc.1` has
/// 1.0.0-rc.2, `>=0.9.0` has not. A default-constructed range is none: everything is within it, also what is no version.
/// A value; any thread.
class version_range {
public:
    version_range() = default;
    /// Throws `errc::bad_version_range` with the text and what is wrong with it.
    version_range(std::string_view text);
    version_range(const std::string& text) : version_range(std::string_view(text)) {}
    version_range(const char* text) : version_range(std::string_view(text)) {}

    /// False for one that was given no text.
    bool constrains() const noexcept { return !alternatives_.empty(); }
    bool contains(const semver& version) const;
    /// The same for a version as services tell it; false for what is no version, unless nothing is constrained.
    bool contains(std::string_view version) const;
    /// As it was given.
    const std::string& text() const noexcept { return text_; }

private:
    enum class relation { less, less_or_equal, equal, greater_or_equal, greater };
    struct bound {
        relation is = relation::equal;
        semver version{};
        bool names_pre_release = false;
        bool admits(const semver& candidate) const;
    };
    using bounds = std::vector<bound>;  // all of them have to admit a version
    class reader;

    std::string text_;
    std::vector<bounds> alternatives_;
};

}  // namespace mote::micro
