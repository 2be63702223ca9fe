// What became of many requests, counted.

#include <apps/mote/ask/outcome_tally.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace mote::command {
namespace {

using namespace std::chrono_literals;

TEST(mote_outcome_tally, counts_answers_and_errors_by_code) {
    outcome_tally tally;
    tally.answered(2ms, 0);
    tally.answered(4ms, 404);
    tally.answered(4ms, 404);
    tally.answered(4ms, 500);
    tally.timed_out();
    tally.nobody_there();
    EXPECT_EQ(tally.requests(), 6U);
    EXPECT_EQ(tally.errors(), 5U);
    EXPECT_EQ(errors_text(tally), "2 404, 1 500, 1 no responders, 1 timeout");
    EXPECT_EQ(tally.times().count(), 4U) << "errors are answers, too";
    const auto json = tally_json(tally);
    EXPECT_EQ(boost::json::serialize(json.at("errors_by_code")), R"({"404":2,"500":1,"no responders":1,"timeout":1})");
    EXPECT_EQ(json.at("min").to_number<int>(), 2'000'000);
    EXPECT_EQ(json.at("max").to_number<int>(), 4'000'000);
}

TEST(mote_outcome_tally, is_worth_the_exit_code_of_its_worst_error) {
    outcome_tally tally;
    tally.answered(1ms, 0);
    EXPECT_EQ(tally.code(), exit_code::ok);
    tally.nobody_there();
    EXPECT_EQ(tally.code(), exit_code::not_found);
    tally.timed_out();
    EXPECT_EQ(tally.code(), exit_code::timeout);
    tally.answered(1ms, 400);
    EXPECT_EQ(tally.code(), exit_code::service_error);
}

TEST(mote_outcome_tally, has_a_line_of_times_for_people) {
    outcome_tally tally;
    EXPECT_EQ(times_text(tally.times()), "");
    tally.answered(2ms, 0);
    EXPECT_EQ(times_text(tally.times()), "min 2ms  avg 2ms  p50 2ms  p90 2ms  p99 2ms  p99.9 2ms  max 2ms");
}

}  // namespace
}  // namespace mote::command
