#pragma once

#include <mote/functions/description.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::node {

namespace detail {
class node_core;
}

struct node_options {
    /// Which node it is, for the machine's whole life: at most 44 letters, digits, `-`. Empty: one that is kept in `directory`.
    std::string id{};
    functions::text_map labels{};  ///< what constraints of functions may ask for, besides `node.id` and its like
    std::filesystem::path
        directory{};  ///< of this node alone: its id, the sealing key, unpacked bundles; made if need be
    /// A program and its arguments that does nothing but `process::run_spawn_server(0)`; empty: fork mode has no sandbox.
    std::vector<std::string> spawn_server{};
    /// A program and its arguments, behind which a last one is put: it does nothing but `run_guard` with that. Started where there
    /// is no sandbox but control groups; empty: there what a function left in another session outlives a node that is killed.
    std::vector<std::string> guard{};
    /// A program that answers HTTP on `$PORT` with the body it got, for `functions/http-echo`.
    std::vector<std::string> http_echo{};
    bool sandbox = true;     ///< where bubblewrap works here; false: functions see what this user sees
    std::string nats_url{};  ///< where a function that speaks NATS itself (mode `micro`) connects to
    /// A file with the seed of the NKey of its account, or of a signing key of that: each process of mode `micro` then gets a
    /// login of its own, good for its function alone. Empty: it gets none.
    std::filesystem::path login_seed{};
    std::string login_account{};  ///< the account's public key, where the seed is that of a signing key

    std::chrono::milliseconds start_timeout{20'000};  ///< of a process, from its start until it takes calls
    std::chrono::milliseconds stop_grace{
        10'000};                     ///< for a process to finish its calls, and then to end, before SIGKILL
    std::size_t max_waiting = 1000;  ///< calls of one function that wait for a process; past it: 429
    std::size_t max_body =
        16 * 1024 * 1024;  ///< bytes of a body that has to be whole in memory (`serializing`, `classic`)

    bool run_async = true;  ///< calls that wait in the queue are run here, too
    /// How soon queued calls of a node that was killed are run by another one, and those of which no notice came; see
    /// functions::async_worker_options.
    std::chrono::nanoseconds ack_wait{std::chrono::seconds(30)};
    /// How often one of the nodes looks for bundles to delete: those that no name and no function has meant since the look
    /// before, and that were pushed longer than `keep_bundles` ago. Zero: this one never does.
    std::chrono::nanoseconds prune_every{std::chrono::hours(1)};
    std::chrono::seconds keep_bundles{std::chrono::hours(24)};

    std::function<void(std::string_view)> on_note{};  ///< what happens, a line each, for a person
};

/// Whether a text may be `node_options::id`.
bool is_node_id(std::string_view text) noexcept;
/// Whether it may be one of `node_options::labels`: as functions::is_node_label says, and `node.` is ours.
bool is_own_label(std::string_view name, std::string_view value) noexcept;

/// Runs the functions of the bucket `mote_functions` on this machine, and serves each on NATS as a micro service with one
/// endpoint on `fn.<namespace>.<name>`, queue group `fn`. A function without a process gets one with its first call.
///
///     mote::node::node here(connection, opts);
///     co_await here.start();
///     ...
///     co_await here.stop(std::chrono::seconds(30));
///
/// All members on the connection's executor, which is run by one thread, that which made it.
class node {
public:
    node(nats::connection connection, node_options opts);
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    /// Kills all processes. `stop` first lets them finish.
    ~node();

    /// Returns when all functions are served. Throws `boost::system::system_error` where JetStream or the directory cannot
    /// be used, another node has the directory, or another node's secrets are sealed for another key;
    /// `functions::errc::bad_setting` for an id that is none.
    boost::asio::awaitable<void> start();
    /// Takes no more calls, lets those in flight end, ends all processes and says so in `mote_nodes`.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    const std::string& id() const noexcept;

private:
    std::shared_ptr<detail::node_core> core_;
};

}  // namespace mote::node
