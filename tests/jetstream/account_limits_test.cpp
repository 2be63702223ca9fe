#include <mote/jetstream/publisher.hpp>

#include <tests/jetstream/limited_account.hpp>
#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::limited_account;
using test::nats_server;

/// What an account may have of JetStream, and how it is told that there is no more.
class live_account_limits : public test::live_test {};

constexpr std::size_t piece = 64 * 1024;
constexpr int too_many = 40;  // pieces, for an account of 1 MB

void expect_used_up(const test::failure& seen, std::string_view number) {
    EXPECT_EQ(seen.code, errc::insufficient_resources) << seen.text;
    EXPECT_TRUE(contains(seen.text, "(err_code " + std::string(number) + ")")) << seen.text;
}

awaitable<void> publish_past_the_limit(context js, storage_type storage) {
    auto config = orders();
    config.storage = storage;
    co_await js.create_stream(config);
    const std::string payload(piece, 'x');
    test::failure refused;
    int stored = 0;
    for (; stored < too_many && !refused.code; ++stored) refused = co_await failure_of(js.publish("orders.a", payload));
    EXPECT_GT(stored, 4);
    expect_used_up(refused, "10002");

    std::vector<publish_outcome> seen;
    publisher_options opts;
    opts.on_outcome = [&seen](const publish_outcome& each) { seen.push_back(each); };
    publisher out(js, opts);
    for (int i = 0; i < 3; ++i) co_await out.publish("orders.a", payload);
    EXPECT_EQ(co_await out.complete(20s), 0u);
    EXPECT_EQ(seen.size(), 3u);
    for (const auto& each : seen) {
        EXPECT_EQ(each.error, errc::insufficient_resources) << each.text;
        EXPECT_EQ(each.err_code, 10002) << each.text;
    }
    EXPECT_EQ(out.stats().failed, 3u);

    co_await js.purge_stream("ORDERS");
    co_await js.publish("orders.a", payload);
}

TEST_F(live_account_limits, of_storage_refuse_messages_until_there_is_room) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> { return publish_past_the_limit(js, storage_type::file); },
        limited_account("max_file: 1MB"));
}

TEST_F(live_account_limits, of_memory_refuse_messages_until_there_is_room) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> { return publish_past_the_limit(js, storage_type::memory); },
        limited_account("max_memory: 1MB"));
}

TEST_F(live_account_limits, refuse_streams_and_consumers) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            auto config = orders();
            config.max_bytes = 2 * 1024 * 1024;
            expect_used_up(co_await failure_of(js.create_stream(config)), "10047");
            config.storage = storage_type::memory;
            expect_used_up(co_await failure_of(js.create_stream(config)), "10028");
            config = orders();
            co_await js.create_stream(config);
            config.max_bytes = 2 * 1024 * 1024;
            expect_used_up(co_await failure_of(js.update_stream(config)), "10047");

            consumer_config workers;
            workers.name = "a";
            co_await js.create_or_update_consumer("ORDERS", workers);
            workers.name = "b";
            expect_used_up(co_await failure_of(js.create_or_update_consumer("ORDERS", workers)), "10026");

            stream_config second;
            second.name = "SECOND";
            second.subjects = {"second"};
            expect_used_up(co_await failure_of(js.create_stream(second)), "10027");
            co_await js.delete_stream("ORDERS");
            co_await js.create_stream(second);
        },
        limited_account("max_file: 1MB, max_memory: 1MB, max_streams: 1, max_consumers: 1"));
}

/// Nothing that may pass: the stream has to be asked for otherwise.
TEST_F(live_account_limits, of_a_single_stream_are_a_bad_request) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            auto config = orders();
            const auto unbounded = co_await failure_of(js.create_stream(config));
            EXPECT_EQ(unbounded.code, errc::bad_request) << unbounded.text;
            EXPECT_TRUE(contains(unbounded.text, "10113")) << unbounded.text;
            config.max_bytes = 2000;
            const auto too_large = co_await failure_of(js.create_stream(config));
            EXPECT_EQ(too_large.code, errc::bad_request) << too_large.text;
            EXPECT_TRUE(contains(too_large.text, "10122")) << too_large.text;
            config.max_bytes = 1000;
            co_await js.create_stream(config);
        },
        limited_account("max_file: 1MB, max_bytes_required: true, disk_max_stream_bytes: 1000"));
}

/// Not of the account, but told alike.
TEST_F(live_account_limits, are_told_as_those_of_a_stream_that_keeps_the_old) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        config.discard = discard_policy::new_messages;
        config.max_messages = 1;
        co_await js.create_stream(config);
        co_await js.publish("orders.a", "1");
        expect_used_up(co_await failure_of(js.publish("orders.a", "2")), "10077");
    });
}

}  // namespace
}  // namespace mote::jetstream
