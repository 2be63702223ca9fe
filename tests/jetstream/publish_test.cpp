#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::nats_server_options;

class live_publish : public test::live_test {
protected:
    template <class Body>
    void with_orders(Body body) {
        with_jetstream([body](nats_server& server, context js) -> awaitable<void> {
            return prepared(server, std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, context js, Body body) {
        stream_config config;
        config.name = "ORDERS";
        config.subjects = {"orders.>"};
        config.allow_direct = true;
        config.allow_rollup = true;
        config.max_message_size = 64 * 1024;
        co_await js.create_stream(config);
        co_await body(server, js);
    }
};

TEST_F(live_publish, is_acknowledged_with_the_sequence) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        const auto first = co_await js.publish("orders.new", "1");
        EXPECT_EQ(first.stream, "ORDERS");
        EXPECT_EQ(first.sequence, 1u);
        EXPECT_FALSE(first.duplicate);
        EXPECT_EQ((co_await js.publish("orders.new", "")).sequence, 2u);
    });
}

TEST_F(live_publish, sends_at_once_and_in_order) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        std::vector<awaitable<publish_ack>> acks;
        for (int i = 0; i < 100; ++i) {
            const auto text = std::to_string(i);  // may end with the call
            acks.push_back(js.publish("orders." + text, text));
        }
        for (std::size_t i = acks.size(); i > 0; --i) EXPECT_EQ((co_await std::move(acks[i - 1])).sequence, i);
    });
}

TEST_F(live_publish, that_nobody_awaits_is_stored_all_the_same) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        {
            (void)js.publish("orders.new", "1");
        }
        EXPECT_EQ((co_await js.publish("orders.new", "2")).sequence, 2u);
    });
}

TEST_F(live_publish, with_a_message_id_is_stored_once) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        publish_options opts;
        opts.message_id = "a-1";
        EXPECT_FALSE((co_await js.publish("orders.new", "1", opts)).duplicate);
        const auto again = co_await js.publish("orders.new", "1", opts);
        EXPECT_TRUE(again.duplicate);
        EXPECT_EQ(again.sequence, 1u);
    });
}

TEST_F(live_publish, with_an_expectation_that_fails_is_refused) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        co_await js.publish("orders.a", "1");
        publish_options last;
        last.expected_last_sequence = 1;
        EXPECT_EQ((co_await js.publish("orders.b", "2", last)).sequence, 2u);
        const auto refused = co_await failure_of(js.publish("orders.b", "2", last));
        EXPECT_EQ(refused.code, errc::wrong_last_sequence);
        EXPECT_TRUE(contains(refused.text, "wrong last sequence: 2")) << refused.text;

        publish_options of_subject;
        of_subject.expected_last_subject_sequence = 1;
        EXPECT_EQ((co_await js.publish("orders.a", "3", of_subject)).sequence, 3u);
        EXPECT_EQ((co_await failure_of(js.publish("orders.a", "3", of_subject))).code, errc::wrong_last_sequence);
        of_subject.expected_last_subject_sequence = 0;
        EXPECT_EQ((co_await js.publish("orders.c", "4", of_subject)).sequence, 4u);

        publish_options by_id;
        by_id.message_id = "id-5";
        EXPECT_EQ((co_await js.publish("orders.d", "5", by_id)).sequence, 5u);
        publish_options behind;
        behind.expected_last_message_id = "id-4";
        EXPECT_EQ((co_await failure_of(js.publish("orders.d", "6", behind))).code, errc::bad_request);
        behind.expected_last_message_id = "id-5";
        EXPECT_EQ((co_await js.publish("orders.d", "6", behind)).sequence, 6u);

        publish_options stream;
        stream.expected_stream = "ORDERS";
        EXPECT_EQ((co_await js.publish("orders.a", "7", stream)).sequence, 7u);
        stream.expected_stream = "REFUNDS";
        const auto other = co_await failure_of(js.publish("orders.a", "8", stream));
        EXPECT_EQ(other.code, errc::bad_request);
        EXPECT_TRUE(contains(other.text, "expected stream does not match")) << other.text;
    });
}

