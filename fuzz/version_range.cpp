#include <fuzz/target.hpp>

#include <mote/micro/semver.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/micro/version_range.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The input's first two lines are ranges, each further line is a version.
namespace mote::fuzz {
namespace {

using micro::semver;
using micro::version_range;

constexpr std::size_t most_versions = 16;

std::optional<semver> read_version(std::string_view text) {
    const auto read = semver::try_parse(text);
    try {
        require(semver::parse(text) == read, "parse and try_parse differ");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == micro::errc::bad_version, "a version refused for another reason");
        require(!read, "parse refuses what try_parse takes");
    }
    if (read) require(read->to_string() == text, "a version is written as another one");
    return read;
}

std::optional<version_range> read_range(std::string_view text) {
    try {
        version_range read(text);
        require(read.text() == text, "a range is told as another one");
        require(read.constrains(), "a range of everything");
        return read;
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == micro::errc::bad_version_range, "a range refused for another reason");
        return std::nullopt;
    }
}

bool range_contains(const std::string& range, const semver& version) { return version_range(range).contains(version); }

/// The simple ranges are what the order of versions says.
void check_pair(const semver& left, const semver& right) {
    require(((left <=> right) < 0) == ((right <=> left) > 0), "an order that depends on the side");
    require((left == right) == ((left <=> right) == 0), "equal ones have an order");
    if (!left.pre_release.empty()) return;  // within a range only where it names the same three numbers
    const auto of_right = right.to_string();
    require(range_contains("<" + of_right, left) == (left < right), "< is not below");
    require(range_contains("<=" + of_right, left) == (left <= right), "<= is not up to");
    require(range_contains("=" + of_right, left) == (left == right), "= is another one");
    require(range_contains(">=" + of_right, left) == (left >= right), ">= is not from");
    require(range_contains(">" + of_right, left) == (left > right), "> is not above");
}

void check_own_ranges(const semver& version) {
    const auto text = version.to_string();
    for (const std::string operation : {"", "=", ">=", "<="})
        require(range_contains(operation + text, version), "a range does not have its own version");
    for (const std::string operation : {"<", ">"})
        require(!range_contains(operation + text, version), "a range has the version that it excludes");
    for (const std::string operation : {"^", "~"})
        if (const auto range = read_range(operation + text))  // refused when the next version has no number
            require(range->contains(version), "a span does not have its first version");
    require(version_range().contains(version), "no range excludes a version");
}

void check_orders(const std::vector<semver>& versions) {
    for (const semver& left : versions)
        for (const semver& right : versions) {
            check_pair(left, right);
            if (left > right) continue;
            for (const semver& third : versions)
                if (right <= third) require(left <= third, "an order that goes around");
        }
}

void check_two_ranges(const std::string& left, const std::string& right, const std::vector<semver>& versions) {
    const version_range either(left + "||" + right);
    std::optional<version_range> both;
    if ((left + right).find('|') == std::string::npos) both.emplace(left + " " + right);
    for (const semver& version : versions) {
        const bool of_left = range_contains(left, version);
        const bool of_right = range_contains(right, version);
        require(either.contains(version) == (of_left || of_right), "|| is not one or the other");
        if (both && version.pre_release.empty())
            require(both->contains(version) == (of_left && of_right), "a blank is not both");
        if (both && of_left && of_right) require(both->contains(version), "both have it, and together they have not");
    }
}

}  // namespace

int version_range(const std::uint8_t* data, std::size_t size) {
    auto rest = text_of(data, size);
    const std::string left(take_line(rest));
    const std::string right(take_line(rest));
    const auto first = read_range(left);
    const auto second = read_range(right);
    std::vector<semver> versions;
    for (std::size_t count = 0; count < most_versions && !rest.empty(); ++count) {
        const auto text = take_line(rest);
        const auto version = read_version(text);
        if (first)
            require(first->contains(text) == (version && first->contains(*version)), "a text is another version");
        if (!version) continue;
        check_own_ranges(*version);
        versions.push_back(*version);
    }
    check_orders(versions);
    if (first && second) check_two_ranges(left, right, versions);
    return 0;
}

}  // namespace mote::fuzz
