#include <tests/nats/live.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::event_kind;
using nats::message_view;
using nats::slow_consumer_policy;
using nats::subscription;

class live_slow_consumer : public live_nats {};

std::string take_all(subscription& sub) {
    std::string text;
    while (const auto message = sub.try_next()) text += message->payload();
    return text;
}

nats::subscribe_options bounded(std::size_t messages, slow_consumer_policy policy) {
    nats::subscribe_options options;
    options.max_pending_messages = messages;
    options.slow_consumer = policy;
    return options;
}

void publish_digits(const connection& nc, std::string_view digits) {
    for (const char digit : digits) nc.publish("a", std::string_view(&digit, 1));
}

TEST_F(live_slow_consumer, loses_the_newest_by_default) {
    EXPECT_EQ(nats::subscribe_options().slow_consumer, slow_consumer_policy::drop_newest);
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a", bounded(3, slow_consumer_policy::drop_newest));
        publish_digits(nc, "12345");
        co_await nc.flush();
        EXPECT_EQ(sub.stats().pending_messages, 3u);
        EXPECT_EQ(sub.stats().dropped, 2u);
        EXPECT_EQ(take_all(sub), "123");
        EXPECT_EQ(sub.stats().delivered, 3u);
        EXPECT_EQ(sub.stats().most_pending_messages, 3u);
        EXPECT_GT(sub.stats().most_pending_bytes, 0u);
        EXPECT_EQ(nc.stats().dropped, 2u);
        EXPECT_TRUE(sub.active());
    });
}

TEST_F(live_slow_consumer, loses_the_oldest_when_asked) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a", bounded(3, slow_consumer_policy::drop_oldest));
        publish_digits(nc, "12345");
        co_await nc.flush();
        EXPECT_EQ(sub.stats().dropped, 2u);
        EXPECT_EQ(take_all(sub), "345");
        EXPECT_EQ(sub.stats().delivered, 3u);
        EXPECT_EQ(sub.stats().pending_bytes, 0u);
    });
}

TEST_F(live_slow_consumer, is_bounded_in_bytes_of_headers_and_payload) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto newest = bounded(100, slow_consumer_policy::drop_newest);
        newest.max_pending_bytes = 40;
        auto oldest = newest;
        oldest.slow_consumer = slow_consumer_policy::drop_oldest;
        auto keeps_first = nc.subscribe("a", newest);
        auto keeps_last = nc.subscribe("a", oldest);
        nc.publish("a", "0123456789");
        nc.publish("a", "abcdefghij", nats::headers{{"A", "1"}});  // 28 bytes: 38 in all
        nc.publish("a", "xyz");                                    // 41
        co_await nc.flush();
        EXPECT_EQ(keeps_first.stats().pending_bytes, 38u);
        EXPECT_EQ(take_all(keeps_first), "0123456789abcdefghij");
        EXPECT_EQ(keeps_last.stats().pending_bytes, 31u);
        EXPECT_EQ(take_all(keeps_last), "abcdefghijxyz");

        publish_digits(nc, "12345");
        nc.publish("a", std::string(36, '.'));  // pushes out "1" only
        nc.publish("a", std::string(41, '!'));  // never fits, and pushes nothing out
        co_await nc.flush();
        EXPECT_EQ(take_all(keeps_last), "2345" + std::string(36, '.'));
        EXPECT_EQ(keeps_last.stats().dropped, 3u);
        EXPECT_EQ(nc.stats().dropped, keeps_first.stats().dropped + keeps_last.stats().dropped);
    });
}

TEST_F(live_slow_consumer, is_reported_once_an_episode) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int told = 0;
        for (const auto policy : {slow_consumer_policy::drop_newest, slow_consumer_policy::drop_oldest}) {
            const auto before = seen.count(event_kind::slow_consumer);
            told = 0;
            auto options = bounded(2, policy);
            options.on_error = [&](const boost::system::error_code& code, const std::string& text) {
                EXPECT_FALSE(code);
                EXPECT_EQ(text, "slow consumer, messages dropped");
                ++told;
            };
            auto sub = nc.subscribe("a", options);
            publish_digits(nc, "12345");
            co_await nc.flush();
            EXPECT_EQ(seen.count(event_kind::slow_consumer), before + 1);
            EXPECT_EQ(seen.last(event_kind::slow_consumer).detail, "a");
            take_all(sub);
            publish_digits(nc, "67");
            co_await nc.flush();
            EXPECT_EQ(seen.count(event_kind::slow_consumer), before + 1);
            publish_digits(nc, "890");
            co_await nc.flush();
            EXPECT_EQ(seen.count(event_kind::slow_consumer), before + 2);
            EXPECT_EQ(told, 2);
        }
    }(opts, log));
}

TEST_F(live_slow_consumer, suffers_alone) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto slow = nc.subscribe("a", bounded(1, slow_consumer_policy::drop_newest));
        int handled = 0;
        auto handler = nc.subscribe("a", [&](const message_view&) { ++handled; });
        auto roomy = nc.subscribe("a");
        for (int i = 0; i < 100; ++i) publish_digits(nc, "0123456789");
        co_await nc.flush();
        EXPECT_EQ(slow.stats().dropped, 999u);
        EXPECT_EQ(handled, 1000);
        EXPECT_EQ(roomy.stats().pending_messages, 1000u);
        EXPECT_EQ(roomy.stats().dropped, 0u);
        EXPECT_EQ(nc.status(), nats::connection_status::connected);
    });
}

}  // namespace
}  // namespace mote::test
