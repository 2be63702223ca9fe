#pragma once

#include <mote/node/detail/process_replica.hpp>

namespace mote::node::detail {

/// A process that is itself a NATS micro service, in any language: it is told where to connect and which subject to serve
/// (`NATS_URL`, `MOTE_FUNCTION_SUBJECT`, `MOTE_FUNCTION_QUEUE`). Calls reach it without the node.
class micro_replica final : public process_replica {
public:
    using process_replica::process_replica;

    boost::asio::awaitable<void> start() override;
    /// Of the calls that came before it was there: passes one on.
    boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) override;

private:
    boost::asio::awaitable<bool> is_served();
};

}  // namespace mote::node::detail
