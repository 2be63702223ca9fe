#include <mote/jetstream/context.hpp>
#include <mote/jetstream/ordered_consumer.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/nats/scripted_server.hpp>

#include <optional>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::server_at_least;

/// What only newer servers can do works there, and is refused, not forgotten, by the older ones.
class live_server_age : public test::live_test {};

/// Expects that the stream is made, or refused for the age of the server; true when it is there.
awaitable<bool> made_or_refused(context js, stream_config config, bool supported, std::string why) {
    const auto seen = co_await failure_of(js.create_stream(config));
    if (supported) {
        EXPECT_FALSE(seen.code) << seen.text;
        co_return true;
    }
    EXPECT_EQ(seen.code, errc::not_supported) << seen.text;
    EXPECT_TRUE(contains(seen.text, why)) << seen.text;
    EXPECT_EQ((co_await failure_of(js.stream(config.name))).code, errc::stream_not_found);
    co_return false;
}

TEST_F(live_server_age, compression_is_of_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.compressed = true;
        const bool there =
            co_await made_or_refused(js, config, server_at_least(js, 2, 10), "compression needs nats-server 2.10");
        if (!there) co_return;
        EXPECT_TRUE((co_await js.stream("ORDERS")).config.compressed);
    });
}

TEST_F(live_server_age, metadata_is_of_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.metadata["team"] = "a";
        const bool there =
            co_await made_or_refused(js, config, server_at_least(js, 2, 10), "metadata needs nats-server 2.10");
        if (!there) co_return;
        EXPECT_EQ((co_await js.stream("ORDERS")).config.metadata.at("team"), "a");
    });
}

TEST_F(live_server_age, an_update_is_refused_as_well) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        auto config = (co_await js.stream("ORDERS")).config;
        config.metadata["team"] = "a";
        config.max_messages = 7;
        const auto seen = co_await failure_of(js.update_stream(config));
        const auto kept = (co_await js.stream("ORDERS")).config;
        if (server_at_least(js, 2, 10)) {
            EXPECT_FALSE(seen.code) << seen.text;
            EXPECT_EQ(kept.metadata.at("team"), "a");
        } else {
            EXPECT_EQ(seen.code, errc::not_supported);
            EXPECT_EQ(kept.max_messages, -1);
        }
    });
}

/// Waits until the message of a sequence is gone.
awaitable<bool> goes(context js, std::uint64_t sequence) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto found = co_await js.message("ORDERS", sequence);
        if (!found) co_return true;
    }
    co_return false;
}

TEST_F(live_server_age, a_messages_own_ttl_is_of_2_11) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.allow_message_ttl = true;
        const bool there = co_await made_or_refused(js, config, server_at_least(js, 2, 11), "JetStream API level 1");
        publish_options opts;
        opts.ttl = 1s;
        if (!there) {
            const auto refused = test::failure_at_once([&] { (void)js.publish("orders.a", "1", opts); });
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "a message's TTL needs nats-server 2.11")) << refused.text;
            co_return;
        }
        EXPECT_TRUE((co_await js.stream("ORDERS")).config.allow_message_ttl);
        co_await js.publish("orders.a", "1", opts);
        co_await js.publish("orders.b", "2");
        EXPECT_TRUE(co_await goes(js, 1));
        EXPECT_TRUE(co_await js.message("ORDERS", 2));
    });
}

TEST_F(live_server_age, a_stream_that_allows_no_ttl_refuses_the_message) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        publish_options opts;
        for (const auto ttl : {std::chrono::nanoseconds(999ms), std::chrono::nanoseconds(-1s)}) {
            opts.ttl = ttl;
            EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.a", "1", opts); }).code, errc::bad_config);
        }
        if (!server_at_least(js, 2, 11)) co_return;  // the test above has what it says
        opts.ttl = 1s;
        EXPECT_EQ((co_await failure_of(js.publish("orders.a", "1", opts))).code, errc::message_ttl_disabled);
    });
}

TEST_F(live_server_age, markers_in_place_of_old_messages_are_of_2_11) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.max_age = 1s;
        config.duplicate_window = 1s;
        config.allow_message_ttl = true;
        config.allow_rollup = true;
        config.subject_delete_marker_ttl = 60s;
        const bool there = co_await made_or_refused(js, config, server_at_least(js, 2, 11), "JetStream API level 1");
        if (!there) co_return;
        EXPECT_EQ((co_await js.stream("ORDERS")).config.subject_delete_marker_ttl, 60s);
        co_await js.publish("orders.a", "1");
        EXPECT_TRUE(co_await goes(js, 1));
        const auto marker = co_await js.last_message("ORDERS", "orders.a");
        EXPECT_TRUE(marker && marker->message.headers().get("Nats-Marker-Reason") == "MaxAge");
    });
}

