#include <apps/hackernews/ranking.hpp>

#include <algorithm>
#include <tuple>

namespace hackernews {

std::vector<post> rank(std::vector<post> posts, std::chrono::sys_seconds now) {
    std::erase_if(posts, [now](const post& each) { return now - each.time >= std::chrono::hours(24); });
    std::ranges::sort(posts, [](const post& a, const post& b) {
        return std::tie(b.score, b.time, a.id) < std::tie(a.score, a.time, b.id);
    });
    return posts;
}

}  // namespace hackernews
