#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/jetstream/patience.hpp>

#include <optional>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::server_at_least;

/// Streams that copy from others, and what a configuration has since 2.10.
class live_mirror : public test::live_test {};

/// ORDERS with `orders.0` to `orders.4`.
awaitable<void> make_orders(context js) {
    co_await js.create_stream(direct_orders());
    for (int i = 0; i < 5; ++i) co_await js.publish("orders." + std::to_string(i), std::to_string(i));
}

stream_config copy_of(std::string name) {
    stream_config config;
    config.name = std::move(name);
    config.allow_direct = true;
    return config;
}

/// Waits until a stream has so many messages.
awaitable<stream_info> until_filled(context js, std::string name, std::uint64_t messages) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto info = co_await js.stream(name);
    while (info.state.messages < messages && std::chrono::steady_clock::now() < deadline)
        info = co_await js.stream(name);
    EXPECT_EQ(info.state.messages, messages) << name;
    co_return info;
}

TEST_F(live_mirror, has_what_the_other_stream_has_under_the_same_sequences) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_orders(js);
        auto config = copy_of("MIRROR");
        config.mirror.emplace();
        config.mirror->name = "ORDERS";
        config.mirror->start_sequence = 3;
        const auto made = co_await js.create_stream(config);
        EXPECT_EQ(made.config.mirror, config.mirror);
        EXPECT_TRUE(made.config.mirror_direct);  // ORDERS allows direct gets
        const auto info = co_await until_filled(js, "MIRROR", 3);
        EXPECT_EQ(info.state.first_sequence, 3u);
        EXPECT_EQ(info.state.last_sequence, 5u);
        const auto copied = co_await js.message("MIRROR", 3);
        EXPECT_TRUE(copied && copied->subject == "orders.2" && copied->message.payload() == "2");
        co_await js.publish("orders.5", "5");
        co_await until_filled(js, "MIRROR", 4);
    });
}

TEST_F(live_mirror, may_have_a_filter) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_orders(js);
        auto config = copy_of("MIRROR");
        config.mirror.emplace();
        config.mirror->name = "ORDERS";
        config.mirror->filter_subject = "orders.1";
        co_await js.create_stream(config);
        EXPECT_EQ((co_await until_filled(js, "MIRROR", 1)).state.last_sequence, 2u);
    });
}

TEST_F(live_mirror, becomes_a_stream_of_its_own_where_the_server_can) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_orders(js);
        auto config = copy_of("MIRROR");
        config.mirror.emplace();
        config.mirror->name = "ORDERS";
        co_await js.create_stream(config);
        auto changed = (co_await until_filled(js, "MIRROR", 5)).config;
        changed.mirror.reset();
        changed.subjects = {"copies.>"};
        const auto refused = co_await failure_of(js.update_stream(changed));
        if (!server_at_least(js, 2, 12)) {
            EXPECT_TRUE(contains(refused.text, "mirror configuration can not be updated")) << refused.text;
            co_return;
        }
        EXPECT_FALSE(refused.code) << refused.text;
        EXPECT_EQ((co_await js.publish("copies.1", "1")).sequence, 6u);
    });
}

TEST_F(live_mirror, of_several_sources_stores_what_they_store_from_where_they_say) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_orders(js);
        stream_config returns;
        returns.name = "RETURNS";
        returns.subjects = {"returns.>"};
        co_await js.create_stream(returns);
        co_await js.publish("returns.1", "r");
        auto config = copy_of("ALL");
        config.subjects = {"all.>"};
        config.sources.resize(2);
        config.sources[0].name = "ORDERS";
        config.sources[0].filter_subject = "orders.4";
        config.sources[1].name = "RETURNS";
        config.sources[1].start_sequence = 1;  // 2.15 at times forgets a start by time beside another source
        const auto made = co_await js.create_stream(config);
        EXPECT_EQ(made.config.sources, config.sources);
        co_await until_filled(js, "ALL", 2);
        co_await js.publish("all.own", "own");
        const auto info = co_await until_filled(js, "ALL", 3);
        EXPECT_TRUE(co_await js.last_message("ALL", "orders.4"));
        EXPECT_TRUE(co_await js.last_message("ALL", "returns.1"));
        auto fewer = info.config;
        fewer.sources.pop_back();
        EXPECT_EQ((co_await js.update_stream(fewer)).config.sources, fewer.sources);
    });
}

TEST_F(live_mirror, of_another_stream_may_rename_what_comes) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_orders(js);
        auto config = copy_of("RENAMED");
        config.sources.resize(1);
        config.sources[0].name = "ORDERS";
        config.sources[0].transforms = {{"orders.1", ""}, {"orders.4", "late.four"}};
        const auto refused = co_await failure_of(js.create_stream(config));
        if (!server_at_least(js, 2, 10)) {
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "subject transforms of a source needs nats-server 2.10"))
                << refused.text;
            co_return;
        }
        EXPECT_FALSE(refused.code) << refused.text;
        co_await until_filled(js, "RENAMED", 2);
        EXPECT_TRUE(co_await js.last_message("RENAMED", "orders.1"));
        EXPECT_TRUE(co_await js.last_message("RENAMED", "late.four"));
    });
}

