#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/stack_choice.hpp>
#include <apps/mote/terminal.hpp>

#include <mote/functions/description.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// Which gateway a command asks, and as whom.
struct gateway_choice {
    std::string url{};          ///< empty: OPENFAAS_URL, else http://127.0.0.1:8080; see also gateway_of_file
    std::string credentials{};  ///< the directory of the files; empty: see credentials_of
    std::optional<std::chrono::nanoseconds> timeout{};
    std::string origin = "--gateway";  ///< who said `url`, for people
};

/// What the commands about functions have in common.
struct function_command {
    gateway_choice gateway{};
    std::string name{};
    std::string space{};  ///< the namespace; empty: the default one
};

/// `mote functions`: what is deployed.
struct functions_command : function_command {
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// `mote deploy`: one function by options, or those of a stack file.
struct deploy_command : function_command {
    server_choice server{};  ///< for bundles
    functions::deployment wanted{};
    std::string file{};   ///< the stack file; empty: `wanted`
    stack_choice only{};  ///< of the file
    bool watch = false;   ///< again when the stack file or a handler changes
};

struct remove_command : function_command {};

/// `mote invoke`: one call.
struct invoke_command : function_command {
    std::optional<std::string> data{};  ///< nothing: what standard input gives; `-`: in any case
    std::string method = "POST";
    std::string path{};  ///< below the function
    std::vector<std::pair<std::string, std::string>> headers{};
    std::vector<std::pair<std::string, std::string>> query{};
    bool later = false;       ///< `--async`
    bool with_login = false;  ///< the function may see it, too
};

struct logs_command : function_command {
    bool follow = false;
    std::optional<int> tail{};
    std::string since{};  ///< an RFC 3339 time, as the API takes it
    bool json = false;
};

struct scale_command : function_command {
    std::uint32_t replicas = 0;
};

enum class namespace_action { list, create, remove };

/// `mote namespace`: `name` is that of the namespace.
struct namespace_command : function_command {
    namespace_action action = namespace_action::list;
};

enum class secret_action { list, create, update, remove };

struct secret_command : function_command {
    secret_action action = secret_action::list;
    std::string file{};  ///< with the value; empty: standard input
    bool trim = true;
};

enum class bundle_action { list, push };

/// `mote bundle`: what functions run, by NATS.
struct bundle_command {
    server_choice server{};
    bundle_action action = bundle_action::list;
    std::string name{};
    std::string directory{};
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// `mote call`: what became of an asynchronous call.
struct call_command {
    gateway_choice gateway{};
    std::string id{};
    bool cancel = false;
    bool json = false;
    color_mode color = color_mode::automatic;
};

// Each does its command, says on standard error what went wrong, and returns what `mote` exits with.
exit_code run(const functions_command& chosen);
exit_code run(const deploy_command& chosen);
exit_code run(const remove_command& chosen);
exit_code run(const invoke_command& chosen);
exit_code run(const logs_command& chosen);
exit_code run(const scale_command& chosen);
exit_code run(const namespace_command& chosen);
exit_code run(const secret_command& chosen);
exit_code run(const bundle_command& chosen);
exit_code run(const call_command& chosen);

}  // namespace mote::command
