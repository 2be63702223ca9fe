// Tests of a service against a real nats-server, which the tests start and end. Here with GoogleTest; link mote::testing,
// mote::mote and GTest::gtest_main. MOTE_TEST_NATS_SERVER may name another nats-server than the one in PATH.

#include <mote/micro.hpp>
#include <mote/nats/connection.hpp>
#include <mote/testing/gtest.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <gtest/gtest.h>
#include <string>

namespace asio = boost::asio;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

/// What is tested. In a real project it is in a library, which the program and its tests link.
mote::service make_greeter() {
    mote::service greeter{{.name = "Greeter", .version = "1.0.0"}};
    greeter.endpoint("hello", [](const std::string& name) {
        if (name.empty()) throw mote::service_error{400, "whom shall I greet?"};
        return "Hello, " + name;
    });
    return greeter;
}

class greeter : public mote::testing::server_fixture {  // each test has a `server` of its own, with JetStream
protected:
    /// Runs a test's coroutine beside the service, on one loop.
    template <class Test>
    void run(Test test) {
        asio::io_context io(1);
        bool ended = false;
        asio::co_spawn(io, beside_greeter(server.url(), test), [&](std::exception_ptr failure) {
            ended = true;
            if (failure) std::rethrow_exception(failure);
        });
        io.run_for(30s);
        EXPECT_TRUE(ended) << "still waiting after 30 s\n" << server.log();
    }

    template <class Test>
    static asio::awaitable<void> beside_greeter(std::string url, Test test) {
        nats::options opts;
        opts.servers = {url};
        const auto nc = co_await nats::connection::connect(opts);
        mote::service tested = make_greeter();
        co_await tested.start(nc);
        co_await test(mote::client(nc));
        co_await tested.stop();
        co_await nc.drain();
    }
};

TEST_F(greeter, greets_who_is_named) {
    run([](mote::client client) -> asio::awaitable<void> {
        const auto greeting = co_await client.call<std::string>("Greeter", "hello", std::string("Ada"));
        EXPECT_EQ(greeting, "Hello, Ada");
    });
}

TEST_F(greeter, refuses_to_greet_nobody) {
    run([](mote::client client) -> asio::awaitable<void> {
        int status = 0;
        try {
            co_await client.call("Greeter", "hello", "");
        } catch (const mote::service_error& error) {
            status = error.status();
        }
        EXPECT_EQ(status, 400);
    });
}

}  // namespace
