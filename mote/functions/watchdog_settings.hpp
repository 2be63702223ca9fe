#pragma once

#include <mote/functions/description.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// Variables of a function by name: those of its bundle, under those of its deployment, and `fprocess`.
using variables = text_map;

/// How a function's process is run and asked. All but `micro` as the watchdogs of OpenFaaS do it.
enum class run_mode {
    classic,       ///< one process a request, as the classic watchdog: the whole output is the answer
    serializing,   ///< one process a request, as of-watchdog: body and output whole, an exit code is a 500
    streaming,     ///< one process a request: both ways as it comes, always a 200 once started
    http,          ///< one process that listens
    static_files,  ///< no process: the files under `static_path`
    micro          ///< one process that is itself a NATS micro service
};

/// The word that `mode` has for it: `classic`, `serializing`, `streaming`, `http`, `static`, `micro`.
std::string_view to_string(run_mode mode) noexcept;

/// Where a process listens on this machine.
struct upstream_address {
    std::uint16_t port = 0;   // of 127.0.0.1; 0 with a `unix_path`
    std::string unix_path{};  // absolute; empty with a port
    std::string base_path{};  // goes before each target; empty, or begins with `/` and does not end with it

    bool operator==(const upstream_address&) const = default;
};

/// What a function's variables say about how it is run. Durations of zero are off.
///
/// A command line is split at white space and nowhere else: quotes and backslashes are letters of an argument, as in the
/// watchdogs. Who needs a shell's rules runs a script.
///
/// Known, and without effect here:
/// - `port`, `metrics_port`: no watchdog listens; the gateway does, and the node measures
/// - `suppress_lock`: there is no lock file
/// - `read_timeout`, `write_timeout`, `healthcheck_interval`: the call's own deadline and `exec_timeout` bound it, and
///   `node_options::stop_grace` the end of a process; they are read, as one that is wrong keeps a watchdog from starting, too
/// - `debug_headers`: headers may hold secrets and are not logged
/// - `jwt_auth_debug`, `jwt_auth_local`: of `jwt_auth`
/// - variables that are not named here are the function's own
/// Refused, because without it the function would do another thing: `jwt_auth` and `marshal_request` where they are true,
/// the modes `inproc` and `afterburn`.
struct watchdog_settings {
    run_mode mode = run_mode::streaming;
    std::vector<std::string> command{};  // `fprocess`, or `function_process` over it; empty only with `static_files`

    std::optional<upstream_address> upstream{};  // `upstream_url`, `http_upstream_url` over it; none: the node chooses
    std::chrono::nanoseconds read_timeout = std::chrono::seconds(30);   // without effect
    std::chrono::nanoseconds write_timeout = std::chrono::seconds(30);  // without effect; never zero
    std::chrono::nanoseconds exec_timeout = std::chrono::seconds(30);   // of one run; off with `classic` where not said
    std::chrono::nanoseconds healthcheck_interval =
        std::chrono::seconds(30);            // without effect; write_timeout where not said
    std::size_t max_inflight = 0;            // requests at once, more are a 429; 0: no bound
    std::string content_type{};              // of the answers of fork modes; empty (`classic`): the request's own
    bool combine_output = true;              // `classic`: stderr goes into the answer
    bool cgi_headers = true;                 // `Http_...` variables for fork modes
    bool prefix_logs = true;                 // time and stream before each line of the log
    std::ptrdiff_t log_buffer_size = 65536;  // bytes of a line of the log; -1: no bound of its own
    bool log_callid = false;                 // `http`: a line for each answer, with the id; also as `log_call_id`
    bool buffer_request = false;             // `http_buffer_req_body` or `buffer_http`: a length for those who need one
    std::string ready_path{};                // empty: ready as soon as it listens; else begins with `/`
    bool suppress_lock = false;              // without effect
    bool write_debug = false;  // `classic`: the output goes into the log, too; `http`: a line for each answer
    std::string static_path = "/home/app/public";
};

/// Reads them. `without_mode` is the mode of a function whose variables have no `mode`, which its bundle decides; a variable
/// that is there and empty is not there. Throws `errc::bad_setting` with the variable, its value and what is
/// wanted, for the first that cannot be read or is missing.
watchdog_settings read_watchdog_settings(const variables& from, run_mode without_mode = run_mode::streaming);
/// The same of variables that others may be added to, such as those of a deployment over those of its bundle: throws for what is
/// wrong in them, and not for what is missing.
void check_watchdog_settings(const variables& from);

/// Whole seconds (`30`) or a duration of Go (`1m30s`, `250ms`); nothing for other text, also for a negative one.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text);

/// `8080`, `127.0.0.1:8080`, `localhost:8080`, each also behind `http://` and with a path, or `unix:/path/of/socket`.
/// Nothing for other text: a process of a function is on this machine.
std::optional<upstream_address> parse_upstream_address(std::string_view text);

}  // namespace mote::functions
