#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>

#include <algorithm>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::nats_server_options;

class live_jetstream : public test::live_test {};

/// A request with a body of our own, to see what the server really has.
awaitable<std::string> raw_api(context js, std::string verb, std::string body) {
    const auto subject = js.api_prefix() + verb;
    const auto reply = co_await js.connection().request(subject, body);
    co_return std::string(reply.payload());
}

// ---- the account

TEST_F(live_jetstream, tells_what_the_account_uses) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto info = co_await js.account();
        EXPECT_EQ(info.streams, 0);
        co_await js.create_stream(orders());
        co_await js.publish("orders.new", "1234567890");
        info = co_await js.account();
        EXPECT_EQ(info.streams, 1);
        EXPECT_EQ(info.consumers, 0);
        EXPECT_GT(info.storage, 10u);
        EXPECT_EQ(info.memory, 0u);
        EXPECT_EQ(info.api_level, js.connection().server().api_level);
        EXPECT_EQ(info.domain, "");
        EXPECT_GE(info.api_requests, 2u);
        EXPECT_EQ(info.api_errors, 0u);
        EXPECT_EQ(info.limits.max_streams, -1);
        EXPECT_EQ(info.limits.max_consumers, -1);
    });
}

TEST_F(live_jetstream, without_jetstream_is_not_enabled) {
    nats_server_options without;
    without.jetstream = false;
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            EXPECT_EQ((co_await failure_of(js.account())).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.create_stream(orders()))).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.stream("ORDERS"))).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.stream_names())).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.message("ORDERS", 1))).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.last_message("ORDERS", "orders.new"))).code, errc::not_enabled);
            EXPECT_TRUE(contains((co_await failure_of(js.account())).text, "$JS.API.INFO"));
        },
        without);
}

TEST_F(live_jetstream, with_an_account_without_jetstream_is_not_enabled) {
    nats_server_options two_accounts;
    two_accounts.config = R"(
        accounts: {
            WITH: { jetstream: enabled, users: [ {user: w, password: w} ] }
            WITHOUT: { users: [ {user: o, password: o} ] }
        }
        no_auth_user: o
    )";
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            EXPECT_EQ((co_await failure_of(js.account())).code, errc::not_enabled);
            EXPECT_EQ((co_await failure_of(js.create_stream(orders()))).code, errc::not_enabled);
        },
        two_accounts);
}

TEST_F(live_jetstream, tells_what_the_account_may_use) {
    nats_server_options limited;
    limited.config = R"(
        accounts: {
            A: { jetstream: { max_mem: 1000000, max_file: 2000000, max_streams: 3, max_consumers: 4 }, users: [ {user: a, password: a} ] }
        }
        no_auth_user: a
    )";
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            const auto limits = (co_await js.account()).limits;
            EXPECT_EQ(limits.max_memory, 1'000'000);
            EXPECT_EQ(limits.max_storage, 2'000'000);
            EXPECT_EQ(limits.max_streams, 3);
            EXPECT_EQ(limits.max_consumers, 4);
        },
        limited);
}

TEST_F(live_jetstream, of_another_domain_is_asked_by_its_prefix) {
    nats_server_options hub;
    hub.config = "jetstream: { domain: hub }";
    hub.jetstream = false;  // the line above has it
    with_jetstream(
        [](nats_server& server, context js) -> awaitable<void> {
            (void)server;
            context_options opts;
            opts.domain = "hub";
            const context ours(js.connection(), opts);
            EXPECT_EQ(ours.api_prefix(), "$JS.hub.API.");
            EXPECT_EQ((co_await ours.account()).streams, 0);
            EXPECT_EQ((co_await ours.account()).domain, "hub");

            opts.domain = "elsewhere";
            const context other(js.connection(), opts);
            EXPECT_EQ((co_await failure_of(other.account())).code, errc::not_enabled);

            opts.api_prefix = "$JS.hub.API";
            const context imported(js.connection(), opts);
            EXPECT_EQ(imported.api_prefix(), "$JS.hub.API.");
            EXPECT_EQ((co_await imported.account()).streams, 0);
        },
        hub);
}

// ---- streams

TEST_F(live_jetstream, creates_a_stream_and_reads_it_back) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        config.description = "what is ordered";
        config.subjects = {"orders.>", "refunds.*"};
        config.retention = retention_policy::work_queue;
        config.storage = storage_type::memory;
        config.max_messages = 1000;
        config.max_bytes = 1 << 20;
        config.max_messages_per_subject = 7;
        config.max_message_size = 4096;
        config.max_consumers = 3;
        config.max_age = 90s;
        config.duplicate_window = 30s;
        config.allow_rollup = true;
        config.allow_direct = true;
        config.deny_delete = true;
        const auto created = co_await js.create_stream(config);
        const auto read = co_await js.stream("ORDERS");
        for (const auto& info : {created, read}) {
            EXPECT_EQ(info.config.name, "ORDERS");
            EXPECT_EQ(info.config.description, config.description);
            EXPECT_EQ(info.config.subjects, config.subjects);
            EXPECT_EQ(info.config.retention, config.retention);
            EXPECT_EQ(info.config.storage, config.storage);
            EXPECT_EQ(info.config.max_messages, 1000);
            EXPECT_EQ(info.config.max_bytes, 1 << 20);
            EXPECT_EQ(info.config.max_messages_per_subject, 7);
            EXPECT_EQ(info.config.max_message_size, 4096);
            EXPECT_EQ(info.config.max_consumers, 3);
            EXPECT_EQ(info.config.max_age, 90s);
            EXPECT_EQ(info.config.duplicate_window, 30s);
            EXPECT_TRUE(info.config.allow_rollup);
            EXPECT_TRUE(info.config.allow_direct);
            EXPECT_TRUE(info.config.deny_delete);
            EXPECT_FALSE(info.config.deny_purge);
            EXPECT_FALSE(info.config.sealed);
            EXPECT_FALSE(info.created.empty());
            EXPECT_EQ(info.state.messages, 0u);
        }
    });
}

