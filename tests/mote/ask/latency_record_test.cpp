// What many durations are together.

#include <apps/mote/ask/latency_record.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace mote::command {
namespace {

using namespace std::chrono_literals;

/// Whether a percentile is the true value or less than one part in a hundred more.
testing::AssertionResult is_nearly(std::chrono::nanoseconds seen, std::chrono::nanoseconds truth) {
    if (seen >= truth && static_cast<double>(seen.count()) <= static_cast<double>(truth.count()) * 1.01)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << seen.count() << " is not nearly " << truth.count();
}

TEST(mote_latency_record, is_nothing_before_the_first) {
    const latency_record empty;
    EXPECT_EQ(empty.count(), 0U);
    EXPECT_EQ(empty.least(), 0ns);
    EXPECT_EQ(empty.most(), 0ns);
    EXPECT_EQ(empty.average(), 0ns);
    EXPECT_EQ(empty.percentile(0.5), 0ns);
}

TEST(mote_latency_record, knows_percentiles_to_a_hundredth) {
    latency_record times;
    for (int each = 100'000; each >= 1; --each) times.add(std::chrono::microseconds(each));
    EXPECT_EQ(times.count(), 100'000U);
    EXPECT_TRUE(is_nearly(times.percentile(0.5), 50'000us));
    EXPECT_TRUE(is_nearly(times.percentile(0.99), 99'000us));
    EXPECT_TRUE(is_nearly(times.percentile(0.999), 99'900us));
    EXPECT_EQ(times.least(), 1us);
    EXPECT_EQ(times.most(), 100'000us);
    EXPECT_EQ(times.percentile(1), 100'000us);
    EXPECT_EQ(times.average(), 50'000'500ns);
}

TEST(mote_latency_record, is_exact_where_there_is_only_one) {
    for (const auto each :
         {0ns, 1ns, 127ns, 128ns, 12345678ns, std::chrono::nanoseconds(9min), std::chrono::nanoseconds(3h)}) {
        latency_record times;
        times.add(each);
        EXPECT_EQ(times.percentile(0), each);
        EXPECT_EQ(times.percentile(0.5), each);
        EXPECT_EQ(times.percentile(1), each);
    }
}

TEST(mote_latency_record, puts_each_duration_into_its_bucket) {
    for (int exponent = 0; exponent < 39; ++exponent)
        for (const int step : {-1, 0, 1}) {
            const std::chrono::nanoseconds time((std::int64_t{1} << exponent) + step);
            latency_record times;
            times.add(time);
            times.add(10min);  // so that the percentile is the end of a bucket, and not the largest
            EXPECT_TRUE(is_nearly(times.percentile(0.5), time));
        }
}

TEST(mote_latency_record, takes_a_clock_that_went_back_for_no_time) {
    latency_record times;
    times.add(-5ns);
    EXPECT_EQ(times.most(), 0ns);
    EXPECT_EQ(times.count(), 1U);
}

}  // namespace
}  // namespace mote::command
