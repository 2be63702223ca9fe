#pragma once

#include <mote/node/detail/replica.hpp>
#include <mote/process/control_group.hpp>
#include <mote/process/spawner.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mote::node::detail {

/// Starts a process for each call, with the body on stdin: what the watchdogs do in their modes classic, serializing and
/// streaming. Its own process, where there is a sandbox, is the spawn server inside.
class fork_replica final : public replica {
public:
    using replica::replica;

    boost::asio::awaitable<void> start() override;
    boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) override;
    boost::asio::awaitable<void> stop() override;
    void kill() noexcept override;
    replica_usage usage() const override;

private:
    static boost::asio::awaitable<void> watch(std::shared_ptr<fork_replica> self);
    boost::asio::awaitable<process::child> spawn(const function_call& call);
    void note_no_room();
    std::string note_memory(const process::exit_status& how);

    std::optional<process::control_group> group_;
    std::optional<process::spawner> spawner_;
    std::optional<std::chrono::steady_clock::time_point> full_since_;  // no process could be started from then on
    std::uint64_t out_of_memory_ = 0;  // processes that were killed for want of it, as far as they were looked at
    bool stopping_ = false;
};

}  // namespace mote::node::detail
