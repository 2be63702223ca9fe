#pragma once

#include <mote/node/detail/replica.hpp>
#include <mote/process/child.hpp>
#include <mote/process/control_group.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::node::detail {

/// A replica that is one process, which lives as long as the replica does: its start, its output, its end.
class process_replica : public replica {
public:
    using replica::replica;

    boost::asio::awaitable<void> stop() override;
    void kill() noexcept override;
    replica_usage usage() const override;

protected:
    /// Starts the function's command with `more` variables.
    void start_process(std::vector<std::pair<std::string, std::string>> more,
                       const sandbox_extras& extras = sandbox_extras());
    /// Whether the port on which somebody listens is its process's, or of one that it started; true where the machine does not tell.
    bool has_port(std::uint16_t port) const;
    bool has_ended() const noexcept { return process_->status().has_value(); }
    /// Tells it to end, and waits for nothing.
    void ask_to_end() noexcept;
    /// How it ended, once it has: "its process exited with code 1".
    std::string how_it_ended() const;
    /// Its process has ended, or is about to be told to.
    virtual void on_process_end() {}

private:
    static boost::asio::awaitable<void> watch(std::shared_ptr<process_replica> self);
    static boost::asio::awaitable<void> read_output(std::shared_ptr<process_replica> self,
                                                    boost::asio::posix::stream_descriptor* from,
                                                    std::string_view label);

    std::optional<process::control_group> group_;
    std::optional<process::child> process_;
    bool stopping_ = false;
};

/// What a group uses, for a replica that may not have one yet.
replica_usage usage_of(const std::optional<process::control_group>& group);

}  // namespace mote::node::detail
