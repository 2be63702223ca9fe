#pragma once

#include <mote/jetstream/ordered_consumer.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/patience.hpp>

#include <vector>

namespace mote::jetstream {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::failure_of;
using test::nats_server;

/// Creates the stream NUMBERS on `n.>`.
inline awaitable<void> make_numbers(context js) {
    stream_config config;
    config.name = "NUMBERS";
    config.subjects = {"n.>"};
    co_await js.create_stream(config);
}

/// Publishes numbers `first` to `last`, each to the subject of its last digit.
inline awaitable<void> publish_numbers(context js, int first, int last) {
    std::vector<awaitable<publish_ack>> acks;
    for (int i = first; i <= last; ++i) acks.push_back(js.publish("n." + std::to_string(i % 10), std::to_string(i)));
    for (auto& each : acks) co_await std::move(each);
}

/// Reads until the number `last`; all numbers must come, in order.
inline awaitable<void> expect_numbers(ordered_consumer& consumer, int first, int last) {
    for (int i = first; i <= last; ++i) {
        const auto message = co_await consumer.next(patience);
        if (!message || message->message.payload() != std::to_string(i)) {
            ADD_FAILURE() << "expected " << i << ", got " << (message ? message->message.payload() : "nothing");
            co_return;
        }
    }
}

/// Deletes the stream's only consumer behind its back.
inline awaitable<void> delete_consumers(context js) {
    const auto names = co_await js.consumer_names("NUMBERS");
    EXPECT_EQ(names.size(), 1u);
    for (const auto& each : names) co_await js.delete_consumer("NUMBERS", each);
}

/// Quick to miss its consumer.
inline ordered_consumer_options quick() {
    ordered_consumer_options opts;
    opts.idle_heartbeat = 200ms;
    return opts;
}

/// Tests on the stream NUMBERS.
class live_numbers : public test::live_test {
protected:
    template <class Body>
    void with_numbers(Body body) {
        with_jetstream([body](nats_server& server, context js) -> awaitable<void> {
            return prepared(server, std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, context js, Body body) {
        co_await make_numbers(js);
        co_await body(server, js);
    }
};

}  // namespace mote::jetstream
