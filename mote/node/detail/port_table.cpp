#include <mote/node/detail/port_table.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// The port that a listener could have now; 0 when that is none.
std::uint16_t could_listen(std::uint16_t port, boost::system::error_code& failed) {
    asio::io_context context;
    tcp::acceptor acceptor(context);
    acceptor.open(tcp::v4(), failed);
    // One that has just ended may have left connections, which do not matter.
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), port), failed);
    const auto bound = failed ? tcp::endpoint() : acceptor.local_endpoint(failed);
    return failed ? 0 : bound.port();
}

}  // namespace

port_table::lease port_table::take() {
    for (;;) {
        boost::system::error_code failed;
        const auto port = could_listen(0, failed);
        if (failed) throw boost::system::system_error(failed);
        if (taken_->insert(port).second) return {taken_, port};
    }
}

std::optional<port_table::lease> port_table::try_take(std::uint16_t port) {
    boost::system::error_code failed;
    if (taken_->contains(port) || could_listen(port, failed) == 0) return std::nullopt;
    taken_->insert(port);
    return lease(taken_, port);
}

}  // namespace mote::node::detail
