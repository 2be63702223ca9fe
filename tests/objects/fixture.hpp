#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/nats/connection.hpp>
#include <mote/objects/store.hpp>
#include <tests/support/nats_server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::objects::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The error that a call ends with; the empty code when it succeeds.
template <class T>
asio::awaitable<boost::system::error_code> error_of(asio::awaitable<T> call) {
    try {
        co_await std::move(call);
    } catch (const boost::system::system_error& error) {
        co_return error.code();
    }
    co_return boost::system::error_code();
}

/// The text of the error that a call ends with; empty when it succeeds.
template <class T>
asio::awaitable<std::string> error_text_of(asio::awaitable<T> call) {
    try {
        co_await std::move(call);
    } catch (const boost::system::system_error& error) {
        co_return error.what();
    }
    co_return std::string();
}

/// Bytes that are no text and do not repeat soon.
inline std::string some_bytes(std::size_t size, std::uint32_t seed = 1) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        seed = seed * 1664525 + 1013904223;
        byte = static_cast<char>(seed >> 24);
    }
    return bytes;
}

/// A source that hands out `bytes` in pieces of `piece`; what happens before each piece is `before(index)`.
inline source pieces_of(std::string bytes, std::size_t piece,
                        std::function<asio::awaitable<void>(std::size_t)> before = {}) {
    struct state {
        std::string bytes;
        std::size_t piece;
        std::function<asio::awaitable<void>(std::size_t)> before;
        std::size_t next = 0;
        asio::awaitable<std::string> hand_out() {
            const auto index = next++;
            if (before) co_await before(index);
            co_return index* piece < bytes.size() ? bytes.substr(index * piece, piece) : std::string();
        }
    };
    auto shared = std::make_shared<state>();
    shared->bytes = std::move(bytes);
    shared->piece = piece;
    shared->before = std::move(before);
    return [shared] { return shared->hand_out(); };
}

using cancellation = std::shared_ptr<asio::cancellation_signal>;

/// Awaits a put that `signal` cancels; what it failed with, if it did.
inline asio::awaitable<std::exception_ptr> cancellable(jetstream::context js, asio::awaitable<object_info> put,
                                                       cancellation signal) {
    std::exception_ptr failure;
    asio::steady_timer ended(js.connection().executor(), asio::steady_timer::time_point::max());
    asio::co_spawn(
        js.connection().executor(), std::move(put),
        asio::bind_cancellation_slot(signal->slot(), [&](const std::exception_ptr& error, const object_info&) {
            failure = error;
            ended.cancel();
        }));
    co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return failure;
}

inline object_meta named(std::string name, std::size_t chunk_size = 128 * 1024) {
    object_meta meta;
    meta.name = std::move(name);
    meta.chunk_size = chunk_size;
    return meta;
}

inline asio::awaitable<store> new_store(jetstream::context js, std::string name = "photos") {
    store_config config;
    config.store = std::move(name);
    co_return co_await store::create(std::move(js), std::move(config));
}

inline asio::awaitable<std::uint64_t> messages_of(jetstream::context js, std::string name = "photos") {
    const auto stream = co_await js.stream("OBJ_" + name);
    co_return stream.state.messages;
}

/// A nats-server of its own for each test, and a connection to it for the test's body.
class objects_test : public ::testing::Test {
public:
    using body = asio::awaitable<void> (*)(jetstream::context, objects_test&);

    mote::test::nats_server& server() { return *server_; }
    nats::connection& connection() { return connection_; }
    jetstream::context_options context_options;
    std::uint16_t port = 0;  // to connect to, when not the server's

protected:
    void SetUp() override {
        if (mote::test::require_nats_server()) server_.emplace(server_options());
    }
    virtual mote::test::nats_server_options server_options() { return {}; }

    /// Runs a body to its end. A body that takes too long, or throws, fails the test.
    void run(body test) {
        asio::io_context context;
        std::exception_ptr failure;
        bool ended = false;
        asio::co_spawn(context, connect_and(test), [&](const std::exception_ptr& error) {
            failure = error;
            ended = true;
            context.stop();
        });
        context.run_for(90s);
        connection_ = {};
        if (failure != nullptr) std::rethrow_exception(failure);
        EXPECT_TRUE(ended) << "the test did not end in time; server log:\n" << server().log();
    }

private:
    asio::awaitable<void> connect_and(body test) {
        nats::options options;
        options.servers = {port == 0 ? server().url() : "nats://127.0.0.1:" + std::to_string(port)};
        connection_ = co_await nats::connection::connect(std::move(options));
        jetstream::context js(connection_, context_options);
        co_await test(js, *this);
    }

    std::optional<mote::test::nats_server> server_;
    nats::connection connection_;
};

}  // namespace mote::objects::test
