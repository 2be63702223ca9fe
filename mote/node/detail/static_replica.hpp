#pragma once

#include <mote/node/detail/replica.hpp>
#include <mote/node/detail/static_files.hpp>

#include <optional>
#include <string>

namespace mote::node::detail {

/// Shows the files of a bundle's directory, without any process: of-watchdog's mode static. The node itself reads them, 64
/// KiB at a time and no faster than the caller takes them.
class static_replica final : public replica {
public:
    using replica::replica;

    boost::asio::awaitable<void> start() override;
    boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) override;
    boost::asio::awaitable<void> stop() override;
    void kill() noexcept override {}
    replica_usage usage() const override { return {}; }

private:
    boost::asio::awaitable<void> send(std::shared_ptr<function_call> call, static_files::found file) const;

    std::optional<static_files> files_;
    std::string tag_;  // of all files: another deployment has other ones
};

}  // namespace mote::node::detail
