#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace mote::testing {

/// What a server is told in its configuration file.
struct server_options {
    bool jetstream = true;   ///< with its store under `server::store_dir`
    std::uint16_t port = 0;  ///< 0: a free one
    std::string user{};      ///< with `password`; empty: nobody has to log in
    std::string password{};
    std::string token{};             ///< instead of user and password
    std::string name{};              ///< server_name; empty: the server makes one up
    std::size_t max_payload = 0;     ///< bytes; 0: the server's own default, 1 MiB
    std::string config{};            ///< more lines; not `log_file`: what the server logs is read from its stderr
    std::filesystem::path binary{};  ///< empty: `find_server`
};

/// The program nats-server: what `MOTE_TEST_NATS_SERVER` names, else `nats-server` in PATH, /usr/local/bin, /usr/sbin or
/// /usr/bin. Nothing when it is not there.
std::optional<std::filesystem::path> find_server();

/// A real nats-server of a test's own, on 127.0.0.1, with a directory of its own. It ends with this object, and when this
/// process ends, however that ends; its directory goes with this object.
///
///     mote::testing::server server;
///     mote::nats::options opts;
///     opts.servers = {server.url()};
///
/// Calls block, at most for the times that they name. Not thread-safe.
class server {
public:
    /// Starts it and waits (10 s at most) until it accepts clients. Throws `std::runtime_error` otherwise: there is no such
    /// program, or it did not start, with its configuration and its log.
    explicit server(server_options options = {});
    /// SIGTERM, then SIGKILL after 5 s.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    std::uint16_t port() const noexcept;
    /// `nats://127.0.0.1:PORT`
    std::string url() const;
    /// The same with user and password, or token, in it.
    std::string url_with_login() const;
    pid_t pid() const;
    bool running() const;
    const std::filesystem::path& store_dir() const noexcept;

    /// SIGTERM, and waits for the end (SIGKILL after 10 s).
    void stop();
    /// SIGKILL, and waits for the end.
    void kill();
    /// Starts it again on the same port with the same store; stops it first when it runs. Throws as the constructor.
    void restart();
    /// Tells it to send its clients away and then end (SIGUSR2). It waits for `lame_duck_grace_period` (10 s unless
    /// `config` says less) first; use `wait_for_end`.
    void lame_duck();
    /// False when it still runs after `timeout`.
    bool wait_for_end(std::chrono::milliseconds timeout = std::chrono::seconds(30));

    /// All that it logged, over all restarts.
    std::string log() const;
    /// Waits until its log since the last start has `text`. False when the time is over, or it ended without.
    bool wait_for_log(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace mote::testing
