#pragma once

#include <mote/micro.hpp>
#include <mote/nats/connection.hpp>
#include <mote/testing/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <gtest/gtest.h>
#include <string>
#include <utility>

/// A real nats-server with JetStream, which starts and ends with the test, and a service on it. Service and test run on one
/// loop: there are no threads, and when `test` begins the service answers.
class service_fixture : public testing::Test {
protected:
    /// `test` is a coroutine that takes a mote::client: a function, or a lambda that captures nothing.
    template <class Test>
    void run(mote::service tested, Test test) {
        bool ended = false;
        boost::asio::co_spawn(io, beside(server.url(), std::move(tested), test), [&](std::exception_ptr failure) {
            ended = true;
            if (failure) std::rethrow_exception(failure);
        });
        io.run_for(std::chrono::seconds(30));
        EXPECT_TRUE(ended) << "still waiting after 30 s\n" << server.log();
    }

    template <class Test>
    static boost::asio::awaitable<void> beside(std::string url, mote::service tested, Test test) {
        mote::nats::options opts;
        opts.servers = {url};
        const auto nc = co_await mote::nats::connection::connect(opts);
        co_await tested.start(nc);
        co_await test(mote::client(nc));
        co_await tested.stop();
        co_await nc.drain();
    }

    mote::testing::server server;
    boost::asio::io_context io{1};
};
