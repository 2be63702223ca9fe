// Services of the official clients in other languages, as we find, describe and call them.

#include <tests/interop/peer.hpp>
#include <tests/nats/live.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/typed_client.hpp>

#include <algorithm>
#include <boost/describe.hpp>
#include <chrono>
#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

struct addends {
    int a = 0;
    int b = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (a, b))

struct total {
    int sum = 0;
};
BOOST_DESCRIBE_STRUCT(total, (), (sum))

class their_service : public peer_test {
protected:
    /// Starts a server, the peer's service and a connection of ours, and runs `body(connection, peer)`.
    template <class Body>
    void with_service(Body body) {
        nats_server server(core_only());
        const process service({program(), "service", server.url()});
        ASSERT_TRUE(service.wait_for_output("READY", 60s)) << service.output();
        run(connected(server, body, GetParam()));
    }

private:
    template <class Body>
    static asio::awaitable<void> connected(nats_server& server, Body body, peer whose) {
        auto connection = co_await connect_to(server);
        co_await body(connection, whose);
        connection.close();
    }
};

micro::endpoint_stats of(const micro::service_stats& stats, const std::string& endpoint) {
    const auto at = std::find_if(stats.endpoints.begin(), stats.endpoints.end(),
                                 [&](const micro::endpoint_stats& one) { return one.name == endpoint; });
    return at == stats.endpoints.end() ? micro::endpoint_stats() : *at;
}

/// Replies to STATS until all that was asked is counted: some count after they have answered.
asio::awaitable<micro::service_stats> counted(nats::connection connection, std::string service, std::uint64_t calls) {
    micro::discovery_options only;
    only.name = service;
    only.max_replies = 1;
    micro::service_stats stats;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < limit) {
        micro::discovery discovery(connection);
        const auto replies = co_await discovery.stats(only);
        if (!replies.empty()) stats = replies.front();
        if (of(stats, "echo").requests + of(stats, "fail").requests >= calls) break;
    }
    co_return stats;
}

TEST_P(their_service, is_found_by_a_ping) {
    with_service([](nats::connection connection, peer whose) -> asio::awaitable<void> {
        micro::discovery_options all;
        all.max_replies = 1;
        micro::discovery discovery(connection);
        const auto replies = co_await discovery.ping(all);
        EXPECT_EQ(discovery.unreadable(), 0U);
        EXPECT_EQ(replies.size(), 1U);
        if (replies.empty()) co_return;
        const auto& found = replies.front().service;
        EXPECT_EQ(found.name, whose.service);
        EXPECT_EQ(found.version, "1.0.0");
        EXPECT_FALSE(found.id.empty());
        EXPECT_EQ(found.metadata, (micro::metadata{{"language", whose.language}}));
    });
}

TEST_P(their_service, is_described_with_its_endpoints) {
    with_service([](nats::connection connection, peer whose) -> asio::awaitable<void> {
        const auto found = co_await micro::discovery(connection).find(whose.service);
        EXPECT_TRUE(found);
        if (!found) co_return;
        EXPECT_EQ(found->instances.size(), 1U);
        const auto& instance = found->instances.front();
        EXPECT_EQ(instance.description, "a peer in " + whose.language);
        EXPECT_EQ(instance.metadata, (micro::metadata{{"language", whose.language}}));
        EXPECT_EQ(found->endpoints.size(), 3U);
        const std::map<std::string, std::string> groups{{"echo", "q"}, {"add", "q"}, {"fail", "failures"}};
        for (const auto& [name, group] : groups) {
            const auto* endpoint = found->endpoint(name);
            EXPECT_NE(endpoint, nullptr) << name;
            if (endpoint == nullptr) continue;
            EXPECT_EQ(endpoint->subject, "peer." + name);
            EXPECT_EQ(endpoint->queue_group, group) << name;
            EXPECT_EQ(endpoint->kind, "endpoint") << name;
            EXPECT_EQ(endpoint->metadata, name == "add" ? micro::metadata({{"form", "json"}}) : micro::metadata())
                << name;
        }
    });
}

TEST_P(their_service, is_called_by_name) {
    with_service([](nats::connection connection, peer whose) -> asio::awaitable<void> {
        const micro::client client(connection);
        const std::string bytes("\0\r\n\xff any bytes", 14);
        const auto reply = co_await client.call(whose.service, "echo", bytes);
        EXPECT_EQ(reply.payload(), bytes);
        addends given;
        given.a = 2;
        given.b = 3;
        const auto made = co_await client.call<total>(whose.service, "add", given);
        EXPECT_EQ(made.sum, 5);
    });
}

TEST_P(their_service, answers_an_error_that_is_thrown_here) {
    with_service([](nats::connection connection, peer whose) -> asio::awaitable<void> {
        const micro::client client(connection);
        bool thrown = false;
        try {
            co_await client.call(whose.service, "fail", "");
        } catch (const micro::service_error& error) {
            thrown = true;
            EXPECT_EQ(error.status(), 404);
            EXPECT_EQ(error.description(), "no such thing");
            EXPECT_EQ(error.data(), whose.error_body);
        }
        EXPECT_TRUE(thrown);
    });
}

TEST_P(their_service, tells_what_it_counted) {
    with_service([](nats::connection connection, peer whose) -> asio::awaitable<void> {
        const auto fresh = co_await counted(connection, whose.service, 0);
        EXPECT_EQ(fresh.endpoints.size(), 3U);
        EXPECT_EQ(of(fresh, "fail").last_error, "");
        for (int i = 0; i < 2; ++i) co_await micro::call(connection, "peer.echo", "x");
        bool refused = false;
        try {
            co_await micro::call(connection, "peer.fail", "");
        } catch (const micro::service_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        const auto stats = co_await counted(connection, whose.service, 3);
        EXPECT_EQ(stats.started.substr(0, 2), "20") << stats.started;
        EXPECT_EQ(stats.metadata,
                  whose.metadata_in_stats ? micro::metadata({{"language", whose.language}}) : micro::metadata());
        EXPECT_EQ(of(stats, "echo").requests, 2U);
        EXPECT_EQ(of(stats, "echo").errors, 0U);
        EXPECT_EQ(of(stats, "fail").requests, 1U);
        EXPECT_EQ(of(stats, "fail").errors, whose.counted_errors);
        EXPECT_EQ(of(stats, "fail").last_error, whose.last_error);
        EXPECT_EQ(of(stats, "fail").queue_group, "failures");
        EXPECT_EQ(of(stats, "add").requests, 0U);
    });
}

INSTANTIATE_TEST_SUITE_P(interop, their_service, ::testing::ValuesIn(peers), language_of);

}  // namespace
}  // namespace mote::test
