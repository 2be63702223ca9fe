#include <apps/mote/dev/change_judge.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

namespace mote::command {
namespace {

constexpr int rounds_of_an_output = 5;
constexpr int rounds_without_a_wait = 2;  // a person may save while it builds
constexpr int most_doublings_of_the_wait = 13;
constexpr auto first_wait_for_a_person = std::chrono::milliseconds(500);

std::chrono::milliseconds wait_after(int rounds) {
    if (rounds <= rounds_without_a_wait) return std::chrono::milliseconds(0);
    return first_wait_for_a_person * (1 << std::min(rounds - rounds_without_a_wait - 1, most_doublings_of_the_wait));
}

/// Programs and libraries, which nobody writes by hand.
bool is_binary(const std::string& content) {
    return content.starts_with(
               "\x7f"
               "ELF") ||
           content.starts_with("!<arch>\n");
}

}  // namespace

void change_judge::take_idle(const std::set<std::string>& changed) {
    for (const std::string& file : changed) known_.erase(file);
}

void change_judge::take_during_build(const std::set<std::string>& changed) {
    during_.insert(changed.begin(), changed.end());
}

change_verdict change_judge::after_build() {
    change_verdict verdict;
    const auto changed = std::exchange(during_, {});
    std::erase_if(known_, [&](const auto& each) { return !changed.contains(each.first); });
    int fewest_rounds = std::numeric_limits<int>::max();
    for (const std::string& file : changed) {
        const auto text = content_of(file);
        if (text && is_binary(*text)) continue;
        const auto content = text ? std::optional(std::hash<std::string>()(*text)) : std::nullopt;
        const auto [found, is_new] = known_.try_emplace(file);
        record& seen = found->second;
        const bool same = !is_new && seen.content == content;
        seen.content = content;
        if (same) continue;
        ++seen.rounds;
        fewest_rounds = std::min(fewest_rounds, seen.rounds);
        if (seen.rounds == rounds_of_an_output) verdict.outputs.insert(file);
        verdict.reasons.insert(file);
    }
    if (!verdict.reasons.empty()) verdict.wait = wait_after(fewest_rounds);
    return verdict;
}

std::optional<std::string> change_judge::content_of(const std::string& file) const {
    std::ifstream in(root_ / file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>(in), {}};
}

}  // namespace mote::command
