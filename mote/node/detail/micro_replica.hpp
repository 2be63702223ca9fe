#pragma once

#include <mote/micro/info.hpp>
#include <mote/node/detail/process_replica.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mote::node::detail {

/// A process that is itself a NATS micro service, in any language: it is told where to connect and which subject to serve
/// (`NATS_URL`, `MOTE_FUNCTION_SUBJECT`, `MOTE_FUNCTION_QUEUE`). It takes calls when discovery finds it: by the metadata
/// `function.instance`, where it says there what `MOTE_FUNCTION_INSTANCE` is, else as a service that was not there before,
/// and is no other process of this node. Calls reach it without the node.
class micro_replica final : public process_replica {
public:
    using process_replica::process_replica;
    ~micro_replica() override { parts().claimed_services.erase(service_id_); }

    boost::asio::awaitable<void> start() override;
    /// Of the calls that came before it was there: passes one on.
    boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) override;
    boost::asio::awaitable<std::optional<served_calls>> ask_calls() override;
    void let_go() noexcept override { ask_to_end(); }
    bool drains() const noexcept override { return !has_ended(); }

private:
    /// The services that have an endpoint on the function's subject, but for those of nodes.
    boost::asio::awaitable<std::vector<micro::service_info>> serving();
    bool find_itself(const std::vector<micro::service_info>& now);
    void log_in(std::vector<std::pair<std::string, std::string>>& more, sandbox_extras& extras) const;

    std::set<std::string> before_;  // ids of services that served it before this process began
    std::string service_name_, service_id_;
    std::uint64_t counted_ = 0;  // calls that were told
};

}  // namespace mote::node::detail
