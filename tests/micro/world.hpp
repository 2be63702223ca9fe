#pragma once

#include <tests/jetstream/live_test.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/service.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <ostream>
#include <vector>

namespace mote::test {

/// What a caller gets: a body, with a status and a text when it is a service error.
struct answer {
    int status = 0;
    std::string description;
    std::string body;
    bool operator==(const answer&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const answer& shown) {
        return out << shown.status << " \"" << shown.description << "\" \"" << shown.body << '"';
    }
};

inline answer body(std::string text) { return {0, "", std::move(text)}; }

inline asio::awaitable<answer> ask(nats::connection caller, std::string subject, std::string payload = {}) {
    answer got;
    try {
        const auto reply = co_await micro::call(caller, subject, payload);
        got.body = reply.payload();
    } catch (const micro::service_error& failed) {
        got.status = failed.status();
        got.description = failed.description();
        got.body = failed.data();
    }
    co_return got;
}

/// A server with a connection for services and one for those who call them, all on one loop.
struct world {
    nats_server& server;
    nats::connection connection;
    nats::connection caller;
    std::shared_ptr<std::vector<micro::failure>> failures = std::make_shared<std::vector<micro::failure>>();
    std::shared_ptr<int> done = std::make_shared<int>(0);

    /// Failures and the end of the service are noted in this world.
    micro::service_config config(std::string name = "Test") const {
        micro::service_config config;
        config.name = std::move(name);
        config.version = "1.0.0";
        config.on_error = [noted = failures](const micro::failure& what) { noted->push_back(what); };
        config.on_done = [noted = done] { ++*noted; };
        return config;
    }
};

/// What a coroutine handler waits at until the test opens it.
class gate {
public:
    explicit gate(const asio::any_io_executor& executor)
        : timer_(std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max())) {}

    /// May be awaited by many.
    asio::awaitable<void> pass() const { return wait(timer_); }
    void open() const { timer_->expires_at(asio::steady_timer::time_point::min()); }

private:
    static asio::awaitable<void> wait(std::shared_ptr<asio::steady_timer> timer) {
        try {
            co_await timer->async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            co_return;  // opened while it waited
        }
    }
    std::shared_ptr<asio::steady_timer> timer_;
};

/// Lets the loop go on until something holds; fails the test when it does not within 20 s. `what` says what it was.
template <class Condition>
asio::awaitable<void> eventually(std::string what, Condition holds) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
        timer.expires_after(std::chrono::milliseconds(2));
        co_await timer.async_wait(asio::use_awaitable);
    }
    EXPECT_TRUE(holds()) << what;
}

/// A test against a real server of its own.
class micro_test : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    /// Starts a server, connects twice, runs `body(world)`.
    template <class Body>
    void in_world(Body body, nats_server_options options = {}) {
        options.jetstream = false;
        nats_server server(std::move(options));
        run(connected(server, body));
    }

    template <class Body>
    static asio::awaitable<void> connected(nats_server& server, Body body) {
        auto connection = co_await connect_to(server);
        auto caller = co_await connect_to(server);
        world here{server, connection, caller};
        co_await body(here);
        connection.close();
        caller.close();
    }
};

}  // namespace mote::test
