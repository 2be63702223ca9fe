#pragma once

#include <mote/testing/server.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::testing {

/// What a cluster is told. Its servers ask for no login: the cluster itself asks them whether they are ready.
struct cluster_options {
    std::size_t size = 3;                       ///< servers, at least 1
    bool jetstream = true;                      ///< each with a store of its own
    std::string name = "cluster";               ///< of the cluster, without blanks; its servers are NAME-0, NAME-1, ...
    std::string config{};                       ///< more lines for each; not `cluster`, `http` nor `server_name`
    std::filesystem::path binary{};             ///< empty: `find_server`
    std::vector<std::string> config_of_each{};  ///< more lines for single ones, in their order; the rest get none
};

/// Real nats-servers with routes between them, on free ports of 127.0.0.1, each as a `server`: they end with this object and
/// with this process, and their directories go with this object.
///
///     mote::testing::cluster cluster;
///     mote::nats::options opts;
///     opts.servers = cluster.urls();
///     ...
///     cluster.kill(1);
///     cluster.restart(1);
///
/// Calls block, at most for the times that they name. Not thread-safe.
class cluster {
public:
    /// Starts it, and waits as `wait_until_ready`, a minute at most. Throws `std::runtime_error` otherwise, with the logs.
    explicit cluster(cluster_options options = {});
    ~cluster();
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    std::size_t size() const noexcept;
    /// Throws `std::out_of_range`.
    server& at(std::size_t index);
    const server& at(std::size_t index) const;
    /// Of all its servers, in order, whether they run or not.
    std::vector<std::string> urls() const;
    /// What a server calls itself, as JetStream names the leader of a stream. Throws `std::out_of_range`.
    std::string server_name(std::size_t index) const;
    /// The server with that name; nothing when there is none.
    std::optional<std::size_t> find(std::string_view server_name) const;

    /// SIGKILL, and waits for the end.
    void kill(std::size_t index);
    /// SIGTERM, and waits for the end (SIGKILL after 10 s).
    void stop(std::size_t index);
    /// Starts it again on the same ports with the same store; stops it first when it runs. It takes clients then; that the
    /// others know it again is `wait_until_ready`.
    void restart(std::size_t index);
    /// Waits until each server that runs has a route to all others that run; with JetStream, until each also knows the leader
    /// of the whole and has caught up with it, and, when all run, a stream with a replica on each of them (five at most)
    /// could be made. A stream that was there before may still look for its own leader then. False when the time is over.
    bool wait_until_ready(std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace mote::testing
