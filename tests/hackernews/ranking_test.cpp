#include <apps/hackernews/ranking.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace hackernews {
namespace {

using namespace std::chrono_literals;

const std::chrono::sys_seconds now{1795521600s};

post made(item_id id, std::int64_t score, std::chrono::seconds age) {
    post each;
    each.id = id;
    each.score = score;
    each.time = now - age;
    return each;
}

std::vector<item_id> ids_of(const std::vector<post>& posts) {
    std::vector<item_id> ids;
    for (const post& each : posts) ids.push_back(each.id);
    return ids;
}

TEST(hn_ranking, puts_most_points_first_then_the_newer_then_the_lower_id) {
    const auto ranked =
        rank({made(5, 10, 60s), made(4, 10, 30s), made(3, 200, 3600s), made(2, 10, 60s), made(1, -1, 0s)}, now);
    EXPECT_EQ(ids_of(ranked), (std::vector<item_id>{3, 4, 2, 5, 1}));
}

TEST(hn_ranking, leaves_out_what_is_24_hours_old) {
    const auto ranked = rank({made(1, 1, 24h - 1s), made(2, 2, 24h), made(3, 3, 24h + 1s), made(4, 4, -10s)}, now);
    EXPECT_EQ(ids_of(ranked), (std::vector<item_id>{4, 1}));
}

TEST(hn_ranking, of_nothing_is_nothing) { EXPECT_TRUE(rank({}, now).empty()); }

}  // namespace
}  // namespace hackernews
