// No check of `mote doctor` waits for another, and none for ever.

#include <apps/mote/doctor/bounded_checks.hpp>

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::bounded_checks;
using command::finding;
using command::machine_check;
using command::severity;

finding fine(const std::string& text) {
    finding found;
    found.check = text;
    found.text = text;
    return found;
}

TEST(bounded_checks, run_side_by_side_and_keep_their_order) {
    // Each needs the other to have begun.
    std::promise<void> first_begun;
    std::promise<void> second_begun;
    std::vector<machine_check> checks;
    checks.push_back({"first", [&] {
                          first_begun.set_value();
                          second_begun.get_future().wait();
                          return std::vector{fine("first")};
                      }});
    checks.push_back({"second", [&] {
                          second_begun.set_value();
                          first_begun.get_future().wait();
                          return std::vector{fine("second"), fine("third")};
                      }});
    bounded_checks running(std::move(checks));
    const auto found = running.results(30s);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].text, "first");
    EXPECT_EQ(found[1].text, "second");
    EXPECT_EQ(found[2].text, "third");
    EXPECT_FALSE(running.any_left());
}

TEST(bounded_checks, tell_of_one_that_does_not_end_and_leave_it) {
    const auto release = std::make_shared<std::promise<void>>();
    const auto ended = std::make_shared<std::promise<void>>();
    bounded_checks running({{"endless",
                             [wait = release->get_future().share(), ended] {
                                 wait.wait();
                                 ended->set_value();
                                 return std::vector{fine("late")};
                             }},
                            {"quick", [] { return std::vector{fine("quick")}; }}});
    const auto found = running.results(200ms);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].check, "endless");
    EXPECT_EQ(found[0].how, severity::warn);
    EXPECT_EQ(found[0].text, "no answer within 200ms");
    EXPECT_TRUE(running.any_left());
    release->set_value();
    ended->get_future().wait();
}

TEST(bounded_checks, tell_of_one_that_fails) {
    bounded_checks running({{"broken", []() -> std::vector<finding> { throw std::runtime_error("no such thing"); }}});
    const auto found = running.results(30s);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].how, severity::warn);
    EXPECT_EQ(found[0].text, "could not be looked at: no such thing");
}

}  // namespace
}  // namespace mote::test
