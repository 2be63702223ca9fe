#include <mote/node/detail/port_table.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

TEST(port_table, gives_no_port_twice) {
    port_table ports;
    std::vector<port_table::lease> leases;
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 200; ++i) {
        leases.push_back(ports.take());
        EXPECT_TRUE(seen.insert(leases.back().port()).second);
        EXPECT_FALSE(ports.try_take(leases.back().port()));
    }
}

TEST(port_table, gives_a_port_again_that_was_left) {
    port_table ports;
    std::uint16_t port = 0;
    {
        const auto first = ports.take();
        port = first.port();
    }
    const auto again = ports.try_take(port);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->port(), port);
}

TEST(port_table, gives_no_port_that_somebody_else_listens_on) {
    asio::io_context loop;
    asio::ip::tcp::acceptor other(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port_table ports;
    EXPECT_FALSE(ports.try_take(other.local_endpoint().port()));
}

}  // namespace
}  // namespace mote::node::detail
