#include <mote/functions/detail/log_queue.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions::detail {
namespace {

log_line line_of(std::string_view function, std::string_view instance, const std::string& text) {
    log_line line;
    line.function = function_name::parse(function);
    line.instance = instance;
    line.text = text;
    return line;
}

bool push(log_queue& to, std::string_view function, const std::string& text) {
    return to.push(line_of(function, "1", text));
}

std::string text_of(const outgoing_line& line) { return log_line::parse(line.payload).text; }

/// All that is in it, as `function/instance: text`.
std::vector<std::string> drain(log_queue& from) {
    std::vector<std::string> texts;
    while (auto line = from.pop()) {
        const auto parsed = log_line::parse(line->payload);
        EXPECT_EQ(line->subject, "mote.log.openfaas-fn." + parsed.function.name);
        texts.push_back(parsed.function.name + '/' + parsed.instance + ": " + parsed.text);
    }
    EXPECT_TRUE(from.empty());
    EXPECT_EQ(from.size(), 0U);
    return texts;
}

using texts = std::vector<std::string>;

TEST(log_queue, gives_the_lines_of_a_replica_in_order) {
    log_queue queue({.lines = 100, .bytes = 100'000});
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.pop());
    for (const auto* text : {"1", "2", "3"}) EXPECT_TRUE(push(queue, "a", text));
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(drain(queue), (texts{"a/1: 1", "a/1: 2", "a/1: 3"}));
}

TEST(log_queue, gives_each_replica_its_turn) {
    log_queue queue({.lines = 100, .bytes = 100'000});
    for (const auto* text : {"1", "2", "3"}) push(queue, "loud", text);
    push(queue, "quiet", "4");
    queue.push(line_of("loud", "2", "5"));
    queue.push(line_of("loud", "2", "6"));
    EXPECT_EQ(drain(queue), (texts{"loud/1: 1", "quiet/1: 4", "loud/2: 5", "loud/1: 2", "loud/2: 6", "loud/1: 3"}));
}

TEST(log_queue, has_a_quarter_of_its_place_for_one_replica_and_says_what_was_lost) {
    log_queue queue({.lines = 16, .bytes = 100'000});
    int taken = 0;
    for (int i = 1; i <= 10; ++i) taken += push(queue, "a", std::to_string(i)) ? 1 : 0;
    EXPECT_EQ(taken, 4);
    EXPECT_TRUE(push(queue, "b", "other"));
    EXPECT_EQ(drain(queue), (texts{"a/1: 1", "b/1: other", "a/1: 2", "a/1: 3", "a/1: 4",
                                   "a/1: [mote] dropped 6 lines: more came than could be stored"}));
    EXPECT_TRUE(push(queue, "a", "11"));
    EXPECT_EQ(drain(queue), texts{"a/1: 11"}) << "and says it once";
}

TEST(log_queue, takes_lines_again_once_half_of_the_share_is_free) {
    log_queue queue({.lines = 16, .bytes = 100'000});
    for (const auto* text : {"1", "2", "3", "4", "5"}) push(queue, "a", text);
    EXPECT_EQ(text_of(*queue.pop()), "1");
    EXPECT_FALSE(push(queue, "a", "6"));
    EXPECT_EQ(text_of(*queue.pop()), "2");
    EXPECT_TRUE(push(queue, "a", "7"));
    EXPECT_EQ(drain(queue),
              (texts{"a/1: 3", "a/1: 4", "a/1: [mote] dropped 2 lines: more came than could be stored", "a/1: 7"}));
}

TEST(log_queue, says_when_the_last_one_was_lost) {
    log_queue queue({.lines = 4, .bytes = 100'000});
    auto line = line_of("a", "1", "text");
    for (int i = 1; i <= 3; ++i) {
        line.time = std::chrono::system_clock::time_point(std::chrono::seconds(i));
        queue.push(line);
    }
    queue.pop();
    const auto said = log_line::parse(queue.pop()->payload);
    EXPECT_EQ(said.text, "[mote] dropped 2 lines: more came than could be stored");
    EXPECT_EQ(said.time, line.time);
    EXPECT_EQ(said.instance, "1");
    EXPECT_TRUE(queue.empty());
}

TEST(log_queue, counts_bytes_too) {
    log_queue queue({.lines = 1000, .bytes = 8000});
    EXPECT_FALSE(push(queue, "huge", std::string(2000, 'x')));
    EXPECT_EQ(drain(queue), texts{"huge/1: [mote] dropped 1 line: more came than could be stored"});
    EXPECT_TRUE(push(queue, "a", std::string(1000, 'x')));
    EXPECT_FALSE(push(queue, "a", std::string(1000, 'x')));
    EXPECT_TRUE(push(queue, "b", std::string(1000, 'x')));
    EXPECT_EQ(drain(queue).size(), 3U);
}

TEST(log_queue, is_bounded_over_all_replicas) {
    log_queue queue({.lines = 8, .bytes = 1'000'000});
    std::size_t taken = 0;
    for (int i = 0; i < 100; ++i) taken += push(queue, "f" + std::to_string(i), "text") ? 1 : 0;
    EXPECT_EQ(taken, 8U);
    EXPECT_EQ(queue.size(), 8U);
    EXPECT_EQ(drain(queue).size(), 100U) << "and each of the others says that it lost one";
}

TEST(log_queue, gives_what_was_put_back_first_and_in_order) {
    log_queue queue({.lines = 100, .bytes = 100'000});
    for (const auto* text : {"1", "2", "3", "4"}) push(queue, "a", text);
    auto first = queue.pop();
    auto second = queue.pop();
    auto third = queue.pop();
    queue.put_back(*third);
    queue.put_back(*first);
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(text_of(*queue.pop()), "1");
    queue.put_back(*second);
    EXPECT_EQ(drain(queue), (texts{"a/1: 2", "a/1: 3", "a/1: 4"}));
}

TEST(log_queue, is_empty_once_cleared) {
    log_queue queue({.lines = 4, .bytes = 100'000});
    for (const auto* text : {"1", "2", "3", "4"}) push(queue, "a", text);
    queue.put_back(*queue.pop());
    queue.clear();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_TRUE(push(queue, "a", "5"));
    EXPECT_EQ(drain(queue), texts{"a/1: 5"});
}

}  // namespace
}  // namespace mote::functions::detail
