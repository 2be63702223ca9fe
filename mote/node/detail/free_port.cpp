#include <mote/node/detail/free_port.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace mote::node::detail {

std::uint16_t free_port() {
    boost::asio::io_context context;
    const boost::asio::ip::tcp::endpoint loopback(boost::asio::ip::address_v4::loopback(), 0);
    boost::asio::ip::tcp::acceptor acceptor(context, loopback);
    return acceptor.local_endpoint().port();
}

}  // namespace mote::node::detail
