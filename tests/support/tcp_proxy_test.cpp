#include <tests/support/tcp_proxy.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/raw_client.hpp>

#include <gtest/gtest.h>

#include <system_error>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class live_proxy : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }
};

TEST_F(live_proxy, forwards_and_records) {
    const nats_server server;
    tcp_proxy proxy(server.port());
    raw_client client(proxy.port());
    client.subscribe("a");
    client.publish("a", "through");
    EXPECT_EQ(client.read_frame(), "MSG a 1 7\r\nthrough\r\n");
    ASSERT_EQ(proxy.connections().size(), 1u);
    const proxied_connection seen = proxy.connections()[0];
    EXPECT_NE(seen.bytes(proxy_direction::to_target).find("SUB a 1\r\nPUB a 7\r\nthrough\r\n"), std::string::npos);
    EXPECT_TRUE(seen.bytes(proxy_direction::to_client).ends_with("MSG a 1 7\r\nthrough\r\n"));
    EXPECT_EQ(proxy.open_connections(), 1u);
}

TEST_F(live_proxy, cuts_and_refuses) {
    const nats_server server;
    tcp_proxy proxy(server.port());
    raw_client client(proxy.port());
    proxy.cut();
    EXPECT_TRUE(client.wait_for_close());
    EXPECT_EQ(proxy.open_connections(), 0u);
    raw_client second(proxy.port());
    proxy.refuse();
    EXPECT_THROW(raw_client(proxy.port()), std::system_error);
    EXPECT_NO_THROW(second.flush());
    proxy.accept();
    EXPECT_NO_THROW(raw_client(proxy.port()));
    const auto closed_again = [](const std::vector<proxied_connection>& all) {
        return all.size() == 3 && !all[2].open;
    };
    EXPECT_TRUE(proxy.wait_until(closed_again));
}

TEST_F(live_proxy, stalls_without_losing_anything) {
    const nats_server server;
    tcp_proxy proxy(server.port());
    raw_client client(proxy.port());
    client.subscribe("a");
    client.flush();
    proxy.stall();
    raw_client(server.port()).publish("a", "from elsewhere");
    client.send("PUB a 4\r\nlate\r\n");
    EXPECT_EQ(client.try_read_frame(50ms), std::nullopt);
    EXPECT_TRUE(accepts_connections(proxy.port()));
    proxy.resume();
    EXPECT_TRUE(proxy.wait_for(proxy_direction::to_target, "late"));
    EXPECT_EQ(client.read_frame(), "MSG a 1 14\r\nfrom elsewhere\r\n");
    EXPECT_EQ(client.read_frame(), "MSG a 1 4\r\nlate\r\n");
}

TEST_F(live_proxy, lets_bytes_pass_one_at_a_time) {
    const nats_server server;
    tcp_proxy proxy(server.port());
    raw_client client(proxy.port());
    const auto before = proxy.connections().at(0).chunks.size();
    proxy.trickle();
    client.subscribe("a");
    client.publish("a", "through");
    EXPECT_EQ(client.read_frame(), "MSG a 1 7\r\nthrough\r\n");
    const auto slow = proxy.connections().at(0);
    for (auto i = before; i < slow.chunks.size(); ++i) EXPECT_EQ(slow.chunks[i].bytes.size(), 1u);
    EXPECT_GT(slow.chunks.size(), before + 40);
    proxy.resume();
    client.publish("a", "at once");
    EXPECT_EQ(client.read_frame(), "MSG a 1 7\r\nat once\r\n");
    EXPECT_LT(proxy.connections().at(0).chunks.size(), slow.chunks.size() + 10);
}

TEST_F(live_proxy, cuts_after_a_number_of_bytes) {
    const nats_server server;
    tcp_proxy proxy(server.port());
    raw_client client(proxy.port());
    client.subscribe("a");
    client.flush();
    proxy.cut_after(proxy_direction::to_client, 5);
    client.publish("a", "through");
    EXPECT_TRUE(client.wait_for_close());
    EXPECT_TRUE(proxy.connections().at(0).bytes(proxy_direction::to_client).ends_with("PONG\r\nMSG a"));
    raw_client second(proxy.port());
    proxy.cut_after(proxy_direction::to_target, 0);
    EXPECT_NO_THROW(raw_client(server.port()).flush());
    EXPECT_EQ(proxy.open_connections(), 1u);
    second.send("PING\r\n");
    EXPECT_TRUE(second.wait_for_close());
    EXPECT_FALSE(proxy.wait_for(proxy_direction::to_target, "PING\r\nPING\r\n", 0ms));
    EXPECT_NO_THROW(raw_client(proxy.port()));
}

TEST(tcp_proxy, ends_a_connection_when_nobody_listens_behind_it) {
    const std::uint16_t dead = free_port();
    const tcp_proxy proxy(dead);
    EXPECT_THROW(raw_client(proxy.port()), std::runtime_error);
}

}  // namespace
}  // namespace mote::test