TEST_F(live_publish, with_a_rollup_replaces_what_was_there) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        co_await js.publish("orders.a", "1");
        co_await js.publish("orders.a", "2");
        co_await js.publish("orders.b", "3");
        publish_options opts;
        opts.rollup = "sub";
        co_await js.publish("orders.a", "4", opts);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 2u);
        opts.rollup = "all";
        co_await js.publish("orders.a", "5", opts);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1u);
    });
}

TEST_F(live_publish, keeps_the_headers) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        publish_options opts;
        opts.message_id = "id";
        opts.headers.add("Colour", "blue").add("Colour", "green");
        co_await js.publish("orders.a", "1", opts);
        const auto stored = co_await js.message("ORDERS", 1);
        if (!stored) {
            ADD_FAILURE() << "not stored";
            co_return;
        }
        EXPECT_EQ(stored->message.headers().get_all("Colour").size(), 2u);
        EXPECT_EQ(stored->message.headers().get("Nats-Msg-Id"), "id");
    });
}

TEST_F(live_publish, that_is_too_large_is_refused_by_the_stream) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        const auto refused = co_await failure_of(js.publish("orders.a", std::string(64 * 1024 + 1, 'x')));
        EXPECT_EQ(refused.code, errc::bad_request);
        EXPECT_TRUE(contains(refused.text, "message size exceeds maximum allowed")) << refused.text;
    });
}

TEST_F(live_publish, that_cannot_be_sent_throws_at_once) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders..a", "1"); }).code, nats::errc::bad_subject);
        const std::string huge(js.connection().server().max_payload + 1, 'x');
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.a", huge); }).code,
                  nats::errc::max_payload_exceeded);
        co_return;
    });
}

TEST_F(live_publish, that_no_stream_takes_is_tried_three_times) {
    with_orders([](nats_server&, context js) -> awaitable<void> {
        const auto before = js.connection().stats().out_messages;
        const auto started = std::chrono::steady_clock::now();
        const auto lost = co_await failure_of(js.publish("elsewhere", "1"));
        EXPECT_EQ(lost.code, errc::no_stream_response);
        EXPECT_TRUE(contains(lost.text, "elsewhere")) << lost.text;
        EXPECT_EQ(js.connection().stats().out_messages - before, 3u);
        EXPECT_GE(std::chrono::steady_clock::now() - started, 500ms);
    });
}

TEST_F(live_publish, waits_for_a_stream_that_is_made_meanwhile) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto publishing = js.publish("late.a", "the same bytes");  // sent before there is a stream
        co_await js.connection().flush();
        stream_config config;
        config.name = "LATE";
        config.subjects = {"late.>"};
        config.allow_direct = true;
        co_await js.create_stream(config);
        EXPECT_EQ((co_await std::move(publishing)).sequence, 1u);
        const auto stored = co_await js.message("LATE", 1);
        EXPECT_TRUE(stored && stored->message.payload() == "the same bytes");
    });
}

TEST_F(live_publish, that_a_service_answers_is_a_bad_reply) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        std::string answer;
        const auto connection = js.connection();
        const auto service = connection.subscribe(
            "service", [connection, &answer](const nats::message_view& asked) { connection.respond(asked, answer); });
        for (const std::string each : {"ok", "{}", R"({"stream":"S"})", R"({"stream":"S","seq":"1"})", "[]", ""}) {
            answer = each;
            EXPECT_EQ((co_await failure_of(js.publish("service", "1"))).code, errc::bad_reply) << each;
        }
        answer = R"({"seq":18446744073709551615, "stream":"S","domain":"hub","duplicate":true,"later":[1]})";
        const auto ack = co_await js.publish("service", "1");
        EXPECT_EQ(ack.sequence, UINT64_MAX);
        EXPECT_TRUE(ack.duplicate);
    });
}

}  // namespace
}  // namespace mote::jetstream
