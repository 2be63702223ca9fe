// Who is let in, by which header, and what becomes of those who guess.

#include <tests/gateway/protection.hpp>

#include <mote/gateway/authorization.hpp>
#include <mote/nats/base64.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using gateway::area;
using gateway::authorization_options;
using gateway::authorizer;
using gateway::scheme;
using gateway::verdict;

const std::string good = "Basic " + nats::encode_base64("admin:secret");
const std::string bad = "Basic " + nats::encode_base64("admin:guess");

std::string basic(std::string_view text) { return "Basic " + nats::encode_base64(text); }

/// An authorizer of `admin`, `secret` and two tokens, with a clock that the test moves.
struct door {
    explicit door(authorization_options opts = authorization_options()) {
        files.write("bearer-tokens", "ci:first-token\nsecond-token\n");
        opts.on_failure = [this](std::string_view why) { failures.emplace_back(why); };
        guard = std::make_unique<authorizer>(files.path(), opts);
    }

    verdict ask(const std::string& authorization, std::string_view path = "/system/functions",
                std::string_view peer = "10.0.0.1") {
        const std::vector<http::header_view> headers{{"Host", "x"}, {"authorization", authorization}};
        return guard->authorize(path, headers, peer, now);
    }
    verdict ask_without(std::string_view path) { return guard->authorize(path, {}, "10.0.0.1", now); }

    credentials_dir files;
    std::vector<std::string> failures;
    std::unique_ptr<authorizer> guard;
    authorizer::clock::time_point now = authorizer::clock::now();
};

TEST(area_of, tells_the_system_from_functions_and_what_is_open) {
    for (const std::string_view path :
         {"/system", "/system/", "/system/functions", "/ui", "/ui/", "/ui/app.js", "/metrics"})
        EXPECT_EQ(gateway::area_of(path), area::system) << path;
    EXPECT_EQ(gateway::area_of("/healthz"), area::open);
    EXPECT_EQ(gateway::area_of("/"), area::functions) << "a service may have that route";
    for (const std::string_view path : {"/function/echo", "/function/system/", "/async-function/x", "/service/a/b",
                                        "/services", "/openapi.json", "/systems", "/uix", "/healthz/more", "/hn/top/3",
                                        "*", "", "/function/a/../b", "/function/%73ystem", "/function/a%2Fb"})
        EXPECT_EQ(gateway::area_of(path), area::functions) << path;
}

TEST(area_of, cannot_be_led_past_the_system_by_another_way_to_write_it) {
    for (const std::string_view path :
         {"//system/functions", "/./system/functions", "/function/../system/functions", "/%73ystem/functions",
          "/function/..%2fsystem/functions", "/%2e%2e/system", "/function/%2E%2E/ui/", "/\\system/x", "/x/..\\system",
          "/healthz/../system", "/system/../function/x", "/%2fmetrics", "/../../metrics"})
        EXPECT_EQ(gateway::area_of(path), area::system) << path;
}

TEST(authorizer, lets_the_user_in) {
    door here;
    const auto made = here.ask(good);
    EXPECT_TRUE(made.allowed);
    EXPECT_EQ(made.who, "admin");
    EXPECT_EQ(made.how, scheme::basic);
    EXPECT_TRUE(here.ask("bAsIc  " + good.substr(6)).allowed);
}

TEST(authorizer, lets_a_user_of_other_letters_in_with_a_password_that_has_colons) {
    door here;
    here.files.write("basic-auth-user", "j\xC3\xBCrg");
    here.files.write("basic-auth-password", "a:b:c");
    here.now += 2s;
    EXPECT_EQ(here.ask(basic("j\xC3\xBCrg:a:b:c")).who, "j\xC3\xBCrg");
}

TEST(authorizer, lets_tokens_in_by_their_names) {
    door here;
    EXPECT_EQ(here.ask("Bearer first-token").who, "ci");
    EXPECT_EQ(here.ask("bearer second-token").who, "token");
    EXPECT_EQ(here.ask("Bearer second-token").how, scheme::bearer);
}

TEST(authorizer, refuses_everything_else) {
    authorization_options opts;
    opts.max_failures = 0;
    door here(opts);
    for (const auto& wrong : {bad,
                              basic("root:secret"),
                              basic("admin:secret "),
                              basic("admin:secret\n"),
                              basic("admin:secre"),
                              basic("Admin:secret"),
                              basic("admin"),
                              basic(":secret"),
                              basic("admin:"),
                              basic(":"),
                              std::string("Basic YWRtaW46c2VjcmV0="),
                              std::string("Basic admin:secret"),
                              std::string("Basic \tYWRtaW46c2VjcmV0"),
                              std::string("Digest YWRtaW46c2VjcmV0"),
                              std::string("YWRtaW46c2VjcmV0 x"),
                              std::string("Bearer first-toke"),
                              std::string("Bearer first-token x"),
                              std::string("Bearer ci:first-token"),
                              std::string("Bearer secret"),
                              std::string("Basic first-token")}) {
        const auto made = here.ask(wrong);
        EXPECT_FALSE(made.allowed) << wrong;
        EXPECT_EQ(made.who, "") << wrong;
        EXPECT_EQ(made.retry_after, 0s) << wrong;
    }
}

TEST(authorizer, refuses_two_headers_of_which_one_is_right) {
    door here;
    const std::vector<http::header_view> headers{{"Authorization", good}, {"Authorization", bad}};
    EXPECT_FALSE(here.guard->authorize("/system/info", headers, "::1", here.now).allowed);
    EXPECT_EQ(here.guard->counted_peers(), 1u);
}

