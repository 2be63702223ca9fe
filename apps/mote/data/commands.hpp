#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

enum class kv_action { list, get, put, del, watch, history };

/// `mote kv`: the keys of a Key-Value bucket, or all buckets.
struct kv_command {
    kv_action action = kv_action::list;
    server_choice server{};
    std::string bucket{};                     ///< empty: all of them, of `list`
    std::string key{};                        ///< of `list` a filter
    std::vector<std::string> filters{};       ///< of `watch`; none: all keys
    std::optional<std::string> value{};       ///< of `put`; `-`: standard input
    std::optional<std::string> file{};        ///< whose bytes are the value
    bool create = false;                      ///< `put` only where the key is not there
    std::optional<std::uint64_t> revision{};  ///< `get` that one; `put` and `del` only when it is the newest
    bool purge = false;                       ///< `del` with the history
    bool updates_only = false;                ///< `watch` without what is there already
    bool with_history = false;                ///< `watch` with all kept values of a key, not only the newest
    bool raw = false;
    bool json = false;
    color_mode color = color_mode::automatic;
};

enum class object_action { list, get, put, del, info };

/// `mote obj`: the objects of an Object Store, or all stores.
struct object_command {
    object_action action = object_action::list;
    server_choice server{};
    std::string store{};                  ///< empty: all of them, of `list`
    std::string name{};                   ///< of `info` empty: the store itself; of `put` empty: the file's
    std::string file{};                   ///< of `put`; `-`: standard input
    std::optional<std::string> output{};  ///< of `get`; nothing and `-`: standard output
    std::string description{};
    bool progress = true;
    bool json = false;
    color_mode color = color_mode::automatic;
};

exit_code run(const kv_command& chosen);
exit_code run(const object_command& chosen);

}  // namespace mote::command
