#pragma once

#include <apps/mote/commands.hpp>
#include <apps/mote/function_node.hpp>
#include <apps/mote/gateway_server.hpp>
#include <apps/mote/local_server.hpp>
#include <apps/mote/loop.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace mote::command {

/// All of mote on one machine: nats-server as a child, and in this process a node and the gateway, unless only the server is
/// asked for. Everything that is to be kept is in the server's directory.
class platform {
public:
    /// Returns when all of it serves. What ends by itself later ends `running`. Throws `failure`.
    static boost::asio::awaitable<std::unique_ptr<platform>> start(loop* running, up_command chosen, std::string name);
    platform(const platform&) = delete;
    platform& operator=(const platform&) = delete;

    const local_server& server() const noexcept { return *server_; }
    const nats::connection& connection() const noexcept { return connection_; }
    const gateway_server* gateway() const noexcept { return gateway_.get(); }  ///< null: only the server

    /// What runs here, where, and where the password is, in lines for a person.
    std::string greeting() const;
    /// Lets what is in flight end, and ends everything but the server, which ends with this object.
    boost::asio::awaitable<void> stop();

private:
    explicit platform(up_command chosen) : chosen_(std::move(chosen)) {}
    boost::asio::awaitable<void> start_functions(std::string name);

    up_command chosen_;
    std::unique_ptr<local_server> server_;
    nats::connection connection_;
    nats::connection node_connection_;
    std::unique_ptr<function_node> node_;
    std::unique_ptr<gateway_server> gateway_;
};

}  // namespace mote::command