TEST_F(live_jetstream, counts_what_a_stream_holds) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        co_await js.publish("orders.a", "1");
        co_await js.publish("orders.b", "2");
        co_await js.publish("orders.b", "3");
        const auto state = (co_await js.stream("ORDERS")).state;
        EXPECT_EQ(state.messages, 3u);
        EXPECT_GT(state.bytes, 3u);
        EXPECT_EQ(state.first_sequence, 1u);
        EXPECT_EQ(state.last_sequence, 3u);
        EXPECT_EQ(state.subjects, 2u);
        EXPECT_EQ(state.consumers, 0);
    });
}

TEST_F(live_jetstream, create_is_idempotent_and_refuses_another_configuration) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        co_await js.create_stream(orders());
        auto other = orders();
        other.max_messages = 5;
        const auto refused = co_await failure_of(js.create_stream(other));
        EXPECT_EQ(refused.code, errc::stream_exists);
        EXPECT_TRUE(contains(refused.text, "err_code 10058"));
        EXPECT_TRUE(contains(refused.text, "stream name already in use"));
    });
}

TEST_F(live_jetstream, refuses_a_name_before_it_is_sent) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        for (const std::string name : {"", "a.b", "a b", "a>"}) {
            auto config = orders();
            config.name = name;
            for (const auto& seen : {test::failure_at_once([&] { (void)js.create_stream(config); }),
                                     test::failure_at_once([&] { (void)js.update_stream(config); }),
                                     test::failure_at_once([&] { (void)js.stream(name); }),
                                     test::failure_at_once([&] { (void)js.delete_stream(name); }),
                                     test::failure_at_once([&] { (void)js.purge_stream(name); }),
                                     test::failure_at_once([&] { (void)js.message(name, 1); }),
                                     test::failure_at_once([&] { (void)js.last_message(name, "a"); })}) {
                EXPECT_EQ(seen.code, errc::bad_config) << name;
                EXPECT_TRUE(contains(seen.text, "stream name '" + name + "'")) << seen.text;
            }
        }
        co_return;
    });
}

TEST_F(live_jetstream, says_what_the_server_does_not_like) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        config.replicas = 99;
        const auto refused = co_await failure_of(js.create_stream(config));
        EXPECT_EQ(refused.code.category(), jetstream_category());
        EXPECT_TRUE(contains(refused.text, "err_code 1")) << refused.text;

        co_await js.create_stream(orders());
        config = orders();
        config.name = "OTHER";
        const auto overlap = co_await failure_of(js.create_stream(config));
        EXPECT_EQ(overlap.code, errc::bad_request);
        EXPECT_TRUE(contains(overlap.text, "subjects overlap")) << overlap.text;
    });
}

TEST_F(live_jetstream, update_changes_what_it_models_and_keeps_the_rest) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        const auto made = co_await raw_api(
            js, "STREAM.CREATE.ORDERS",
            R"({"name":"ORDERS","subjects":["orders.>"],"retention":"limits","storage":"file","num_replicas":1,"max_age":0,
                "discard":"old","duplicate_window":60000000000,"no_ack":true,"max_msgs":3})");
        EXPECT_FALSE(contains(made, "\"error\"")) << made;
        auto config = (co_await js.stream("ORDERS")).config;
        config.max_messages = 8;
        config.subjects.push_back("refunds");
        const auto updated = co_await js.update_stream(config);
        EXPECT_EQ(updated.config.max_messages, 8);
        EXPECT_EQ(updated.config.subjects.size(), 2u);
        EXPECT_EQ(updated.config.duplicate_window, 60s);
        const auto kept = co_await raw_api(js, "STREAM.INFO.ORDERS", "");
        EXPECT_TRUE(contains(kept, "\"no_ack\":true")) << kept;
    });
}

TEST_F(live_jetstream, of_a_stream_that_is_not_there_says_so) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        EXPECT_EQ((co_await failure_of(js.update_stream(config))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.stream("ORDERS"))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.delete_stream("ORDERS"))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.purge_stream("ORDERS"))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.message("ORDERS", 1))).code, errc::stream_not_found);
        EXPECT_EQ((co_await failure_of(js.last_message("ORDERS", "orders.a"))).code, errc::stream_not_found);
    });
}

