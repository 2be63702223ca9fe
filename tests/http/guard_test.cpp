// `request::may_connect`: who may be asked is decided by the address.

#include <tests/http/fixture.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::test {
namespace {

using http::errc;

class http_guard : public http_test {
protected:
    /// Notes what it is asked.
    http::request guarded(std::string url, bool allow) {
        http::request asked("POST", std::move(url));
        asked.may_connect = [this, allow](const http::connect_target& target) {
            seen.push_back(std::string(target.host) + " " + std::string(target.address) + " " +
                           std::to_string(target.port));
            return allow;
        };
        return asked;
    }

    std::vector<std::string> seen;
    http_server server{io.get_executor(), [](const http_question&) { return http_answer(200, "hello"); }};
    http::client client{io.get_executor(), quick()};
};

TEST_F(http_guard, sees_what_a_name_stands_for_and_no_connection_is_made_when_it_refuses) {
    const auto port = std::to_string(server.port());
    const auto got = finish(client.send(guarded("http://localhost:" + port + "/", false)));
    EXPECT_EQ(got->error, errc::address_refused) << got->what;
    ASSERT_FALSE(seen.empty());
    for (const auto& each : seen)
        EXPECT_TRUE(each == "localhost 127.0.0.1 " + port || each == "localhost ::1 " + port) << each;
    EXPECT_EQ(server.accepted(), 0U);
}

TEST_F(http_guard, lets_a_request_through) {
    const auto got = finish(client.send(guarded(server.url(), true)));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->body, "hello");
    EXPECT_EQ(seen.front(), "127.0.0.1 127.0.0.1 " + std::to_string(server.port()));
}

TEST_F(http_guard, is_asked_for_a_connection_that_another_request_has_made) {
    const auto first = finish(client.send(guarded(server.url(), true)));
    ASSERT_TRUE(first->response) << first->what;
    seen.clear();
    const auto second = finish(client.send(guarded(server.url(), false)));
    EXPECT_EQ(second->error, errc::address_refused) << second->what;
    EXPECT_EQ(seen.size(), 1U) << "for the one that was kept";
    EXPECT_EQ(server.questions().size(), 1U);
    const auto third = finish(client.send(guarded(server.url(), true)));
    EXPECT_TRUE(third->response) << third->what;
}

TEST_F(http_guard, is_not_passed_by_a_redirect_or_a_proxy) {
    http_server elsewhere(io.get_executor(), [&](const http_question&) {
        return http_answer(302, "", "Location: " + server.url() + "\r\n");
    });
    auto options = quick();
    options.proxy = server.url();
    http::client through_proxy(io.get_executor(), options);
    auto asked = guarded(elsewhere.url(), true);
    asked.method = "GET";
    const auto got = finish(through_proxy.send(asked));
    ASSERT_TRUE(got->response) << got->what;
    EXPECT_EQ(got->response->status, 302);
    EXPECT_EQ(server.accepted(), 0U);
}

}  // namespace
}  // namespace mote::test
