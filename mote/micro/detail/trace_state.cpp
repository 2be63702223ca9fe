#include <mote/micro/detail/trace_state.hpp>

#include <mote/micro/detail/text.hpp>

#include <algorithm>
#include <vector>

namespace mote::micro::detail {
namespace {

constexpr std::size_t most_members = 32;
constexpr std::size_t longest_state = 512;
constexpr std::size_t long_member = 128;
constexpr std::size_t longest_key = 256;
constexpr std::size_t longest_tenant = 241;
constexpr std::size_t longest_system = 14;
constexpr std::size_t longest_value = 256;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_key_part(std::string_view part, std::size_t longest, bool may_start_with_digit) {
    if (part.empty() || part.size() > longest) return false;
    if (!is_lower(part.front()) && !(may_start_with_digit && is_digit(part.front()))) return false;
    return std::all_of(part.begin(), part.end(), [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
    });
}

/// Level 2 lets a key start with a digit; level 1 only where it has a tenant.
bool is_key(std::string_view key) {
    const auto at = key.find('@');
    if (at == key.npos) return is_key_part(key, longest_key, true);
    return is_key_part(key.substr(0, at), longest_tenant, true) &&
           is_key_part(key.substr(at + 1), longest_system, false);
}

bool is_value(std::string_view value) {
    if (value.empty() || value.size() > longest_value || value.back() == ' ') return false;
    return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

std::string_view key_of(std::string_view member) { return member.substr(0, member.find('=')); }

bool is_member(std::string_view member) {
    const auto at = member.find('=');
    return at != member.npos && is_key(member.substr(0, at)) && is_value(member.substr(at + 1));
}

std::size_t length_of(const std::vector<std::string_view>& members) {
    std::size_t length = members.empty() ? 0 : members.size() - 1;
    for (const auto member : members) length += member.size();
    return length;
}

void shorten(std::vector<std::string_view>& members) {
    for (std::size_t at = members.size(); at-- != 0 && length_of(members) > longest_state;)
        if (members[at].size() > long_member) members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
    while (length_of(members) > longest_state) members.pop_back();
}

}  // namespace

std::optional<std::string> normal_trace_state(std::string_view text) {
    std::vector<std::string_view> members;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto member = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (member.empty()) continue;
        const auto same = [key = key_of(member)](std::string_view other) { return key_of(other) == key; };
        if (members.size() == most_members || !is_member(member) || std::any_of(members.begin(), members.end(), same))
            return std::nullopt;
        members.push_back(member);
    }
    shorten(members);
    std::string result;
    for (const auto member : members) result.append(result.empty() ? "" : ",").append(member);
    return result;
}

}  // namespace mote::micro::detail
