// Histograms by status, of a fixed size.

#include <mote/gateway/detail/code_table.hpp>

#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using gateway::detail::code_table;
using gateway::detail::latency_bounds;

std::vector<std::string> codes_of(const code_table& table) {
    std::vector<std::string> codes;
    for (const auto& row : table.rows()) codes.push_back(row.code);
    return codes;
}

TEST(code_table, has_bounds_that_grow_and_are_what_their_texts_say) {
    for (std::size_t i = 0; i < latency_bounds.size(); ++i) {
        EXPECT_EQ(std::stod(latency_bounds[i].text) * 1e6, static_cast<double>(latency_bounds[i].microseconds));
        EXPECT_GT(latency_bounds[i].microseconds, i == 0 ? 0 : latency_bounds[i - 1].microseconds);
    }
}

TEST(code_table, counts_a_time_in_the_first_bucket_that_it_fits) {
    code_table table;
    table.add(200, 500us);  // the upper end belongs to the bucket
    table.add(200, 500us + 1ns);
    table.add(200, 10s);
    table.add(200, 10s + 1ns);
    table.add(200, -1s);
    const auto rows = table.rows();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].counts[0], 2u);
    EXPECT_EQ(rows[0].counts[1], 1u);
    EXPECT_EQ(rows[0].counts[13], 1u);
    EXPECT_EQ(rows[0].counts[14], 1u);
    EXPECT_EQ(rows[0].total(), 5u);
    EXPECT_EQ(rows[0].nanoseconds, 20'001'000'002u);
}

TEST(code_table, keeps_statuses_apart_in_their_order) {
    code_table table;
    EXPECT_TRUE(table.rows().empty());
    table.add(503, 1ms);
    table.add(200, 1ms);
    table.add(503, 1ms);
    EXPECT_EQ(codes_of(table), (std::vector<std::string>{"200", "503"}));
    EXPECT_EQ(table.rows()[1].total(), 2u);
    EXPECT_EQ(table.total(), 3u);
}

TEST(code_table, counts_what_is_no_status_as_the_nearest) {
    code_table table;
    table.add(-1, 1ms);
    table.add(0, 1ms);
    table.add(1000, 1ms);
    EXPECT_EQ(codes_of(table), (std::vector<std::string>{"100", "599"}));
}

TEST(code_table, puts_statuses_past_its_bound_into_their_classes) {
    code_table table;
    for (int status = 100; status < 600; ++status) table.add(status, 1ms);
    const auto codes = codes_of(table);
    ASSERT_EQ(codes.size(), code_table::exact_codes + 5);
    EXPECT_EQ(codes.front(), "100");
    EXPECT_EQ(codes[12], "1xx");
    EXPECT_EQ(codes.back(), "5xx");
    EXPECT_EQ(table.rows().back().total(), 100u);
    EXPECT_EQ(table.total(), 500u);
}

TEST(code_table, loses_nothing_when_threads_add_at_once) {
    code_table table;
    constexpr int each = 20'000;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&table, t] {
                for (int i = 0; i < each; ++i) table.add(200 + (i + t) % 16, 1us);
            });
    }
    EXPECT_EQ(table.total(), 4u * each);
    std::uint64_t sum = 0;
    for (const auto& row : table.rows()) sum += row.nanoseconds;
    EXPECT_EQ(sum, 4'000u * each);
    const auto codes = codes_of(table);
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());  // no status twice
}

}  // namespace
}  // namespace mote::test
