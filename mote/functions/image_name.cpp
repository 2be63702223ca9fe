#include <mote/functions/image_name.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

constexpr std::size_t longest_path = 255;  // registry and path
constexpr std::size_t longest_tag = 128;
constexpr std::size_t longest_port = 5;
constexpr std::string_view latest = "latest";

using detail::is_digit;

bool is_lower(char c) noexcept { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_letter(char c) noexcept { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

[[noreturn]] void refuse_image(std::string_view text, std::string_view why) {
    auto said = detail::quoted(text) + ": ";
    throw_error(errc::bad_name, said.append(why));
}

/// Calls `check` with each part between separators; the first that is refused ends it.
template <class Check>
bool all_parts(std::string_view text, char separator, Check check) {
    for (;;) {
        const auto end = text.find(separator);
        if (!check(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

/// `a`, `a.b`, `a_b`, `a__b`, `a-b`, `a---b`.
bool is_path_part(std::string_view part) noexcept {
    if (part.empty() || !is_lower(part.front()) || !is_lower(part.back())) return false;
    for (std::size_t at = 0; at < part.size();) {
        if (is_lower(part[at])) {
            ++at;
            continue;
        }
        const auto end = static_cast<std::size_t>(
            std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), is_lower) - part.begin());
        const auto between = part.substr(at, end - at);
        const bool dashes = between.find_first_not_of('-') == std::string_view::npos;
        if (between != "." && between != "_" && between != "__" && !dashes) return false;
        at = end;
    }
    return true;
}

bool is_host_part(std::string_view part) noexcept {
    return !part.empty() && is_letter(part.front()) && is_letter(part.back()) &&
           std::all_of(part.begin(), part.end(), [](char c) { return is_letter(c) || c == '-'; });
}

bool is_registry(std::string_view text) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto port = text.substr(colon + 1);
        if (port.empty() || port.size() > longest_port || port.front() == '0' ||
            !std::all_of(port.begin(), port.end(), is_digit))
            return false;
        if (std::stoi(std::string(port)) > 65535) return false;
    }
    return all_parts(text.substr(0, colon), '.', is_host_part);
}

bool is_tag(std::string_view tag) noexcept {
    return !tag.empty() && tag.size() <= longest_tag && (is_letter(tag.front()) || tag.front() == '_') &&
           std::all_of(tag.begin(), tag.end(), [](char c) { return is_letter(c) || c == '_' || c == '.' || c == '-'; });
}

/// The first of several parts is one when it looks like a host.
bool begins_with_registry(std::string_view name) noexcept {
    const auto slash = name.find('/');
    const auto first = name.substr(0, slash);
    return slash != std::string_view::npos &&
           (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

}  // namespace

image_name image_name::parse(std::string_view text) {
    image_name found;
    auto rest = text;
    if (const auto at = rest.find('@'); at != std::string_view::npos) {
        const auto digest = rest.substr(at + 1);
        if (!digest.starts_with("sha256:")) refuse_image(text, "what follows the @ is no sha256 digest");
        found.digest = bundle_digest::parse(digest);
        rest = rest.substr(0, at);
    }
    if (begins_with_registry(rest)) {
        const auto slash = rest.find('/');
        const auto first = rest.substr(0, slash);
        if (first.size() > longest_path || !is_registry(first))
            refuse_image(text, "its registry is no host or host:port");
        found.registry = lower_case(first);
        rest.remove_prefix(slash + 1);
    }
    if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
        const auto tag = rest.substr(colon + 1);
        if (!is_tag(tag)) refuse_image(text, "a tag is 1 to 128 letters, digits, _, . and -, neither . nor - first");
        found.tag = tag;
        rest = rest.substr(0, colon);
    }
    if (rest.size() + (found.registry.empty() ? 0 : found.registry.size() + 1) > longest_path)
        refuse_image(text, "more than 255 bytes");
    if (!all_parts(rest, '/', is_path_part))
        refuse_image(text, "an image is [registry/]path[:tag], its path of a to z, 0 to 9 and ., _ or - between them");
    found.path = rest;
    return found;
}

std::string image_name::text() const {
    auto text = registry;
    if (!registry.empty()) text += '/';
    text += path;
    if (!tag.empty()) text.append(":").append(tag);
    if (digest) text.append("@").append(digest->text());
    return text;
}

std::vector<image_name> names_that_answer(const image_name& asked) {
    std::vector<std::string> tags{asked.tag};
    if (asked.tag.empty()) {
        tags.emplace_back(latest);
    } else {
        tags.emplace_back();
    }
    std::vector<std::string> registries{asked.registry};
    // Without its registry the first part of such a path would be read as one.
    if (!asked.registry.empty() && !begins_with_registry(asked.path)) registries.emplace_back();

    std::vector<image_name> names;
    for (const auto& tag : tags) {
        for (const auto& registry : registries) {
            auto& name = names.emplace_back();
            name.registry = registry;
            name.path = asked.path;
            name.tag = tag;
        }
    }
    return names;
}

bool says_more_than(const image_name& pushed, const image_name& asked) {
    return pushed.path == asked.path && (asked.registry.empty() || pushed.registry == asked.registry) &&
           (asked.tag.empty() || pushed.tag == asked.tag);
}

}  // namespace mote::functions
