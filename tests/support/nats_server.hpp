#pragma once

#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mote::test {

/// What a server is told in its configuration file.
struct nats_server_options {
    bool jetstream = true;   // with its store under `store_dir()`
    std::uint16_t port = 0;  // 0: a free one
    std::string user;        // with `password`; empty: nobody has to log in
    std::string password;
    std::string token;             // instead of user and password
    std::string name;              // server_name; empty: the server makes one up
    std::size_t max_payload = 0;   // bytes; 0: the server's own default, 1 MiB
    std::string config;            // more lines; not `log_file`: what the server logs is read from its stderr
    std::filesystem::path binary;  // empty: `find_nats_server()`
};

/// The server's program: MOTE_TEST_NATS_SERVER, else `nats-server` as `find_program` finds it.
std::optional<std::filesystem::path> find_nats_server();

/// For SetUp: skips the test when there is no nats-server, or fails it when CI is set. False then.
bool require_nats_server();

/// A real nats-server on 127.0.0.1 with a directory of its own, ended and removed with this object. Not thread-safe.
class nats_server {
public:
    /// Starts it and waits (10 s at most) until it accepts clients. Throws `std::runtime_error` with its log otherwise.
    explicit nats_server(nats_server_options options = {});
    ~nats_server();
    nats_server(const nats_server&) = delete;
    nats_server& operator=(const nats_server&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    /// `nats://127.0.0.1:PORT`
    std::string url() const;
    /// The same with user and password, or token, in it.
    std::string url_with_login() const;
    pid_t pid() const;
    bool running() const;
    const std::filesystem::path& store_dir() const noexcept { return store_dir_; }

    /// SIGTERM, and waits for the end.
    void stop();
    /// SIGKILL, and waits for the end.
    void kill();
    /// Starts it again on the same port with the same store; stops it first when it runs.
    void restart();
    /// Tells it to send its clients away and then end (SIGUSR2). It waits for `lame_duck_grace_period` (10 s unless
    /// `config` says less) first; use `wait_for_end`.
    void lame_duck();
    /// False when it still runs after `timeout`.
    bool wait_for_end(std::chrono::milliseconds timeout = std::chrono::seconds(30));

    /// All that it logged, over all restarts.
    std::string log() const;
    bool wait_for_log(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

private:
    enum class start_result { ready, port_taken };
    void start_on_a_free_port();
    start_result try_start(std::chrono::milliseconds time_left);
    std::string config_text() const;
    [[noreturn]] void throw_port_taken() const;
    void keep_log();

    nats_server_options options_;
    std::filesystem::path binary_;
    temp_dir directory_;
    std::filesystem::path store_dir_;
    std::uint16_t port_ = 0;
    std::string earlier_log_;
    std::unique_ptr<process> process_;
};

}  // namespace mote::test
