#include <mote/micro/semver.hpp>

#include <mote/micro/detail/semver_reader.hpp>
#include <mote/micro/detail/text.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mote::micro {
namespace detail {
namespace {

bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

bool is_wildcard(std::string_view text) { return text == "*" || text == "x" || text == "X"; }

/// Text up to the next dot, which is taken away with it.
std::string_view take_part(std::string_view& rest, bool& more) {
    const auto dot = rest.find('.');
    const auto part = rest.substr(0, dot);
    more = dot != std::string_view::npos;
    rest.remove_prefix(more ? dot + 1 : rest.size());
    return part;
}

bool read_number(std::string_view part, std::uint64_t& number, std::string& problem) {
    if (!is_number(part))
        problem = quoted(part) + " is not a number";
    else if (part.size() > 1 && part.front() == '0')
        problem = quoted(part) + " has a leading zero";
    else if (std::from_chars(part.data(), part.data() + part.size(), number).ec != std::errc())
        problem = quoted(part) + " is too large";
    return problem.empty();
}

bool read_numbers(std::string_view text, partial_version& read, std::string& problem) {
    const std::array<std::uint64_t*, 3> numbers{&read.value.major, &read.value.minor, &read.value.patch};
    bool wildcard = false;
    bool more = true;
    for (std::size_t at = 0; more; ++at) {
        const auto part = take_part(text, more);
        if (at == numbers.size())
            problem = "more than three numbers";
        else if (is_wildcard(part))
            wildcard = true;
        else if (wildcard)
            problem = "a number behind a wildcard";
        else if (read_number(part, *numbers[at], problem))
            ++read.given;
        if (!problem.empty()) return false;
    }
    return true;
}

bool read_pre_release(std::string_view text, std::vector<std::string>& parts, std::string& problem) {
    for (bool more = true; more;) {
        const auto part = take_part(text, more);
        if (!is_identifier(part))
            problem = quoted(part) + " cannot be part of a pre-release";
        else if (is_number(part) && part.size() > 1 && part.front() == '0')
            problem = quoted(part) + " has a leading zero";
        if (!problem.empty()) return false;
        parts.emplace_back(part);
    }
    return true;
}

bool read_build(std::string_view text, std::string& build, std::string& problem) {
    build = text;
    for (bool more = true; more && problem.empty();) {
        const auto part = take_part(text, more);
        if (!is_identifier(part)) problem = quoted(part) + " cannot be part of a build";
    }
    return problem.empty();
}

}  // namespace

std::optional<partial_version> read_partial_version(std::string_view text, std::string& problem) {
    problem.clear();
    partial_version read;
    const auto plus = text.find('+');
    const auto before_build = text.substr(0, plus);
    const auto dash = before_build.find('-');
    if (!read_numbers(before_build.substr(0, dash), read, problem)) return std::nullopt;
    const bool has_more = plus != std::string_view::npos || dash != std::string_view::npos;
    if (has_more && read.given != 3) problem = "a pre-release or a build needs three numbers before it";
    if (problem.empty() && dash != std::string_view::npos)
        read_pre_release(before_build.substr(dash + 1), read.value.pre_release, problem);
    if (problem.empty() && plus != std::string_view::npos) read_build(text.substr(plus + 1), read.value.build, problem);
    if (!problem.empty()) return std::nullopt;
    return read;
}

}  // namespace detail

namespace {

std::optional<semver> read_whole(std::string_view text, std::string& problem) {
    auto read = detail::read_partial_version(text, problem);
    if (!read) return std::nullopt;
    if (read->given != 3) {
        problem = "it has to have three numbers";
        return std::nullopt;
    }
    return std::move(read->value);
}

/// Numbers have a lower precedence than words, and are compared as numbers however long they are.
std::weak_ordering compare_parts(const std::string& left, const std::string& right) {
    const bool left_is_number = detail::is_number(left);
    if (left_is_number != detail::is_number(right))
        return left_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
    if (left_is_number && left.size() != right.size()) return left.size() <=> right.size();
    return left.compare(right) <=> 0;
}

std::weak_ordering compare_pre_releases(const semver& left, const semver& right) {
    if (left.pre_release.empty() || right.pre_release.empty())
        return left.pre_release.empty() <=> right.pre_release.empty();
    const auto both = std::min(left.pre_release.size(), right.pre_release.size());
    for (std::size_t at = 0; at < both; ++at)
        if (const auto order = compare_parts(left.pre_release[at], right.pre_release[at]); order != 0) return order;
    return left.pre_release.size() <=> right.pre_release.size();
}

}  // namespace

semver semver::parse(std::string_view text) {
    std::string problem;
    auto read = read_whole(text, problem);
    if (!read) throw_error(errc::bad_version, detail::quoted(text) + ": " + problem);
    return std::move(*read);
}

std::optional<semver> semver::try_parse(std::string_view text) {
    std::string problem;
    return read_whole(text, problem);
}

std::string semver::to_string() const {
    auto text = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
    for (std::size_t at = 0; at < pre_release.size(); ++at) text += (at == 0 ? "-" : ".") + pre_release[at];
    return build.empty() ? text : text + "+" + build;
}

std::weak_ordering operator<=>(const semver& left, const semver& right) {
    if (const auto order = left.major <=> right.major; order != 0) return order;
    if (const auto order = left.minor <=> right.minor; order != 0) return order;
    if (const auto order = left.patch <=> right.patch; order != 0) return order;
    return compare_pre_releases(left, right);
}

}  // namespace mote::micro
