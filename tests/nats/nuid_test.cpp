#include <mote/nats/nuid.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace mote::nats {
namespace {

TEST(nuid, is_22_characters_of_base_62) {
    for (int each = 0; each < 1000; ++each) {
        const auto id = next_nuid();
        EXPECT_EQ(id.size(), 22u);
        EXPECT_TRUE(std::all_of(id.begin(), id.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0;
        })) << id;
    }
}

TEST(nuid, is_a_random_prefix_and_a_number_that_grows) {
    const auto first = next_nuid();
    const auto second = next_nuid();
    EXPECT_EQ(first.substr(0, 12), second.substr(0, 12));
    EXPECT_LT(first.substr(12), second.substr(12));  // the digits are in the order of their characters
}

TEST(nuid, is_never_the_same_also_over_threads) {
    constexpr int each_thread = 20000;
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::jthread> threads;
    for (auto& ids : made)
        threads.emplace_back([&ids] {
            for (int each = 0; each < each_thread; ++each) ids.push_back(next_nuid());
        });
    threads.clear();
    std::set<std::string> all;
    for (const auto& ids : made) all.insert(ids.begin(), ids.end());
    EXPECT_EQ(all.size(), made.size() * each_thread);
}

}  // namespace
}  // namespace mote::nats
