// A test of a project outside: the fixture with a server of each test's own.

#include <mote/nats/connection.hpp>
#include <mote/testing/gtest.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace nats = mote::nats;

namespace {

class outside : public mote::testing::server_fixture {
protected:
    /// What comes back of a message that goes over the test's server.
    std::string sent_and_taken(std::string payload) const {
        std::string taken = "nothing";
        asio::io_context io(1);
        asio::co_spawn(io, send_and_take(server.url(), std::move(payload), taken), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io.run();
        return taken;
    }

private:
    static asio::awaitable<void> send_and_take(std::string url, std::string payload, std::string& taken) {
        nats::options opts;
        opts.servers = {url};
        const auto nc = co_await nats::connection::connect(opts);
        auto inbox = nc.subscribe("outside");
        nc.publish("outside", payload);
        const auto message = co_await inbox.next(std::chrono::seconds(20));
        if (message) taken = message->payload();
        nc.close();
    }
};

TEST_F(outside, has_a_server_of_its_own) {
    EXPECT_TRUE(server.running());
    EXPECT_EQ(sent_and_taken("hello"), "hello");
}

TEST_F(outside, has_another_server_in_the_next_test) { EXPECT_EQ(sent_and_taken("again"), "again"); }

}  // namespace
