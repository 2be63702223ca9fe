#pragma once

#include <mote/node/detail/http_upstream.hpp>
#include <mote/node/detail/process_replica.hpp>
#include <mote/node/detail/socket_directory.hpp>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::node::detail {

/// A process that listens for HTTP: on `$PORT`, or where its `upstream_url` says.
class http_replica final : public process_replica {
public:
    using process_replica::process_replica;

    boost::asio::awaitable<void> start() override;
    boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) override;
    boost::asio::awaitable<void> stop() override;

private:
    void on_process_end() override;
    boost::asio::awaitable<void> take_port(std::uint16_t wanted, std::chrono::steady_clock::time_point until);
    void open_upstream(const upstream_address& where);
    boost::asio::awaitable<void> until_it_listens(upstream_address where, std::chrono::steady_clock::time_point until);
    boost::asio::awaitable<void> until_it_is_ready(std::chrono::steady_clock::time_point until);
    boost::asio::awaitable<bool> is_ready(std::chrono::steady_clock::time_point until);
    static boost::asio::awaitable<void> watch_health(std::shared_ptr<http_replica> self);
    boost::asio::awaitable<std::string> look_at_health();
    boost::asio::awaitable<void> pass_on_pieces(std::shared_ptr<function_call> call, upstream_request asked);
    boost::asio::awaitable<void> answer(std::shared_ptr<function_call> call, upstream_head head,
                                        std::shared_ptr<http_exchange> rest, std::string first);
    upstream_address share_socket(sandbox_extras& extras);

    std::optional<port_table::lease> port_;
    std::optional<socket_directory> sockets_;
    std::shared_ptr<http_upstream> upstream_;
    std::shared_ptr<http_upstream> doctor_;  // a connection of its own: it does not wait behind calls
    std::optional<boost::asio::steady_timer> next_look_;
    bool has_gone_ = false;  // its process has ended, or is about to
};

}  // namespace mote::node::detail
