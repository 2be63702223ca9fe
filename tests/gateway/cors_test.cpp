// What pages of other origins may ask.

#include <tests/gateway/protection.hpp>

#include <mote/gateway/cors.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace mote::test {
namespace {

using gateway::cors;
using gateway::cors_options;

using headers = std::vector<http::header_view>;

cors_options from(std::vector<std::string> origins) {
    cors_options opts;
    opts.origins = std::move(origins);
    return opts;
}

headers preflight_of(std::string_view origin, std::string_view requested = "") {
    headers all{{"origin", origin}, {"access-control-request-method", "POST"}};
    if (!requested.empty()) all.push_back({"Access-Control-Request-Headers", requested});
    return all;
}

std::string text_of(const http::header_list& list) {
    std::string text;
    for (const auto& [name, value] : list) text += name + ": " + value + "\n";
    return text;
}

TEST(cors, is_off_by_default_and_then_changes_nothing) {
    const cors none;
    EXPECT_FALSE(none.on());
    EXPECT_FALSE(none.preflight("OPTIONS", preflight_of("https://a.org")));
    http::header_list answer{{"Access-Control-Allow-Origin", "the function's own"}};
    none.apply(preflight_of("https://a.org"), answer);
    EXPECT_EQ(text_of(answer), "Access-Control-Allow-Origin: the function's own\n");
}

TEST(cors, answers_a_preflight_of_an_allowed_origin) {
    const cors some(from({"https://a.org", "http://localhost:3000"}));
    EXPECT_TRUE(some.on());
    const auto answer = some.preflight("OPTIONS", preflight_of("http://localhost:3000", "content-type"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 204);
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(text_of(answer->headers),
              "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n"
              "Access-Control-Allow-Origin: http://localhost:3000\n"
              "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\n"
              "Access-Control-Allow-Headers: Authorization, Content-Type, X-Call-Id\n"
              "Access-Control-Max-Age: 600\n");
}

TEST(cors, gives_an_origin_that_is_not_allowed_nothing) {
    const cors some(from({"https://a.org"}));
    for (const std::string_view origin : {"https://b.org", "http://a.org", "https://a.org:8443", "https://A.org",
                                          "null", "", "https://a.org.evil.com", "https://a.orgx", "*"}) {
        const auto answer = some.preflight("OPTIONS", preflight_of(origin));
        ASSERT_TRUE(answer) << origin;
        EXPECT_EQ(answer->status, 204);
        EXPECT_EQ(text_of(answer->headers),
                  "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n");
        http::header_list normal{{"Access-Control-Allow-Origin", "*"}};
        some.apply(preflight_of(origin), normal);
        EXPECT_EQ(text_of(normal), "Vary: Origin\n") << origin;
    }
}

TEST(cors, leaves_other_requests_with_options_to_the_function) {
    const cors all(from({"*"}));
    EXPECT_FALSE(all.preflight("OPTIONS", headers{{"Origin", "https://a.org"}}));
    EXPECT_FALSE(all.preflight("OPTIONS", headers{{"Access-Control-Request-Method", "GET"}}));
    EXPECT_FALSE(all.preflight("OPTIONS", headers{}));
    EXPECT_FALSE(all.preflight("POST", preflight_of("https://a.org")));
    EXPECT_FALSE(all.preflight("options", preflight_of("https://a.org")));
}

TEST(cors, for_all_origins_does_not_say_which_one_asked) {
    const cors all(from({"*"}));
    EXPECT_EQ(all.preflight("OPTIONS", preflight_of("https://a.org"))->header("Access-Control-Allow-Origin"), "*");
    http::header_list answer{{"Content-Type", "x"}};
    all.apply(preflight_of("https://a.org"), answer);
    EXPECT_EQ(text_of(answer),
              "Content-Type: x\nAccess-Control-Allow-Origin: *\n"
              "Access-Control-Expose-Headers: X-Call-Id, X-Duration-Seconds\n");
}

TEST(cors, puts_its_headers_in_the_place_of_the_functions_own) {
    const cors some(from({"https://a.org"}));
    http::header_list answer{
        {"access-control-allow-credentials", "true"}, {"Vary", "Accept"}, {"ACCESS-CONTROL-ALLOW-ORIGIN", "*"}};
    some.apply(preflight_of("https://a.org"), answer);
    EXPECT_EQ(text_of(answer),
              "Vary: Accept, Origin\nAccess-Control-Allow-Origin: https://a.org\n"
              "Access-Control-Expose-Headers: X-Call-Id, X-Duration-Seconds\n");
}

TEST(cors, says_that_an_answer_varies_also_to_who_has_no_origin) {
    const cors some(from({"https://a.org"}));
    http::header_list answer;
    some.apply(headers{}, answer);
    EXPECT_EQ(text_of(answer), "Vary: Origin\n");
    some.apply(headers{}, answer);
    EXPECT_EQ(text_of(answer), "Vary: Origin\n");
    http::header_list any{{"Vary", "*"}};
    some.apply(headers{}, any);
    EXPECT_EQ(text_of(any), "Vary: *\n");
}

TEST(cors, says_back_which_headers_were_asked_for_when_any_may_be_sent) {
    auto opts = from({"*"});
    opts.headers = {"*"};
    const cors any(opts);
    const auto allowed = [&](std::string_view requested) {
        const auto answer = any.preflight("OPTIONS", preflight_of("https://a.org", requested));
        return std::string(answer->header("Access-Control-Allow-Headers").value_or("none"));
    };
    EXPECT_EQ(allowed("authorization, x-mine"), "authorization, x-mine");
    EXPECT_EQ(allowed(""), "none");
    EXPECT_EQ(allowed("x:y"), "none");
    EXPECT_EQ(allowed("a\tb"), "none");
    EXPECT_EQ(allowed(std::string(1025, 'x')), "none");
}

TEST(cors, refuses_options_that_cannot_be) {
    const auto code_of = [](const cors_options& opts) { return thrown_by([&] { cors made(opts); }); };
    for (const std::string origin :
         {"", "a.org", "https://", "://a", "https://a.org/", "https://a.org/x", "https://*.a.org", "https://A.org",
          "https://a.org,https://b.org", "https://a b", "https://u@a.org", "null"}) {
        const auto failed = code_of(from({origin}));
        EXPECT_EQ(failed.code, gateway::errc::bad_cors) << origin;
        EXPECT_NE(failed.text.find("\"" + origin + "\""), std::string::npos) << failed.text;
    }
    auto opts = from({"*"});
    opts.methods = {"GET, POST"};
    EXPECT_EQ(code_of(opts).code, gateway::errc::bad_cors);
    opts = from({"*"});
    opts.headers = {"X:Y"};
    EXPECT_EQ(code_of(opts).code, gateway::errc::bad_cors);
    opts = from({"*"});
    opts.exposed = {""};
    EXPECT_EQ(code_of(opts).code, gateway::errc::bad_cors);
    opts = from({"*"});
    opts.max_age = std::chrono::seconds(-1);
    EXPECT_EQ(code_of(opts).code, gateway::errc::bad_cors);
    EXPECT_EQ(code_of(from({"https://[::1]:8080", "http://a-b.example"})).code, boost::system::error_code());
}

}  // namespace
}  // namespace mote::test
