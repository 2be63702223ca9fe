#pragma once

#include <apps/mote/dev/commands.hpp>
#include <apps/mote/dev/file_tail.hpp>
#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/local_server.hpp>
#include <apps/mote/loop.hpp>

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// The NATS server that a project is developed with: the one that is chosen, if it is there, else one of our own at its
/// address. Where it goes away, and the address is of this machine, one of our own takes its place.
class dev_server {
public:
    /// Returns when it serves. Throws `failure`. `running` and `log` have to outlive it.
    static boost::asio::awaitable<std::unique_ptr<dev_server>> open(loop* running, server_choice chosen,
                                                                    std::string data, log_stream* log);
    dev_server(const dev_server&) = delete;
    dev_server& operator=(const dev_server&) = delete;
    ~dev_server();

    const nats::connection& connection() const noexcept { return connection_; }
    const std::string& url() const noexcept { return url_; }  ///< without a login
    bool own() const noexcept { return server_ != nullptr; }
    /// What makes a program go to the same server with the same login: `NATS_URL` and others.
    std::vector<std::pair<std::string, std::string>> environment() const;

private:
    dev_server(loop* running, server_choice chosen, std::string data, log_stream* log);
    boost::asio::awaitable<void> find_or_start();
    boost::asio::awaitable<void> start_own(std::uint16_t port);
    boost::asio::awaitable<void> connect();
    void write_context();
    static boost::asio::awaitable<void> keep(std::shared_ptr<dev_server*> self);
    boost::asio::awaitable<void> revive();
    void take_log_line(std::string_view line);
    void take_event(const nats::connection_event& event);

    loop* running_;
    server_choice chosen_;
    std::string data_;
    log_stream* log_;
    std::string url_;
    std::string servers_;                  // for NATS_URL
    std::string creds_;                    // for NATS_CREDS, of one of our own that asks for a login
    std::string context_;                  // for NATS_CONTEXT, likewise
    std::optional<std::uint16_t> port_{};  // where one of our own may be
    bool server_is_up_ = false;            // as its log says
    bool keeping_ = false;
    std::unique_ptr<local_server> server_;
    std::unique_ptr<file_tail> server_log_;
    nats::connection connection_;
    std::shared_ptr<dev_server*> self_;  // null once this is gone
};

/// The port of a single address of this machine without TLS, such as `nats://localhost:4222`; nothing for others.
std::optional<std::uint16_t> local_port_of(const std::vector<std::string>& servers);

}  // namespace mote::command
