#include "service.hpp"
#include "service_fixture.hpp"

namespace {

using boost::asio::awaitable;

class greet : public service_fixture {};

TEST_F(greet, greets_who_is_named) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        const auto reply = co_await client.call("@NAME@", "greet", "World");
        EXPECT_EQ(reply.payload(), "Hello, World!");
    });
}

TEST_F(greet, asks_for_a_name) {
    run(make_service(), [](mote::client client) -> awaitable<void> {
        int status = 0;
        try {
            co_await client.call("@NAME@", "greet", "");
        } catch (const mote::service_error& error) {
            status = error.status();
        }
        EXPECT_EQ(status, 400);
    });
}

}  // namespace
