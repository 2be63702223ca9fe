// Where a context looks for JetStream, how long it waits, and what of it answers the requests of others.

#include <mote/jetstream/context.hpp>
#include <mote/jetstream/publish.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::failure_of;
using test::nats_server;

class live_location : public test::live_test {};

std::string prefix_of(const nats::connection& nc, std::string domain, std::string api_prefix) {
    context_options opts;
    opts.domain = std::move(domain);
    opts.api_prefix = std::move(api_prefix);
    return context(nc, opts).api_prefix();
}

awaitable<void> expect_prefixes(const nats_server& server) {
    auto opts = test::options_for(server);
    const auto plain = co_await nats::connection::connect(opts);
    EXPECT_EQ(prefix_of(plain, "", ""), "$JS.API.");
    opts.jetstream.domain = "hub";
    opts.request_timeout = 1234ms;
    const auto hub = co_await nats::connection::connect(opts);
    EXPECT_EQ(hub.jetstream().domain, "hub");
    EXPECT_EQ(prefix_of(hub, "", ""), "$JS.hub.API.");
    EXPECT_EQ(prefix_of(hub, "leaf", ""), "$JS.leaf.API.") << "what the context itself is told goes before";
    EXPECT_EQ(prefix_of(hub, "", "$JS.API"), "$JS.API.");
    opts.jetstream.api_prefix = "IMPORTED";
    const auto imported = co_await nats::connection::connect(opts);
    EXPECT_EQ(prefix_of(imported, "", ""), "IMPORTED.");
    EXPECT_EQ(prefix_of(imported, "leaf", ""), "$JS.leaf.API.");
    EXPECT_EQ(context(plain).timeout(), 5s);
    EXPECT_EQ(context(hub).timeout(), 1234ms);
    context_options patient;
    patient.timeout = 1min;
    EXPECT_EQ(context(hub, patient).timeout(), 1min);
    EXPECT_EQ((co_await failure_of(context(hub).account())).code, errc::not_enabled) << "there is no such domain";
}

TEST_F(live_location, is_that_of_the_connection_unless_the_context_says_another) {
    const nats_server server(test::core_only());
    test::run(expect_prefixes(server));
}

TEST_F(live_location, a_message_of_a_stream_answers_a_request_under_its_own_subject) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        consumer_config config;
        config.name = "c";
        co_await js.create_or_update_consumer("ORDERS", config);
        co_await js.publish("orders.new", "tea");
        nats::request_options within;
        within.timeout = 10s;
        const auto reply = co_await js.connection().request("$JS.API.CONSUMER.MSG.NEXT.ORDERS.c", "1", within);
        EXPECT_EQ(reply.subject(), "orders.new");
        EXPECT_EQ(reply.payload(), "tea");
    });
}

TEST_F(live_location, what_the_server_refuses_has_a_code_of_its_own) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto stream = orders();
        const bool has_ttls = test::server_at_least(js, 2, 11);
        stream.allow_message_ttl = has_ttls;
        co_await js.create_stream(stream);
        consumer_config config;
        config.name = "c";
        co_await js.create_or_update_consumer("ORDERS", config);
        config.ack = ack_policy::all;
        const auto refused = co_await failure_of(js.create_or_update_consumer("ORDERS", config));
        EXPECT_EQ(refused.code, errc::consumer_refused) << refused.text;
        EXPECT_TRUE(test::contains(refused.text, "ack policy can not be updated")) << refused.text;
        if (!has_ttls) co_return;
        publish_options opts;
        opts.headers.add("Nats-TTL", "soon");
        const auto invalid = co_await failure_of(js.publish("orders.a", "1", opts));
        EXPECT_EQ(invalid.code, errc::message_ttl_invalid) << invalid.text;
    });
}

}  // namespace
}  // namespace mote::jetstream
