#pragma once

#include <apps/mote/listen_address.hpp>

#include <mote/gateway/front.hpp>
#include <mote/http/server.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

struct gateway_settings {
    listen_address listen{.address = "127.0.0.1", .port = 8080};
    std::optional<listen_address> system{};   ///< the only one that answers `/system`; nothing: `listen` does
    std::optional<listen_address> operate{};  ///< for `/metrics`; nothing: not served
    std::uint16_t more_ports = 0;             ///< how many above a port that is taken are tried
    std::string credentials{};                ///< the directory of the files; empty: in the state directory
    bool login = true;                        ///< false: whoever reaches the port may do everything
    bool protect_functions = false;
    std::string certificate{}, key{};  ///< files; with them HTTPS, of `listen` and `system`
    std::vector<std::string> origins{};
    std::string access_log{}, audit_log{};  ///< files, `-` for standard output; empty: none
    std::vector<std::string> expose{};
    std::vector<std::string> callbacks{};  ///< words of functions::callback_rules; empty: the usual
    std::chrono::nanoseconds timeout{std::chrono::seconds(60)};  ///< of a request
    // As http::server_options, of each listener for requests. Room for ten thousand slow clients and others, and fewer requests
    // than connections: HTTP/1.1 has one at a time on each, and who is past the bound is to be told.
    std::size_t max_connections = 12'000;
    std::size_t max_in_flight = 11'000;
    std::size_t max_head = 8192;  ///< bytes
    std::chrono::nanoseconds head_timeout{std::chrono::seconds(10)};
    std::chrono::nanoseconds body_timeout{std::chrono::seconds(30)};
};

/// A file descriptor of a log, closed with it.
class log_file {
public:
    /// Opened so that lines come to its end, made for its owner only; `-`: standard output. Throws `failure`.
    explicit log_file(const std::string& name);
    log_file(const log_file&) = delete;
    log_file& operator=(const log_file&) = delete;
    ~log_file();

    gateway::log_sink sink() const;  ///< empty without a name

private:
    int descriptor_ = -1;
};

/// The gateway in this process: gateway::front behind its listeners.
class gateway_server {
public:
    /// Returns when it answers. Makes the credentials where they are missing. Throws `failure`, and
    /// `boost::system::system_error` with the address or the file.
    static boost::asio::awaitable<std::unique_ptr<gateway_server>> start(nats::connection connection,
                                                                         gateway_settings settings);
    gateway_server(const gateway_server&) = delete;
    gateway_server& operator=(const gateway_server&) = delete;

    std::string url() const;
    std::string system_url() const;                  ///< where `/system` is: `url`, or another one
    std::optional<std::string> operate_url() const;  ///< of the listener with `/metrics`
    std::uint16_t port() const noexcept { return server_->port(); }
    /// Where the files with the login are; empty: there is none.
    const std::filesystem::path& credentials() const noexcept { return credentials_; }

    /// Takes no more requests, and returns when all in flight are answered, at the latest after `patience`.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

private:
    gateway_server(const nats::connection& connection, gateway_settings settings);
    void listen(const boost::asio::any_io_executor& executor);
    void listen_for_system(const boost::asio::any_io_executor& executor);
    std::string url_at(const listen_address& listen, const http::server& server) const;

    gateway_settings settings_;
    std::filesystem::path credentials_;
    log_file access_log_;
    log_file audit_log_;
    gateway::front front_;
    std::unique_ptr<http::server> server_;
    std::unique_ptr<http::server> system_;  // null: `server_` answers that, too
    std::unique_ptr<http::server> operate_;
};

}  // namespace mote::command
