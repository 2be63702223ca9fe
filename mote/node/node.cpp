#include <mote/node/node.hpp>

#include <mote/node/detail/node_core.hpp>

namespace mote::node {

namespace asio = boost::asio;

node::node(nats::connection connection, node_options opts)
    : core_(std::make_shared<detail::node_core>(std::move(connection), std::move(opts))) {}

node::~node() { core_->abandon(); }

asio::awaitable<void> node::start() { return core_->start(); }
asio::awaitable<void> node::stop(std::chrono::nanoseconds patience) { return core_->stop(patience); }
const std::string& node::id() const noexcept { return core_->id(); }

}  // namespace mote::node
