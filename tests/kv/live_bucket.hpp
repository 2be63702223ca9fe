#pragma once

#include <mote/kv/bucket.hpp>

#include <tests/jetstream/live_test.hpp>

#include <string>
#include <utility>

namespace mote::kv {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::nats_server_options;

inline bucket_config named(std::string name) {
    bucket_config config;
    config.bucket = std::move(name);
    return config;
}

/// Waits until a key has this value; an empty one is none.
inline awaitable<void> until_value(bucket b, std::string key, std::string value) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::string seen = "?";
    while (seen != value && std::chrono::steady_clock::now() < deadline) {
        const auto found = co_await b.get(key);
        seen = found ? found->value : "";
    }
    EXPECT_EQ(seen, value) << key;
}

/// Tests on a server of their own.
class live_bucket_test : public test::live_test {
protected:
    /// Runs `body(server, js, bucket)` with an empty bucket `b` of history 5.
    template <class Body>
    void with_bucket(Body body, nats_server_options options = {}) {
        with_jetstream(
            [body](nats_server& server, jetstream::context js) -> awaitable<void> {
                return prepared(server, std::move(js), body);
            },
            std::move(options));
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, jetstream::context js, Body body) {
        auto config = named("b");
        config.history = 5;
        auto made = co_await bucket::create(js, config);
        co_await body(server, js, made);
    }
};

}  // namespace mote::kv
