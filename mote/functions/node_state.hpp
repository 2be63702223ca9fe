#pragma once

#include <mote/functions/description.hpp>
#include <mote/functions/name.hpp>

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// What a node says of a function that it runs, has run or shall run.
struct function_state {
    std::string key{};                              ///< function_name::key
    std::uint64_t generation = 0;                   ///< of the description that it follows
    std::uint32_t ready = 0;                        ///< replicas that take calls
    std::uint32_t starting = 0;                     ///< replicas on their way to that
    std::uint32_t in_flight = 0;                    ///< calls
    std::uint64_t calls = 0;                        ///< since the node started
    double millicores = 0;                          ///< lately, of all its replicas
    double memory = 0;                              ///< bytes, of all its replicas
    std::optional<double> cpu_seconds{};            ///< since the node started; absent where nothing measures it
    std::string limits{};                           ///< what holds its limits: `cgroup v2`, `cgroup v1`, `rlimits`
    std::string sandbox{};                          ///< `bubblewrap` or `none`
    std::optional<std::uint64_t> queued_running{};  ///< asynchronous calls that run; absent: it had none
    std::optional<std::uint64_t> queued_done{};     ///< those that ended in any way since the node started
    std::optional<bool> by_itself{};                ///< its process serves its subject: a body apart cannot reach it
    std::string trouble{};  ///< why there is none that is ready, in words; empty when all is well
};
BOOST_DESCRIBE_STRUCT(function_state, (),
                      (key, generation, ready, starting, in_flight, calls, millicores, memory, cpu_seconds, limits,
                       sandbox, queued_running, queued_done, by_itself, trouble))

/// What a node says of itself every few seconds and after each change, in the bucket `mote_nodes`.
struct node_state {
    std::string id{};
    std::string host{};
    std::string version{};
    std::chrono::system_clock::time_point started{};
    std::vector<function_state> functions{};  ///< those of which there is anything to say
    std::optional<text_map> labels{};         ///< what constraints are compared with; absent: it does not look at them
    std::optional<std::uint64_t> reconnects{};  ///< of its connection to NATS, since it started
};
BOOST_DESCRIBE_STRUCT(node_state, (), (id, host, version, started, functions, labels, reconnects))

/// Of `function_state::trouble`, in bytes; what is more is cut off.
inline constexpr std::size_t longest_trouble = 512;

/// What is not UTF-8 in `host`, `labels` and `trouble` becomes U+FFFD; elsewhere it throws `json::encode_error`. Where the text
/// had more than `most` bytes, functions are left out, as that the node lives is worth more: those of which it says only what
/// there was, and where that is not enough others, with those that have replicas last.
std::string write_node_state(const node_state& state, std::size_t most = std::numeric_limits<std::size_t>::max());
/// Throws `errc::bad_description`.
node_state read_node_state(std::string_view json);

}  // namespace mote::functions
