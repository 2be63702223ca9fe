#pragma once

#include <tests/support/run_on.hpp>

#include <mote/micro/service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace mote::test {

/// Services on a thread, a loop and a connection of their own, so that a test can talk to them with clients that block.
class hosted_service {
public:
    using maker = std::function<std::unique_ptr<micro::service>(const nats::connection&)>;

    /// Connects, makes and starts the service. Throws what that throws.
    hosted_service(nats::options opts, const maker& make);
    hosted_service(const hosted_service&) = delete;
    hosted_service& operator=(const hosted_service&) = delete;
    /// Destroys the service, closes the connection, ends the thread.
    ~hosted_service();

    /// For `on_loop` and `await` only.
    micro::service& service() const { return *service_; }
    const nats::connection& connection() const { return connection_; }

    /// Runs on the loop's thread and returns what comes back.
    template <class Work>
    auto on_loop(Work work) {
        return run_on(loop_, std::move(work));
    }

    /// Runs a coroutine on the loop and waits for its end; what it throws is thrown here.
    void await(boost::asio::awaitable<void> work) {
        boost::asio::co_spawn(loop_, std::move(work), boost::asio::use_future).get();
    }
    /// Starts a coroutine on the loop.
    std::future<void> start(boost::asio::awaitable<void> work) {
        return boost::asio::co_spawn(loop_, std::move(work), boost::asio::use_future);
    }

private:
    boost::asio::awaitable<void> open(nats::options opts, const maker& make);

    boost::asio::io_context loop_{1};
    nats::connection connection_;
    std::unique_ptr<micro::service> service_;
    std::thread thread_;
};

}  // namespace mote::test
