#include <tests/jetstream/numbers.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/tcp_proxy.hpp>

namespace mote::jetstream {
namespace {

class live_ordered_repair : public live_numbers {};

TEST_F(live_ordered_repair, outlives_the_deletion_of_its_consumer) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 5);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        co_await expect_numbers(consumer, 1, 5);
        co_await delete_consumers(js);
        co_await publish_numbers(js, 6, 9);
        co_await expect_numbers(consumer, 6, 9);
        co_await test::expect_consumers(js, "NUMBERS", 1);
    });
}

TEST_F(live_ordered_repair, of_new_messages_misses_none_when_its_consumer_is_deleted_before_the_first) {
    with_numbers([](nats_server&, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 5);
        auto opts = quick();
        opts.deliver = deliver_policy::new_messages;
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", opts);
        co_await delete_consumers(js);
        co_await publish_numbers(js, 6, 9);
        co_await expect_numbers(consumer, 6, 9);
    });
}

TEST_F(live_ordered_repair, outlives_a_restart_of_the_server) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        co_await publish_numbers(js, 1, 5);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        co_await expect_numbers(consumer, 1, 3);
        server.kill();
        server.restart();
        co_await expect_numbers(consumer, 4, 5);  // these were here before
        EXPECT_FALSE(co_await consumer.next(100ms));
        co_await publish_numbers(js, 6, 9);
        co_await expect_numbers(consumer, 6, 9);
    });
}

TEST_F(live_ordered_repair, gives_nothing_within_its_timeout_while_the_server_is_away) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        server.kill();
        EXPECT_FALSE(co_await consumer.next(700ms));
        EXPECT_FALSE(co_await consumer.next(0ms));
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        co_await publish_numbers(js, 1, 2);
        co_await expect_numbers(consumer, 1, 2);
    });
}

/// Reads through a proxy that cuts the connection under load, while another connection publishes.
awaitable<void> read_all_through_cuts(nats_server& server) {
    test::tcp_proxy proxy(server.port());
    auto direct = co_await test::connect_to(server);
    auto opts = test::options_for(server);
    opts.servers = {"nats://127.0.0.1:" + std::to_string(proxy.port())};
    auto proxied = co_await nats::connection::connect(std::move(opts));
    const context writer(direct);
    const context reader(proxied);
    co_await make_numbers(writer);
    auto consumer = co_await ordered_consumer::create(reader, "NUMBERS", quick());
    int published = 0;
    int read = 0;
    for (int round = 0; round < 4; ++round) {
        co_await publish_numbers(writer, published + 1, published + 1000);
        published += 1000;
        co_await expect_numbers(consumer, read + 1, read + 300);
        read += 300;
        proxy.cut();
    }
    co_await expect_numbers(consumer, read + 1, published);
    EXPECT_FALSE(co_await consumer.next(50ms));
    proxied.close();
    direct.close();
}

TEST_F(live_ordered_repair, loses_nothing_over_cut_connections) {
    nats_server server;
    test::run(read_all_through_cuts(server));
}
/// Sees the requests for consumers, and speaks in the server's place to the inbox that the last one named.
class consumer_impostor {
public:
    explicit consumer_impostor(const nats_server& server) : client_(server.port()) {
        client_.subscribe("$JS.API.CONSUMER.CREATE.>");
        client_.flush();
    }
    /// The body of the next request.
    std::string next_request() {
        const auto bytes = client_.read_frame();
        std::string body(test::parse_raw_frame(bytes).payload);
        const auto at = body.find("_INBOX.");
        inbox_ = body.substr(at, body.find('"', at) - at);
        return body;
    }
    void say(std::string_view reply, std::string_view headers, std::string_view payload) {
        client_.send(test::raw_publish(inbox_, reply, headers, payload));
        client_.flush();
    }

private:
    test::raw_client client_;
    std::string inbox_;
};

