#include "service.hpp"
#include "service_fixture.hpp"

namespace {

using boost::asio::awaitable;

TEST(routes, are_those_of_the_readme) {
    const auto info = make_service().info();
    ASSERT_EQ(info.endpoints.size(), 1U);
    EXPECT_EQ(info.endpoints[0].metadata.at("http.route"), "GET /@NAME@/greet/{name}");
}

class greet : public service_fixture {};

// By NATS, which is what a gateway does for a request.
TEST_F(greet, greets_who_is_named) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        person ada;
        ada.name = "Ada";
        const auto made = co_await client.call<greeting>("@NAME@", "greet", ada);
        EXPECT_EQ(made.text, "Hello, Ada!");
    });
}

TEST_F(greet, does_not_find_nobody) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        int status = 0;
        try {
            co_await client.call("@NAME@", "greet", R"({"name": "nobody"})");
        } catch (const mote::service_error& error) {
            status = error.status();
        }
        EXPECT_EQ(status, 404);
    });
}

}  // namespace
