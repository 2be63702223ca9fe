// Calls whose payloads are made and read by a codec.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/typed_client.hpp>

#include <charconv>
#include <stdexcept>

namespace mote::test {

/// A number, as decimal text.
struct amount {
    int value = 0;
};

}  // namespace mote::test

template <>
struct mote::micro::codec<mote::test::amount> {
    static void encode(const mote::test::amount& value, std::string& out) { out += std::to_string(value.value); }
    static mote::test::amount decode(std::string_view bytes) {
        mote::test::amount read;
        const auto [end, failed] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), read.value);
        if (failed != std::errc() || end != bytes.data() + bytes.size())
            throw std::runtime_error("value: not a number");
        return read;
    }
};

namespace mote::test {
namespace {

using client_typed_test = micro_test;

fake_instance::handler answers(std::string text) {
    return [text](const nats::connection& nc, const nats::message_view& asked) { nc.respond(asked, text); };
}

/// Answers with the number that is one more.
void increment(const nats::connection& nc, const nats::message_view& asked) {
    std::string text;
    const auto read = micro::codec<amount>::decode(asked.payload);
    micro::codec<amount>::encode(amount{read.value + 1}, text);
    nc.respond(asked, text);
}

TEST_F(client_typed_test, encodes_the_request_and_decodes_the_reply) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"), increment);
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const amount asked{41};
        const auto reply = co_await client.call<amount>("S", "echo", asked);
        EXPECT_EQ(reply.value, 42);
    });
}

TEST_F(client_typed_test, says_where_a_reply_does_not_decode) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"), answers("many"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const amount asked{1};
        const auto failed = co_await failure_of(client.call<amount>("S", "echo", asked));
        EXPECT_EQ(failed.code, micro::errc::undecodable_reply);
        EXPECT_TRUE(contains(failed.text, "S/echo: value: not a number")) << failed.text;
    });
}

TEST_F(client_typed_test, asks_a_subject) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"), increment);
        const auto odd = here.connection.subscribe(
            "odd", [nc = here.connection](const nats::message_view& asked) { nc.respond(asked, "many"); });
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const amount asked{41};
        const auto reply = co_await client.call_subject<amount>("s.echo", asked);
        EXPECT_EQ(reply.value, 42);
        EXPECT_EQ(one.asked_for_info(), 0);
        const auto failed = co_await failure_of(client.call_subject<amount>("odd", asked));
        EXPECT_EQ(failed.code, micro::errc::undecodable_reply);
        EXPECT_TRUE(contains(failed.text, "odd: value: not a number")) << failed.text;
    });
}

TEST_F(client_typed_test, throws_the_error_of_the_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("S"));
        service.endpoint("echo", [](micro::request& req) { req.respond_error(404, "no such number", "none"); });
        co_await service.start(here.connection);
        const micro::client client(here.caller);
        const amount asked{1};
        const auto failed = co_await failure_of(client.call<amount>("S", "echo", asked));
        EXPECT_EQ(failed.code, micro::errc::service_error);
    });
}

TEST_F(client_typed_test, decodes_the_replies_of_all_instances) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, direct_info("a"), increment);
        const fake_instance b(here.connection, direct_info("b"), answers("many"));
        const fake_instance c(here.connection, instance_info("c"), increment);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const amount asked{1};
        const auto all = co_await client.call_all<amount>("S", "echo", asked);
        EXPECT_EQ(all.size(), 3U);
        for (const auto& each : all) {
            const auto failed = failure_at_once([&] { each.value(); });
            EXPECT_EQ(failed.code, each.code);
            if (each.id == "a") {
                EXPECT_EQ(each.value().value, 2);
            } else {
                EXPECT_EQ(each.code, each.id == "b" ? micro::errc::undecodable_reply : micro::errc::not_addressable);
            }
        }
    });
}

}  // namespace
}  // namespace mote::test
