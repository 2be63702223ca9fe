#include <apps/mote/suggestion.hpp>

#include <algorithm>
#include <utility>

namespace mote::command {
namespace {

constexpr std::size_t most = 3;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return result;
}

/// How many letters have to be added, removed, replaced or swapped with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) steps[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) steps[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
        }
    return steps[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view given, std::vector<std::string> known) {
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    const std::string wanted = lower(given);
    std::vector<std::pair<std::size_t, std::string>> near;
    for (std::string& name : known) {
        const std::string other = lower(name);
        const bool begins =
            wanted.size() >= 2 && (other.starts_with(wanted) || (other.size() >= 2 && wanted.starts_with(other)));
        const std::size_t away = distance(wanted, other);
        const std::size_t bound = std::max<std::size_t>(1, std::min(wanted.size(), other.size()) / 3);
        if (away <= bound || begins) near.emplace_back(away, std::move(name));
    }
    std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> result;
    for (auto& [away, name] : near)
        if (result.size() < most) result.push_back(std::move(name));
    return result;
}

std::string listed(const std::vector<std::string>& names, std::size_t bound) {
    std::string text;
    for (std::size_t at = 0; at < std::min(names.size(), bound); ++at)
        text.append(at == 0 ? "" : ", ").append(names[at]);
    if (names.size() > bound) text += " and " + std::to_string(names.size() - bound) + " more";
    return text;
}

}  // namespace mote::command