/// Returns when the server has handed `count` messages to the stream's only consumer.
awaitable<void> wait_delivered(context js, std::string consumer, int count) {
    const auto subject = "$JS.API.CONSUMER.INFO.NUMBERS." + consumer;
    const auto expected = "\"delivered\":{\"consumer_seq\":" + std::to_string(count) + ",";
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto reply = co_await js.connection().request(subject, "");
        if (test::contains(std::string(reply.payload()), expected)) co_return;
    }
    ADD_FAILURE() << "the server does not deliver";
}

/// Messages that the server has sent are lost on the way, and the next one comes over a new connection.
awaitable<void> read_over_a_gap(nats_server& server) {
    test::tcp_proxy proxy(server.port());
    auto direct = co_await test::connect_to(server);
    auto opts = test::options_for(server);
    opts.servers = {"nats://127.0.0.1:" + std::to_string(proxy.port())};
    auto proxied = co_await nats::connection::connect(std::move(opts));
    const context writer(direct);
    co_await make_numbers(writer);
    consumer_impostor other(server);
    ordered_consumer_options slow;
    slow.idle_heartbeat = 30s;  // no help from heartbeats
    auto consumer = co_await ordered_consumer::create(context(proxied), "NUMBERS", slow);
    other.next_request();
    co_await publish_numbers(writer, 1, 3);
    co_await expect_numbers(consumer, 1, 3);

    const auto names = co_await writer.consumer_names("NUMBERS");
    proxy.stall();
    co_await publish_numbers(writer, 4, 6);
    co_await wait_delivered(writer, names.at(0), 6);
    proxy.cut();
    proxy.resume();
    co_await test::wait_reconnected(proxied, 1);
    co_await publish_numbers(writer, 7, 8);
    co_await expect_numbers(consumer, 4, 8);
    EXPECT_TRUE(test::contains(other.next_request(), "\"opt_start_seq\":4"));
    proxied.close();
    direct.close();
}

TEST_F(live_ordered_repair, is_made_again_after_a_gap) {
    nats_server server;
    test::run(read_over_a_gap(server));
}

TEST_F(live_ordered_repair, is_made_again_when_a_heartbeat_tells_of_messages_that_did_not_come) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        consumer_impostor other(server);
        ordered_consumer_options slow;
        slow.idle_heartbeat = 30s;  // so that the only heartbeat is this one
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", slow);
        other.next_request();
        co_await publish_numbers(js, 1, 3);
        co_await expect_numbers(consumer, 1, 3);
        other.say("", "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 3\r\nNats-Last-Stream: 3\r\n\r\n", "");
        EXPECT_FALSE(co_await consumer.next(20ms));
        other.say("", "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 5\r\nNats-Last-Stream: 5\r\n\r\n", "");
        co_await publish_numbers(js, 4, 4);
        co_await expect_numbers(consumer, 4, 4);
        EXPECT_TRUE(test::contains(other.next_request(), "\"opt_start_seq\":4"));
    });
}

TEST_F(live_ordered_repair, answers_flow_control_that_it_missed_when_a_heartbeat_says_so) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        consumer_impostor other(server);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        other.next_request();
        auto answers = js.connection().subscribe("fc.*");
        co_await js.connection().flush();
        other.say("fc.asked", "NATS/1.0 100 FlowControl Request\r\n\r\n", "");
        other.say("",
                  "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 0\r\nNats-Consumer-Stalled: fc.stalled\r\n\r\n",
                  "");
        EXPECT_FALSE(co_await consumer.next(50ms));
        for (const auto* const expected : {"fc.asked", "fc.stalled"}) {
            const auto answer = co_await answers.next(patience);
            EXPECT_TRUE(answer && answer->subject() == expected) << expected;
        }
    });
}

TEST_F(live_ordered_repair, is_made_again_when_the_server_ends_it) {
    with_numbers([](nats_server& server, context js) -> awaitable<void> {
        consumer_impostor other(server);
        auto consumer = co_await ordered_consumer::create(js, "NUMBERS", quick());
        other.next_request();
        other.say("", "NATS/1.0 409 Consumer Deleted\r\n\r\n", "");
        co_await publish_numbers(js, 1, 2);
        co_await expect_numbers(consumer, 1, 2);
        other.next_request();
    });
}

}  // namespace
}  // namespace mote::jetstream
