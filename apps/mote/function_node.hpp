#pragma once

#include <apps/mote/state_directory.hpp>

#include <mote/nats/connection.hpp>
#include <mote/node/node.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mote::command {

struct node_settings {
    std::string directory{};            ///< empty: `node` in the state directory
    std::string id{};                   ///< empty: the one that the directory keeps
    std::vector<std::string> labels{};  ///< NAME=VALUE
    bool sandbox = true;
    std::string login_seed{};     ///< a file; empty: functions of mode `micro` get no login
    std::string login_account{};  ///< where that is the seed of a signing key
};

/// A node in this process, whose directory no other one uses at the same time.
class function_node {
public:
    /// Returns when it serves all functions. Throws `failure`.
    static boost::asio::awaitable<std::unique_ptr<function_node>> start(nats::connection connection,
                                                                        node_settings settings);

    const std::string& id() const noexcept { return node_.id(); }
    const std::filesystem::path& directory() const noexcept { return directory_.path(); }
    /// Takes no more calls, and returns when those in flight and all processes have ended, at the latest after `patience` and
    /// the grace of the processes.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience) { return node_.stop(patience); }

private:
    function_node(const nats::connection& connection, const node_settings& settings,
                  const std::filesystem::path& directory);

    state_directory directory_;
    node::node node_;
};

}  // namespace mote::command
