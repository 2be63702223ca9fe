#pragma once

#include <apps/mote/child.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/local_login.hpp>
#include <apps/mote/state_directory.hpp>

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mote::command {

/// The program nats-server: in PATH, else in /usr/sbin or /usr/local/bin.
std::optional<std::filesystem::path> find_nats_server();

/// A nats-server with JetStream that listens on 127.0.0.1 only, as a child of this process. It ends with this object, and
/// when this process ends, however that ends. Data, configuration and log are in the directory.
class local_server {
public:
    /// Starts it on `port`, or on one of the next that is free, and returns when it serves clients. `directory`: empty for
    /// `default_state_directory()`. It asks for a login when `with_login` says so, and always on a directory where it did before.
    /// `domain`: that of its JetStream, which is found without it, too. Throws `failure`.
    static boost::asio::awaitable<std::unique_ptr<local_server>> start(std::string directory, std::uint16_t port,
                                                                       bool with_login = false,
                                                                       std::string domain = std::string());

    std::uint16_t port() const noexcept { return port_; }
    /// `nats://127.0.0.1:4222`
    std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
    const std::filesystem::path& directory() const noexcept { return directory_.path(); }
    std::filesystem::path log() const { return directory() / "nats-server.log"; }
    /// Nothing: whoever reaches it may do everything.
    const std::optional<local_login>& login() const noexcept { return login_; }
    boost::asio::awaitable<nats::connection> connect(std::string name) const;
    /// Called on the executor, with what to throw, when the server ends before this object does.
    void when_ended(std::function<void(std::exception_ptr)> handler);

private:
    local_server(const std::filesystem::path& directory, bool with_login, std::string domain);
    boost::asio::awaitable<bool> try_start(std::filesystem::path program, std::uint16_t port);
    boost::asio::awaitable<void> wait_until_ready();
    void write_configuration(std::uint16_t port) const;
    void remove_port_files() const;
    std::optional<std::uint16_t> announced_port() const;
    failure not_ready() const;
    std::string last_words() const;

    state_directory directory_;  // locked for longer than the server lives
    std::optional<local_login> login_;
    std::string domain_;
    std::uint16_t port_ = 0;
    std::unique_ptr<child> process_;
};

}  // namespace mote::command
