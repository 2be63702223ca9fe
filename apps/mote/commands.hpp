#pragma once

#include <apps/mote/ask/commands.hpp>
#include <apps/mote/context/commands.hpp>
#include <apps/mote/create/commands.hpp>
#include <apps/mote/data/commands.hpp>
#include <apps/mote/dev/commands.hpp>
#include <apps/mote/doctor/commands.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/function_commands.hpp>
#include <apps/mote/function_node.hpp>
#include <apps/mote/gateway_server.hpp>
#include <apps/mote/listen_address.hpp>
#include <apps/mote/look/commands.hpp>
#include <apps/mote/lookup.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/shell/commands.hpp>
#include <apps/mote/terminal.hpp>

#include <mote/micro/dead_letters.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mote::command {

/// `mote up`: a NATS server with JetStream, a node and the gateway on this machine, until it is interrupted.
struct up_command {
    std::string directory{};         ///< empty: the usual one, see state_directory.hpp
    std::uint16_t port = 4222;       ///< or the next free one
    std::uint16_t http_port = 8080;  ///< the same
    bool functions = true;           ///< false: only the server
    bool sandbox = true;             ///< of functions
    bool nats_login = false;         ///< the server asks for one
};

/// `mote demo`: `up` with the service HackerNews.
struct demo_command {
    up_command server{};
    std::string api{};  ///< empty: the public one
    std::size_t top = 10;
    bool once = false;  ///< prints the list and ends
    color_mode color = color_mode::automatic;
};

/// What the commands about services have in common.
struct service_command {
    server_choice server{};
    service_choice whom{};
    bool json = false;
    color_mode color = color_mode::automatic;
};
struct ls_command : service_command {};
struct info_command : service_command {};
struct stats_command : service_command {};
struct metrics_command : service_command {
    std::optional<listen_address> listen{};  ///< serves them there instead of printing them once
};

/// `mote openapi`: what services offer, for HTTP.
struct openapi_command : service_command {
    std::vector<std::string> urls{};  ///< of the gateway
};

/// `mote gateway`: services and functions asked by HTTP.
struct gateway_command {
    server_choice server{};
    gateway_settings settings{};
};

/// `mote node`: runs functions on this machine.
struct node_command {
    server_choice server{};
    node_settings settings{};
};

enum class dead_action { list, show, retry, drop };

/// `mote dead`: the dead letters of work endpoints.
struct dead_command {
    dead_action action = dead_action::list;
    server_choice server{};
    std::vector<std::uint64_t> sequences{};  ///< of show (one), retry and drop
    bool all = false;                        ///< instead of them: retry and drop what `whose` says
    micro::dead_letter_filter whose{};
    micro::dead_letter_page page{};
    bool json = false;
    color_mode color = color_mode::automatic;
};

using any_command =
    std::variant<up_command, demo_command, new_command, dev_command, ls_command, info_command, stats_command,
                 ping_command, graph_command, schema_command, watch_command, events_command, metrics_command,
                 openapi_command, gateway_command, node_command, req_command, bench_command, kv_command, object_command,
                 dead_command, functions_command, deploy_command, remove_command, invoke_command, logs_command,
                 scale_command, namespace_command, secret_command, bundle_command, call_command, context_command,
                 doctor_command, completion_command>;

// Each does its command, says on standard error what went wrong, and returns what `mote` exits with.
exit_code run(const up_command& chosen);
exit_code run(const demo_command& chosen);
exit_code run(const ls_command& chosen);
exit_code run(const info_command& chosen);
exit_code run(const stats_command& chosen);
exit_code run(const metrics_command& chosen);
exit_code run(const openapi_command& chosen);
exit_code run(const gateway_command& chosen);
exit_code run(const node_command& chosen);
exit_code run(const dead_command& chosen);

}  // namespace mote::command
