#include "service.hpp"
#include "service_fixture.hpp"

namespace {

using boost::asio::awaitable;

// What needs no server is tested without one.
TEST(greeting, tells_the_century) {
    const person ada{.name = "Ada", .born = 1815};
    EXPECT_EQ(greet(ada).century, 19);
}

class greet_endpoint : public service_fixture {};

TEST_F(greet_endpoint, greets_who_is_named) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        person ada;
        ada.name = "Ada";
        const auto made = co_await client.call<greeting>("@NAME@", "greet", ada);
        EXPECT_EQ(made.text, "Hello, Ada!");
        EXPECT_FALSE(made.century);
    });
}

TEST_F(greet_endpoint, says_what_is_wrong_with_a_request) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        std::string description;
        try {
            co_await client.call("@NAME@", "greet", R"({"name": "Ada", "born": "1815"})");
        } catch (const mote::service_error& error) {
            description = error.description();
        }
        EXPECT_EQ(description, "born: expected an integer, got a string");
    });
}

}  // namespace