TEST_F(live_jetstream, deletes_a_stream) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        co_await js.delete_stream("ORDERS");
        EXPECT_EQ((co_await failure_of(js.stream("ORDERS"))).code, errc::stream_not_found);
    });
}

TEST_F(live_jetstream, purges_all_or_a_subject_or_all_but_the_last) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        for (int i = 0; i < 4; ++i) {
            co_await js.publish("orders.a", "x");
            co_await js.publish("orders.b", "x");
        }
        EXPECT_EQ(co_await js.purge_stream("ORDERS", "orders.a", 1), 3u);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 5u);
        EXPECT_EQ(co_await js.purge_stream("ORDERS", "orders.a"), 1u);
        EXPECT_EQ(co_await js.purge_stream("ORDERS", "", 1), 3u);
        EXPECT_EQ(co_await js.purge_stream("ORDERS"), 1u);
        EXPECT_EQ(co_await js.purge_stream("ORDERS"), 0u);
    });
}

awaitable<void> purge_all_before(context js, std::uint64_t sequence) {
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "", sequence), 3u);
}

awaitable<void> expect_purges_before_a_sequence(context js, storage_type storage) {
    auto config = orders();
    config.storage = storage;
    co_await js.create_stream(config);
    for (int i = 0; i < 3; ++i) {
        co_await js.publish("orders.a", "x");
        co_await js.publish("orders.b", "x");
    }
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "orders.a", 0), 0u);
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "orders.a", 1), 0u);
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "orders.a", 5), 2u);  // 1 and 3
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "orders.*", 3), 1u);  // 2
    EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 3u);
    EXPECT_EQ(co_await js.purge_stream_before("ORDERS", "orders.b", 1000), 2u);
    for (int i = 0; i < 3; ++i) co_await js.publish("orders.a", "x");  // 7 to 9
    const auto all = co_await failure_of(purge_all_before(js, 9));
    if (storage == storage_type::memory && !test::server_at_least(js, 2, 10)) {
        EXPECT_EQ(all.code, errc::not_supported);
        EXPECT_TRUE(contains(all.text, "needs nats-server 2.10")) << all.text;
    } else {
        EXPECT_FALSE(all.code) << all.text;
        EXPECT_EQ((co_await js.stream("ORDERS")).state.first_sequence, 9u);
    }
    co_await js.delete_stream("ORDERS");
}

TEST_F(live_jetstream, purges_what_is_before_a_sequence) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await expect_purges_before_a_sequence(js, storage_type::file);
        co_await expect_purges_before_a_sequence(js, storage_type::memory);
    });
}

TEST_F(live_jetstream, purge_of_a_stream_that_denies_it_is_the_servers_error) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        config.deny_purge = true;
        co_await js.create_stream(config);
        const auto refused = co_await failure_of(js.purge_stream("ORDERS"));
        EXPECT_TRUE(contains(refused.text, "stream purge not permitted")) << refused.text;
    });
}

TEST_F(live_jetstream, lists_streams_by_subject_over_all_pages) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        EXPECT_TRUE((co_await js.stream_names()).empty());
        constexpr int count = 1100;  // a page has 1024
        for (int i = 0; i < count; ++i) {
            stream_config config;
            config.name = "S" + std::to_string(i);
            config.subjects = {"many." + std::to_string(i)};
            config.storage = storage_type::memory;
            co_await js.create_stream(config);
        }
        auto names = co_await js.stream_names();
        std::sort(names.begin(), names.end());
        EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
        EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
        const auto one = co_await js.stream_names("many.77");
        EXPECT_EQ(one, std::vector<std::string>{"S77"});
        EXPECT_TRUE((co_await js.stream_names("none.>")).empty());
    });
}

TEST_F(live_jetstream, calls_outlive_the_context_they_were_made_on) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto short_lived = std::make_unique<context>(js.connection());
        auto creating = short_lived->create_stream(orders());
        auto listing = short_lived->stream_names();
        short_lived.reset();
        co_await std::move(creating);
        EXPECT_EQ((co_await std::move(listing)).size(), 1u);
    });
}

TEST_F(live_jetstream, after_close_is_closed) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        js.connection().close();
        EXPECT_EQ((co_await failure_of(js.account())).code, nats::errc::closed);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("a", "b"); }).code, nats::errc::closed);
    });
}

TEST_F(live_jetstream, does_not_wait_longer_than_its_timeout) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        context_options opts;
        opts.api_prefix = "mute.API";  // somebody listens, nobody answers
        opts.timeout = 50ms;
        const auto mute = js.connection().subscribe("mute.>");
        const context slow(js.connection(), opts);
        EXPECT_EQ((co_await failure_of(slow.account())).code, nats::errc::timeout);
        EXPECT_EQ((co_await failure_of(slow.message("ORDERS", 1))).code, nats::errc::timeout);
        EXPECT_EQ((co_await failure_of(slow.publish("mute.x", "1"))).code, nats::errc::timeout);
    });
}

}  // namespace
}  // namespace mote::jetstream
