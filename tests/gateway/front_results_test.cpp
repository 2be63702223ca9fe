// What a gateway says of the answer of a queued call: before there is one, when there is none, and when it is no text.

#include <tests/gateway/front_world.hpp>

namespace mote::test {
namespace {

using front_results = front_test;

asio::awaitable<void> queue(front_world* here, std::string function, std::string id, std::string body) {
    const auto kept = co_await here->ask("POST", "/async-function/" + function, body, sent_with("X-Call-Id", id));
    EXPECT_EQ(kept.status, 202) << kept.body;
}

/// The answer to `/result`, once it is another one than `before`.
asio::awaitable<http::response> result_after(front_world* here, std::string id, int before) {
    http::response answer;
    for (int i = 0; i < 6000; ++i) {
        answer = co_await here->ask("GET", "/async-function/" + id + "/result");
        if (answer.status != before) break;
        co_await pause_for(10ms);
    }
    co_return answer;
}

TEST_F(front_results, are_202_while_there_is_none_and_410_where_there_never_is_one) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        co_await here.pause("cat");
        co_await queue(&here, "cat", "waits", "x");
        const auto waits = co_await here.ask("GET", "/async-function/waits/result");
        EXPECT_EQ(waits.status, 202);
        EXPECT_EQ(waits.body, "queued\n");
        EXPECT_EQ(waits.header("X-Call-Id"), "waits");
        const auto cancelled = co_await here.ask("DELETE", "/async-function/waits");
        EXPECT_EQ(cancelled.status, 202) << cancelled.body;
        EXPECT_EQ(cancelled.header("X-Call-Id"), "waits") << "of the call that it was about";
        const auto gone = co_await result_after(&here, "waits", 202);
        EXPECT_EQ(gone.status, 410);
        EXPECT_EQ(gone.body, "it ended without an answer: cancelled\n");
        const auto unknown = co_await here.ask("GET", "/async-function/nobody/result");
        EXPECT_EQ(unknown.status, 404);
    });
}

TEST_F(front_results, of_a_try_that_failed_are_none_of_a_call_that_was_cancelled_before_the_next) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy(
            "fails", "false",
            R"(,"annotations":{"com.openfaas.retry.min_wait":"1h","com.openfaas.retry.max_wait":"1h"})");
        co_await queue(&here, "fails", "tried", "x");
        co_await here.comes_to("tried", "retrying");
        const auto cancelled = co_await here.ask("DELETE", "/async-function/tried");
        EXPECT_EQ(cancelled.status, 202) << cancelled.body;
        const auto gone = co_await here.ask("GET", "/async-function/tried/result");
        EXPECT_EQ(gone.status, 410);
        EXPECT_EQ(gone.body, "it ended without an answer: cancelled\n");
    });
}

TEST_F(front_results, that_are_too_large_to_be_kept_are_410_with_their_size) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("large", "head -c 1000000 /dev/zero");
        co_await queue(&here, "large", "large", "x");
        const auto gone = co_await result_after(&here, "large", 202);
        EXPECT_EQ(gone.status, 410);
        EXPECT_EQ(gone.body, "the answer of 1000000 bytes was too large to be kept\n");
        const auto told = co_await here.json("/async-function/large");
        EXPECT_EQ(told.at("body_size"), 1'000'000) << told;
        EXPECT_EQ(told.at("status"), 200) << told;
        EXPECT_FALSE(told.as_object().contains("body")) << told;
    });
}

TEST_F(front_results, that_are_no_text_are_base64_in_json_and_themselves_as_the_result) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        const std::string bytes("\0\xff\xfe", 3);
        co_await queue(&here, "cat", "bytes", bytes);
        const auto result = co_await result_after(&here, "bytes", 202);
        EXPECT_EQ(result.status, 200);
        EXPECT_EQ(result.body, bytes);
        const auto told = co_await here.json("/async-function/bytes");
        EXPECT_EQ(told.at("body_base64"), "AP/+") << told;
        EXPECT_FALSE(told.as_object().contains("body")) << told;
    });
}

}  // namespace
}  // namespace mote::test