TEST_F(live_mirror, is_refused_at_a_name_or_a_time_that_cannot_be_one) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = copy_of("MIRROR");
        config.mirror.emplace();
        config.mirror->name = "OR.DERS";
        EXPECT_EQ((co_await failure_of(js.create_stream(config))).code, errc::bad_config);
        config.mirror->name = "ORDERS";
        config.mirror->start_time = "yesterday";
        EXPECT_EQ((co_await failure_of(js.create_stream(config))).code, errc::bad_config);
        EXPECT_TRUE((co_await js.stream_names()).empty());
    });
}

/// Expects a refusal that says `why` where the server is older than 2.`minor`; true when the stream is there.
awaitable<bool> made_since(context js, stream_config config, int minor, std::string why) {
    const auto seen = co_await failure_of(js.create_stream(config));
    if (server_at_least(js, 2, minor)) {
        EXPECT_FALSE(seen.code) << seen.text;
        co_return true;
    }
    EXPECT_EQ(seen.code, errc::not_supported) << seen.text;
    EXPECT_TRUE(contains(seen.text, why)) << seen.text;
    EXPECT_TRUE(contains(seen.text, "2." + std::to_string(minor))) << seen.text;
    co_return false;
}

class live_stream_config : public test::live_test {};

TEST_F(live_stream_config, transforms_what_is_published_since_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.subject_transform.emplace();
        config.subject_transform->source = "orders.*";
        config.subject_transform->destination = "kept.{{wildcard(1)}}";
        const bool there = co_await made_since(js, config, 10, "a subject transform");
        if (!there) co_return;
        co_await js.publish("orders.a", "1");
        EXPECT_TRUE(co_await js.last_message("ORDERS", "kept.a"));
        EXPECT_EQ((co_await js.stream("ORDERS")).config.subject_transform, config.subject_transform);
    });
}

TEST_F(live_stream_config, begins_where_it_is_told_since_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.first_sequence = 100;
        const bool there = co_await made_since(js, config, 10, "a first sequence");
        if (!there) co_return;
        EXPECT_EQ((co_await js.publish("orders.a", "1")).sequence, 100u);
        config.first_sequence = 0;
        EXPECT_EQ((co_await js.update_stream(config)).config.first_sequence, 100u);
    });
}

TEST_F(live_stream_config, bounds_its_consumers_since_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.consumer_limits.max_ack_pending = 7;
        config.consumer_limits.inactive_threshold = 60s;
        const bool there = co_await made_since(js, config, 10, "limits of consumers");
        if (!there) co_return;
        EXPECT_EQ((co_await js.stream("ORDERS")).config.consumer_limits, config.consumer_limits);
        consumer_config greedy;
        greedy.name = "greedy";
        greedy.max_ack_pending = 8;
        const auto refused = co_await failure_of(js.create_or_update_consumer("ORDERS", greedy));
        EXPECT_TRUE(refused.code) << refused.text;
        greedy.max_ack_pending = 0;
        EXPECT_EQ((co_await js.create_or_update_consumer("ORDERS", greedy)).config.max_ack_pending, 7);
    });
}

TEST_F(live_stream_config, may_refuse_a_second_message_of_a_subject) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.discard = discard_policy::new_messages;
        config.max_messages_per_subject = 1;
        config.discard_new_per_subject = true;
        co_await js.create_stream(config);
        co_await js.publish("orders.a", "1");
        const auto refused = co_await failure_of(js.publish("orders.a", "2"));
        EXPECT_TRUE(contains(refused.text, "maximum messages per subject exceeded")) << refused.text;
        EXPECT_EQ((co_await js.publish("orders.b", "1")).sequence, 2u);
    });
}

TEST_F(live_stream_config, that_confirms_nothing_stores_all_the_same) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.no_ack = true;
        co_await js.create_stream(config);
        context_options opts;
        opts.timeout = 50ms;
        const context impatient(js.connection(), opts);
        EXPECT_EQ((co_await failure_of(impatient.publish("orders.a", "1"))).code, nats::errc::timeout);
        EXPECT_TRUE((co_await js.stream("ORDERS")).config.no_ack);
        EXPECT_TRUE(co_await js.last_message("ORDERS", "orders.a"));
    });
}

TEST_F(live_stream_config, allows_what_came_with_2_12) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        struct feature {
            bool stream_config::* member;
            int minor;
            const char* what;
        };
        const feature features[] = {
            {&stream_config::allow_message_counter, 12, "a counter of messages needs JetStream API level 2"},
            {&stream_config::allow_atomic_publish, 12, "atomic publishing needs JetStream API level 2"},
            {&stream_config::allow_message_schedules, 12, "scheduled messages needs JetStream API level 2"},
            {&stream_config::allow_batch_publish, 14, "batch publishing needs JetStream API level 4"}};
        for (const auto& each : features) {
            auto config = direct_orders();
            config.*each.member = true;
            const bool there = co_await made_since(js, config, each.minor, each.what);
            if (!there) continue;
            const auto made = co_await js.stream("ORDERS");
            EXPECT_TRUE(made.config.*each.member) << each.what;
            co_await js.delete_stream("ORDERS");
        }
        auto config = direct_orders();
        config.persist = persist_mode::asynchronous;
        const bool there = co_await made_since(js, config, 12, "asynchronous persistence");
        if (!there) co_return;
        EXPECT_EQ((co_await js.stream("ORDERS")).config.persist, persist_mode::asynchronous);
    });
}

}  // namespace
}  // namespace mote::jetstream
