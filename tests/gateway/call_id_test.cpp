// Ids that the gateway gives to calls: who knows that of a queued call reads its answer.

#include <tests/gateway/front_world.hpp>

#include <charconv>
#include <set>

namespace mote::test {
namespace {

using call_id_test = front_test;

/// The two halves of a UUID.
std::pair<std::uint64_t, std::uint64_t> halves_of(std::string id) {
    std::erase(id, '-');
    EXPECT_EQ(id.size(), 32U);
    std::pair<std::uint64_t, std::uint64_t> halves{};
    std::from_chars(id.data(), id.data() + 16, halves.first, 16);
    std::from_chars(id.data() + 16, id.data() + id.size(), halves.second, 16);
    return halves;
}

std::uint64_t tempered(std::uint64_t x) {
    x ^= (x >> 29) & 0x5555'5555'5555'5555U;
    x ^= (x << 17) & 0x71d6'7fff'eda6'0000U;
    x ^= (x << 37) & 0xfff7'eee0'0000'0000U;
    return x ^ (x >> 43);
}

std::uint64_t untempered(std::uint64_t x) {
    x ^= x >> 43;
    x ^= (x << 37) & 0xfff7'eee0'0000'0000U;
    std::uint64_t whole = x;
    for (int i = 0; i < 4; ++i) whole = x ^ ((whole << 17) & 0x71d6'7fff'eda6'0000U);
    x = whole;
    for (int i = 0; i < 3; ++i) whole = x ^ ((whole >> 29) & 0x5555'5555'5555'5555U);
    return whole;
}

constexpr std::uint64_t version_bits = 0xf000U;

/// Whether the first half of the id 156 further on follows from these three words as a Mersenne Twister makes it, with any
/// of the bits that a UUID covers.
bool follows(std::uint64_t first, std::uint64_t second, std::uint64_t middle, std::uint64_t seen) {
    for (std::uint64_t guess = 0; guess < 1024; ++guess) {
        const auto a = untempered((first & ~version_bits) | ((guess & 15U) << 12));
        const auto b = untempered((second & (~0ULL >> 2)) | (((guess >> 4) & 3U) << 62));
        const auto c = untempered((middle & ~version_bits) | ((guess >> 6) << 12));
        const auto mixed = (a & 0xffff'ffff'8000'0000U) | (b & 0x7fff'ffffU);
        const auto next = c ^ (mixed >> 1) ^ ((mixed & 1U) != 0 ? 0xb502'6f5a'a966'19e9U : 0U);
        if (((tempered(next) ^ seen) & ~version_bits) == 0) return true;
    }
    return false;
}

TEST_F(call_id_test, cannot_be_told_from_earlier_ones) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        constexpr std::size_t distance = 156;
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < distance + 4; ++i) {
            const auto answer = co_await here.ask("GET", "/function/nothing");
            ids.emplace_back(answer.header("X-Call-Id").value_or(""));
            EXPECT_EQ(ids.back().size(), 36U);
            if (ids.back().size() != 36U) co_return;
            EXPECT_EQ(ids.back()[14], '4') << "a UUID of version 4";
        }
        EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
        for (std::size_t i = 0; i + distance < ids.size(); ++i) {
            const auto [first, second] = halves_of(ids[i]);
            const auto middle = halves_of(ids[i + distance / 2]).first;
            const auto seen = halves_of(ids[i + distance]).first;
            EXPECT_FALSE(follows(first, second, middle, seen)) << i;
        }
    });
}

}  // namespace
}  // namespace mote::test
