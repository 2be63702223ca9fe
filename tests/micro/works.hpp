#pragma once

#include <tests/micro/world.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/micro/work.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace mote::test {

using namespace std::chrono_literals;

/// A server with JetStream, a connection for services and one for those who publish.
class work_test : public micro_test {
protected:
    template <class Body>
    void in_world(Body body, bool jetstream = true) {
        nats_server_options options;
        options.jetstream = jetstream;
        nats_server server(std::move(options));
        run(connected(server, body));
    }
};

inline micro::work_options quick() {
    micro::work_options opts;
    opts.subject = "jobs.do";
    opts.backoff = {20ms};
    opts.ack_wait = 1s;
    return opts;
}

inline asio::awaitable<void> publish_all(jetstream::context js, int count) {
    for (int i = 0; i < count; ++i) co_await js.publish("jobs.do", std::to_string(i));
}

inline micro::endpoint_stats stats_of(const micro::service& service) { return service.stats().endpoints.at(0); }

inline asio::awaitable<std::uint64_t> messages_in(jetstream::context js, std::string stream) {
    const auto info = co_await js.stream(stream);
    co_return info.state.messages;
}

/// That the consumer has nothing to hand out and waits for no ack. Not asked of nats-server 2.9, whose stream and counters
/// may still have what is settled after it was killed.
inline asio::awaitable<void> expect_all_settled(jetstream::context js, std::string queue) {
    if (!server_at_least(js, 2, 10)) co_return;
    jetstream::consumer_info left;
    left.pending = 1;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (left.pending + left.ack_pending != 0 && std::chrono::steady_clock::now() < limit)
        left = co_await js.consumer(queue, queue);
    EXPECT_EQ(left.pending, 0U) << queue;
    EXPECT_EQ(left.ack_pending, 0U) << queue;
}

/// Servers remove what is acked a moment after they were told.
inline asio::awaitable<void> expect_empty(jetstream::context js, std::string stream) {
    std::uint64_t left = 1;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (left != 0 && std::chrono::steady_clock::now() < limit) left = co_await messages_in(js, stream);
    EXPECT_EQ(left, 0U) << stream;
}

}  // namespace mote::test
