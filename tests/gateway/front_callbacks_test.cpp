// Where the results of asynchronous calls may be sent: what the gateway refuses, and what the node does.

#include <tests/gateway/front_world.hpp>

#include <array>

namespace mote::test {
namespace {

class front_callbacks : public front_test {};

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array refused_urls{"http://127.0.0.1:8080/", "http://localhost/x",
                                  "http://[::1]/",          "http://169.254.169.254/latest/meta-data",
                                  "http://0x7f000001/",     "ftp://host/"};

asio::awaitable<std::string> callback_of(front_world& here, std::string id) {
    for (int i = 0; i < 2000; ++i) {
        const auto seen = co_await here.json("/async-function/" + id);
        const auto* const state = seen.as_object().if_contains("callback");
        if (state != nullptr && *state != "pending") co_return std::string(state->as_string());
        co_await pause_for(10ms);
    }
    co_return "pending";
}

TEST_F(front_callbacks, are_refused_when_the_url_alone_shows_that_they_may_not_be) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        for (const std::string url : refused_urls) {
            const auto sent = sent_with("X-Callback-Url", url, "X-Call-Id", "refused");
            const auto answer = co_await here.ask("POST", "/async-function/cat", "x", sent);
            EXPECT_EQ(answer.status, 400) << url << ": " << answer.body;
            const auto kept = co_await here.ask("GET", "/async-function/refused");
            EXPECT_EQ(kept.status, 404) << url;
        }
    });
}

asio::awaitable<void> expect_text(front_world* here, std::string header, std::string value, std::string text) {
    const auto answer = co_await here->ask("POST", "/async-function/cat", "x", sent_with(header, value));
    EXPECT_EQ(answer.status, 400) << value;
    EXPECT_EQ(answer.body, text + "\n");
    EXPECT_FALSE(contains(answer.body, "secret")) << answer.body;
}

TEST_F(front_callbacks, and_call_ids_are_refused_by_header_and_value_but_for_what_may_be_secret) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        const std::string url = "X-Callback-Url";
        co_await expect_text(&here, url, "http://", R"(X-Callback-Url: "http://": it has no host)");
        co_await expect_text(&here, url, "/rel",
                             R"(X-Callback-Url: "/rel": it begins neither with http:// nor with https://)");
        co_await expect_text(&here, url, "http://user:secret@127.0.0.1/x?secret",
                             R"(X-Callback-Url: "http://127.0.0.1/x": results are not sent to 127.0.0.1)");
        co_await expect_text(&here, url, "ftp://user:secret@host/",
                             R"(X-Callback-Url: "host/": it begins neither with http:// nor with https://)");
        co_await expect_text(&here, "X-Call-Id", "bad id",
                             R"(X-Call-Id "bad id": expected 1 to 64 letters, digits, - and _)");
    });
}

TEST_F(front_callbacks, may_be_sent_to_the_gateway_itself_when_it_is_for_its_own_machine) {
    gateway::front_options opts;
    opts.callbacks = functions::callback_rules::with_loopback();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("cat", "cat");
            const auto own = "http://127.0.0.1:" + std::to_string(here.server.port());
            const auto sent = sent_with("X-Callback-Url", own + "/async-function/cat", "X-Call-Id", "first");
            const auto accepted = co_await here.ask("POST", "/async-function/cat", "x", sent);
            EXPECT_EQ(accepted.status, 202) << accepted.body;
            const auto became = co_await callback_of(here, "first");
            EXPECT_EQ(became, "delivered");
            const auto metadata = sent_with("X-Callback-Url", "http://169.254.169.254/");
            const auto refused = co_await here.ask("POST", "/async-function/cat", "x", metadata);
            EXPECT_EQ(refused.status, 400) << refused.body;
        },
        opts);
}

TEST_F(front_callbacks, are_sent_only_where_the_gateway_says_when_it_says_it) {
    gateway::front_options opts;
    opts.callbacks = functions::callback_rules::parse("10.0.0.0/8 hooks.example.org");
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("cat", "cat");
            const auto elsewhere = sent_with("X-Callback-Url", "http://93.184.216.34/");
            const auto refused = co_await here.ask("POST", "/async-function/cat", "x", elsewhere);
            EXPECT_EQ(refused.status, 400) << refused.body;
            const auto own = "http://127.0.0.1:" + std::to_string(here.server.port()) + "/async-function/cat";
            const auto to_itself = sent_with("X-Callback-Url", own, "X-Call-Id", "itself");
            const auto not_named = co_await here.ask("POST", "/async-function/cat", "x", to_itself);
            EXPECT_EQ(not_named.status, 400) << not_named.body;
        },
        opts);
}

}  // namespace
}  // namespace mote::test
