#pragma once

#include <mote/nats/connection.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::test {

namespace asio = boost::asio;

/// Options for a test's connection: quick to come back.
inline nats::options options_for(std::string url) {
    nats::options opts;
    opts.servers = {std::move(url)};
    opts.reconnect.min_wait = std::chrono::milliseconds(20);
    opts.reconnect.max_wait = std::chrono::milliseconds(100);
    opts.reconnect.jitter = std::chrono::milliseconds(5);
    return opts;
}

inline nats::options options_for(const nats_server& server) { return options_for(server.url()); }

inline asio::awaitable<nats::connection> connect_to(const nats_server& server) {
    return nats::connection::connect(options_for(server));
}

/// The address of a proxy, for `options_for`.
inline std::string through(const tcp_proxy& proxy) { return "127.0.0.1:" + std::to_string(proxy.port()); }

/// A server without JetStream, which starts sooner.
inline nats_server_options core_only() {
    nats_server_options options;
    options.jetstream = false;
    return options;
}

/// Runs a coroutine to its end on a thread of its own loop. What it throws fails the test, and so do 150 s without end: less than
/// what CTest gives a test.
inline void run(asio::awaitable<void> work) {
    asio::io_context loop(1);
    bool ended = false;
    std::exception_ptr failed;
    asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown) {
        ended = true;
        failed = std::move(thrown);
        loop.stop();
    });
    loop.run_for(std::chrono::seconds(150));
    if (!ended) ADD_FAILURE() << "the test's coroutine has not ended";
    if (!failed) return;
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& thrown) {
        ADD_FAILURE() << "the test's coroutine threw: " << thrown.what();
    }
}

/// Returns as soon as `condition` holds, or false after a minute. The loop goes on meanwhile.
inline asio::awaitable<bool> eventually(std::function<bool()> condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) co_return false;
        pause.expires_after(std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return true;
}

/// Lets everything run that is ready to.
inline asio::awaitable<void> turn() {
    for (int i = 0; i < 10; ++i) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

/// Returns when the connection has come back `times` times in all.
inline asio::awaitable<void> wait_reconnected(nats::connection connection, std::uint64_t times) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (connection.stats().reconnects < times && std::chrono::steady_clock::now() < deadline) {
        try {
            co_await connection.flush();
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == nats::errc::closed) throw;
        }
    }
    EXPECT_EQ(connection.stats().reconnects, times);
}

/// What an operation failed with: its code and its text.
struct failure {
    boost::system::error_code code;
    std::string text;
};

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Awaits an operation that should fail.
template <class T>
asio::awaitable<failure> failure_of(asio::awaitable<T> operation) {
    failure seen;
    try {
        co_await std::move(operation);
    } catch (const boost::system::system_error& thrown) {
        seen.code = thrown.code();
        seen.text = thrown.what();
    }
    co_return seen;
}

/// What became of an operation that runs beside the test.
struct outcome {
    bool ended = false;
    failure seen;
};

inline asio::awaitable<void> watch(asio::awaitable<void> operation, std::shared_ptr<outcome> result) {
    result->seen = co_await failure_of(std::move(operation));
    result->ended = true;
}

/// Lets an operation run beside the test.
inline std::shared_ptr<outcome> start(const nats::connection& nc, asio::awaitable<void> operation) {
    auto result = std::make_shared<outcome>();
    asio::co_spawn(nc.executor(), watch(std::move(operation), result), asio::detached);
    return result;
}

inline asio::awaitable<bool> ends(std::shared_ptr<outcome> operation) {
    return eventually([operation] { return operation->ended; });
}

/// What a call throws before there is anything to await.
template <class Call>
failure failure_at_once(Call call) {
    failure seen;
    try {
        call();
    } catch (const boost::system::system_error& thrown) {
        seen.code = thrown.code();
        seen.text = thrown.what();
    }
    return seen;
}

/// What happened to a connection, in order.
class event_log {
public:
    /// To be called before connecting; may outlive the log.
    void watch(nats::options& opts) const {
        opts.on_event = [events = events_](const nats::connection_event& event) { events->push_back(event); };
    }
    const std::vector<nats::connection_event>& all() const { return *events_; }
    std::size_t count(nats::event_kind kind) const {
        std::size_t found = 0;
        for (const auto& event : *events_) found += event.kind == kind ? 1 : 0;
        return found;
    }
    /// The last one of that kind; an empty one when there is none.
    nats::connection_event last(nats::event_kind kind) const {
        nats::connection_event found;
        for (const auto& event : *events_)
            if (event.kind == kind) found = event;
        return found;
    }
    std::vector<nats::event_kind> kinds() const {
        std::vector<nats::event_kind> found;
        for (const auto& event : *events_) found.push_back(event.kind);
        return found;
    }
    /// Waits for so many of that kind.
    asio::awaitable<bool> wait_for(nats::event_kind kind, std::size_t times = 1) const {
        return eventually([log = *this, kind, times] { return log.count(kind) >= times; });
    }
    /// All texts in one, to look for what must not be there.
    std::string text() const {
        std::string all_text;
        for (const auto& event : *events_)
            all_text += event.server + " " + event.detail + " " + event.error.message() + "\n";
        return all_text;
    }

private:
    std::shared_ptr<std::vector<nats::connection_event>> events_ =
        std::make_shared<std::vector<nats::connection_event>>();
};

/// A test against real servers of its own.
class live_nats : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    /// Starts a server, connects, runs `body(server, connection)`.
    template <class Body>
    void connected(Body body, nats_server_options options = core_only()) {
        nats_server server(std::move(options));
        run(with_connection(server, body));
    }

private:
    template <class Body>
    static asio::awaitable<void> with_connection(nats_server& server, Body body) {
        const auto connection = co_await connect_to(server);
        co_await body(server, connection);
    }
};

}  // namespace mote::test
