// What people read who ask the gateway: words, and no numbers of ours.

#include <tests/gateway/front_world.hpp>

#include <array>
#include <regex>

namespace mote::test {
namespace {

class front_words : public front_test {};

/// As Boost puts it behind what an exception says: ` [mote.functions:3]`.
bool has_code(const std::string& text) { return std::regex_search(text, std::regex(R"( \[[a-z._]+:-?[0-9]+)")); }

TEST_F(front_words, of_a_function_that_cannot_run_have_no_codes) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const std::string body =
            R"({"service":"wrong","image":"functions/alpine","envProcess":"no-such-program","envVars":{"mode":"http"}})";
        const auto deployed = co_await here.ask("POST", "/system/functions", body);
        EXPECT_EQ(deployed.status, 202) << deployed.body;
        const auto called = co_await here.ask("POST", "/function/wrong", "x");
        EXPECT_GE(called.status, 500);
        EXPECT_NE(called.body.find("no-such-program"), std::string::npos) << called.body;
        EXPECT_FALSE(has_code(called.body)) << called.body;

        http::response shown;
        for (int i = 0; i < 2000 && shown.body.find("trouble") == std::string::npos; ++i) {
            shown = co_await here.ask("GET", "/system/function/wrong");
            co_await pause_for(10ms);
        }
        EXPECT_EQ(shown.status, 200);
        EXPECT_NE(shown.body.find(R"("trouble":"no-such-program)"), std::string::npos) << shown.body;
        EXPECT_FALSE(has_code(shown.body)) << shown.body;
    });
}

TEST_F(front_words, of_a_refused_deployment_have_no_codes) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        constexpr std::array bodies{
            R"({"service":"A","image":"functions/alpine"})",
            R"({"service":"a","image":"functions/none"})",
            R"({"service":"a","image":"functions/alpine","labels":{"com.openfaas.scale.min":"x"}})",
            R"({"service":"a","image":"functions/alpine","limits":{"memory":"x"}})",
            R"({"service":1})",
            R"({"service":"a","image":"functions/alpine","envVars":{"upstream_url":"nowhere"}})"};
        for (const std::string body : bodies) {
            const auto refused = co_await here.ask("POST", "/system/functions", body);
            EXPECT_EQ(refused.status, 400) << body << ": " << refused.body;
            EXPECT_GT(refused.body.size(), 8U) << body;
            EXPECT_FALSE(has_code(refused.body)) << refused.body;
        }
    });
}

}  // namespace
}  // namespace mote::test