TEST_F(live_server_age, several_filters_of_a_consumer_are_of_2_10) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        for (const std::string each : {"a", "b", "c", "a"}) co_await js.publish("orders." + each, each);
        ordered_consumer_options opts;
        opts.filter_subjects = {"orders.a", "orders.c"};
        if (!server_at_least(js, 2, 10)) {
            const auto refused = test::failure_at_once([&] { (void)ordered_consumer::create(js, "ORDERS", opts); });
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "a consumer with several filters needs nats-server 2.10"))
                << refused.text;
            co_return;
        }
        auto consumer = co_await ordered_consumer::create(js, "ORDERS", opts);
        EXPECT_EQ(consumer.initial_pending(), 3u);
        for (const auto* const each : {"a", "c", "a"}) {
            const auto message = co_await consumer.next(20s);
            EXPECT_TRUE(message && message->message.payload() == each) << each;
        }
        EXPECT_TRUE(consumer.caught_up());
        opts.filter_subjects = {"orders.a", "orders.>"};
        const auto overlap = co_await failure_of(ordered_consumer::create(js, "ORDERS", opts));
        EXPECT_TRUE(contains(overlap.text, "overlap")) << overlap.text;
    });
}

TEST_F(live_server_age, placement_and_republishing_are_of_every_server) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.placement.tags = {"ssd"};
        config.republish.emplace();
        config.republish->source = ">";
        config.republish->destination = "copy.>";
        co_await js.create_stream(config);
        const auto made = (co_await js.stream("ORDERS")).config;
        EXPECT_EQ(made.placement, config.placement);
        EXPECT_EQ(made.republish, config.republish);
        auto copies = js.connection().subscribe("copy.>");
        co_await js.publish("orders.a", "1");
        const auto copy = co_await copies.next(20s);
        EXPECT_TRUE(copy && copy->subject() == "copy.orders.a" && copy->payload() == "1");
        EXPECT_TRUE(copy && copy->headers().get("Nats-Stream") == "ORDERS");
    });
}

TEST_F(live_server_age, a_sealed_stream_refuses_changes_on_every_server) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        auto config = (co_await js.stream("ORDERS")).config;
        config.sealed = true;
        EXPECT_TRUE((co_await js.update_stream(config)).config.sealed);
        EXPECT_EQ((co_await failure_of(js.publish("orders.a", "2"))).code, errc::stream_sealed);
        EXPECT_TRUE(co_await js.message("ORDERS", 1));
    });
}

/// What servers between the two that the tests run on lack: none of that is sent to one.
TEST_F(live_server_age, features_have_the_version_that_brought_them) {
    struct wish {
        std::string when, zone;
        bool rollup;
        int minor;
    };
    const wish wishes[] = {{"@at 2030-01-01T00:00:00Z", "", false, 12},
                           {"@every 1m", "", false, 14},
                           {"0 0 6 * * *", "", false, 14},
                           {"@at 2030-01-01T00:00:00Z", "Europe/Berlin", false, 14},
                           {"@at 2030-01-01T00:00:00Z", "", true, 14}};
    for (const int minor : {9, 11, 12, 13, 14}) {
        std::string said;
        {
            test::scripted_server server([&](test::scripted_link& link, int) {
                link.greet(R"({"server_id":"S","version":"2.)" + std::to_string(minor) +
                           R"(.0","headers":true,"max_payload":1048576})");
                said = link.read_all();
            });
            test::run([](std::string url, int has, const auto& all) -> awaitable<void> {
                const auto nc = co_await nats::connection::connect(test::options_for(url));
                const context js(nc);
                for (const auto& each : all) {
                    if (each.minor <= has) continue;
                    publish_options opts;
                    opts.schedule.emplace();
                    opts.schedule->when = each.when;
                    opts.schedule->target = "due";
                    opts.schedule->time_zone = each.zone;
                    opts.schedule->rollup = each.rollup;
                    const auto seen = test::failure_at_once([&] { (void)js.publish("a", "1", opts); });
                    EXPECT_EQ(seen.code, errc::not_supported) << each.when << " at 2." << has;
                    EXPECT_TRUE(contains(seen.text, "needs nats-server 2.1")) << seen.text;
                }
                consumer_config config;
                config.name = "c";
                config.priority = priority_policy::prioritized;
                config.priority_groups = {"g"};
                if (has < 12) {
                    const auto seen = test::failure_at_once([&] { (void)js.create_or_update_consumer("S", config); });
                    EXPECT_EQ(seen.code, errc::not_supported) << seen.text;
                }
                config = consumer_config();
                config.name = "c";
                config.ack = ack_policy::flow_control;
                if (has < 14) {
                    const auto seen = test::failure_at_once([&] { (void)js.create_or_update_consumer("S", config); });
                    EXPECT_EQ(seen.code, errc::not_supported) << seen.text;
                }
                nc.close();
            }(server.url(), minor, wishes));
        }
        EXPECT_EQ(said, "") << minor;
    }
}

}  // namespace
}  // namespace mote::jetstream
