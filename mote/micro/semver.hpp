#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// A semantic version (semver.org 2.0.0), as every service has to have one (ADR-32). A value; any thread.
///
///     semver::parse("1.10.0") > semver::parse("1.10.0-rc.1")
struct semver {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::uint64_t patch = 0;
    std::vector<std::string> pre_release{};  ///< `rc`, `1` of `1.0.0-rc.1`; empty: a release
    std::string build{};                     ///< what stands behind `+`; of no weight in comparisons

    /// Throws `errc::bad_version` with the text and what is wrong with it; also for a number past 64 bits.
    static semver parse(std::string_view text);
    /// Nothing in place of an exception.
    static std::optional<semver> try_parse(std::string_view text);

    std::string to_string() const;

    /// Precedence: a pre-release comes before its release, and builds are equivalent.
    friend std::weak_ordering operator<=>(const semver& left, const semver& right);
    friend bool operator==(const semver& left, const semver& right) { return (left <=> right) == 0; }
};

}  // namespace mote::micro