TEST(authorizer, takes_an_empty_header_for_none) {
    door here;
    for (const std::string none : {"", "Bearer ", "Bearer", "Basic ", "  "}) {
        const auto made = here.ask(none);
        EXPECT_FALSE(made.allowed) << none;
        EXPECT_EQ(made.how, scheme::none) << none;
    }
    EXPECT_FALSE(here.ask_without("/system/info").allowed);
    EXPECT_EQ(here.guard->counted_peers(), 0u);  // nobody has guessed
}

TEST(authorizer, asks_for_functions_only_when_told_to) {
    door open;
    EXPECT_TRUE(open.ask_without("/function/echo").allowed);
    EXPECT_TRUE(open.ask(bad, "/function/echo").allowed);  // the header is the function's own
    EXPECT_EQ(open.guard->counted_peers(), 0u);

    authorization_options opts;
    opts.functions = true;
    door closed(opts);
    for (const std::string_view path : {"/function/echo", "/async-function/echo", "/service/a/b", "/hn/top/3"}) {
        EXPECT_FALSE(closed.ask_without(path).allowed) << path;
        EXPECT_TRUE(closed.ask(good, path).allowed) << path;
    }
    EXPECT_TRUE(closed.ask_without("/healthz").allowed);
    EXPECT_FALSE(closed.ask_without("/").allowed) << "a service may have that route";
}

TEST(authorizer, takes_a_password_of_any_length_and_none_that_is_nearly_the_same) {
    for (const std::size_t size : {1, 31, 32, 33, 63, 64, 65, 1000, 1024}) {
        const std::string password(size, 'x');
        door here;
        here.files.write("basic-auth-password", password);
        here.now += std::chrono::hours(1);
        EXPECT_TRUE(here.ask(basic("admin:" + password)).allowed) << size;
        for (const std::string& near : {password + "x", password.substr(1), password.substr(1) + "y",
                                        password + std::string(1, '\0'), "y" + password.substr(1), password + "\n"})
            EXPECT_FALSE(here.ask(basic("admin:" + near)).allowed) << size;
        EXPECT_FALSE(here.ask(basic("admin" + password)).allowed) << size;
    }
}

TEST(authorizer, needs_the_files_when_it_begins) {
    const temp_dir empty;
    EXPECT_EQ(thrown_by([&] { authorizer guard(empty.path()); }).code, gateway::errc::no_credentials);
}

TEST(authorizer, takes_new_credentials_from_the_files) {
    door here;
    ASSERT_TRUE(here.ask(good).allowed);
    here.files.write("basic-auth-password", "fresh!\n");  // of the same length
    here.now += 2s;
    EXPECT_FALSE(here.ask(good).allowed);
    EXPECT_TRUE(here.ask(basic("admin:fresh!")).allowed);
}

TEST(authorizer, does_not_look_at_the_files_for_each_request) {
    door here;
    here.now += 2s;
    ASSERT_TRUE(here.ask(good).allowed);
    here.files.write("basic-auth-password", "fresh!\n");
    here.now += 999ms;
    EXPECT_TRUE(here.ask(good).allowed);
    here.now += 1ms;
    EXPECT_FALSE(here.ask(good).allowed);
}

TEST(authorizer, revokes_tokens_with_their_file) {
    door here;
    ASSERT_TRUE(here.ask("Bearer first-token").allowed);
    std::filesystem::remove(here.files.path() / "bearer-tokens");
    here.now += 2s;
    EXPECT_FALSE(here.ask("Bearer first-token").allowed);
    EXPECT_TRUE(here.ask(good).allowed);
}

TEST(authorizer, keeps_the_last_good_ones_while_files_are_wrong_and_says_so_once) {
    door here;
    here.files.write("basic-auth-password", "");
    for (int i = 0; i < 3; ++i) {
        here.now += 2s;
        EXPECT_TRUE(here.ask(good).allowed);
    }
    ASSERT_EQ(here.failures.size(), 1u);
    EXPECT_NE(here.failures[0].find("basic-auth-password"), std::string::npos) << here.failures[0];

    here.files.write("basic-auth-password", "secret");
    here.now += 2s;
    EXPECT_TRUE(here.ask(good).allowed);
    std::filesystem::remove(here.files.path() / "basic-auth-user");
    here.now += 2s;
    EXPECT_TRUE(here.ask(good).allowed);
    EXPECT_EQ(here.failures.size(), 2u);
}

TEST(authorizer, makes_a_peer_wait_that_failed_too_often_also_with_right_credentials) {
    authorization_options opts;
    opts.max_failures = 3;
    door here(opts);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(here.ask(bad).retry_after, 0s);
        here.now += 10s;
    }
    const auto late = here.ask(good);
    EXPECT_FALSE(late.allowed);
    EXPECT_EQ(late.retry_after, 30s);
    EXPECT_EQ(late.who, "");
    EXPECT_EQ(here.ask("").retry_after, 0s);                               // who says nothing is only asked to
    EXPECT_TRUE(here.ask(good, "/system/functions", "10.0.0.2").allowed);  // another peer does not wait
    EXPECT_TRUE(here.ask(bad, "/function/echo").allowed);
    here.now += 30s;
    EXPECT_TRUE(here.ask(good).allowed);
}

TEST(refusal, is_a_401_as_openfaas_has_it) {
    const auto answer = gateway::refusal(verdict());
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Basic realm=\"Restricted\"");
    EXPECT_EQ(answer.body, "invalid credentials");
    EXPECT_FALSE(answer.header("Retry-After"));
}

TEST(refusal, of_too_many_failures_is_a_429_that_says_how_long) {
    verdict late;
    late.retry_after = 42s;
    const auto answer = gateway::refusal(late);
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("Retry-After"), "42");
    EXPECT_FALSE(answer.header("WWW-Authenticate"));
}

}  // namespace
}  // namespace mote::test
